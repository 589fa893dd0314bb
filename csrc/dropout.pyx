# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Dropout: y[i] = x[i] / (1 - p) with probability 1 - p, else 0 (Srivastava et al., 2014).

Whether i is kept depends on a 64-bit key and on i alone: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014) of
key + (i + 1) γ, compared with 2^64 (1 - p). So the mask is the same for any number of threads, and a key taken from a
seeded generator repeats it. NumPy twin: netcore/reference/dropout.py.
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uint8_t, uint64_t

from netcore._kernels.dispatch cimport thread_count

cdef enum:
    SMALL = 1 << 14         # numbers below which one thread does it


cdef inline uint64_t mixed(uint64_t z) noexcept nogil:
    z = (z ^ (z >> 30)) * <uint64_t> 0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * <uint64_t> 0x94D049BB133111EB
    return z ^ (z >> 31)


def forward(uint64_t key, uint64_t threshold, double scale, const floating[::1] x, floating[::1] y, uint8_t[::1] mask):
    """mask[i] = 1 where i is kept (its number is below `threshold`), y = x · mask · scale."""
    cdef Py_ssize_t n = x.shape[0], i
    cdef int threads = thread_count() if n >= SMALL else 1
    cdef floating factor = <floating> scale
    for i in prange(n, nogil=True, num_threads=threads, schedule="static"):
        mask[i] = mixed(key + <uint64_t> (i + 1) * <uint64_t> 0x9E3779B97F4A7C15) < threshold
        y[i] = x[i] * factor if mask[i] else 0


def backward(double scale, const floating[::1] dy, const uint8_t[::1] mask, floating[::1] dx):
    """dx = dy · mask · scale."""
    cdef Py_ssize_t n = dy.shape[0], i
    cdef int threads = thread_count() if n >= SMALL else 1
    cdef floating factor = <floating> scale
    for i in prange(n, nogil=True, num_threads=threads, schedule="static"):
        dx[i] = dy[i] * factor if mask[i] else 0
