# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Dropout on all threads, block by block; the arithmetic stands in csrc/kernels/dropout.h.

Whether a number is kept depends on a 64-bit key and on its place alone. So the mask is the same for any number of threads and
on every instruction set, and a key taken from a seeded generator repeats it. NumPy twin: netcore/reference/dropout.py.
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uint8_t, uint64_t

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

cdef enum:
    BLOCK = 1 << 12         # numbers of a block: the mask is used while it is in the first-level cache
    SMALL = 1 << 14         # numbers below which one thread does it


def forward(uint64_t key, uint64_t threshold, double scale, const floating[::1] x, floating[::1] y, uint8_t[::1] mask):
    """mask[i] = 1 where i is kept (its number is below `threshold`), y = x · mask · scale."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t n = x.shape[0], block, i, count
    cdef int threads = thread_count() if n >= SMALL else 1
    for block in prange((n + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i = block * BLOCK
        count = min(<Py_ssize_t> BLOCK, n - i)
        K.dropout_mask(count, i, key, threshold, &mask[i])
        K.dropout_apply(count, scale, &mask[i], &x[i], &y[i])


def backward(double scale, const floating[::1] dy, const uint8_t[::1] mask, floating[::1] dx):
    """dx = dy · mask · scale."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t n = dy.shape[0], block, i
    cdef int threads = thread_count() if n >= SMALL else 1
    for block in prange((n + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i = block * BLOCK
        K.dropout_apply(min(<Py_ssize_t> BLOCK, n - i), scale, &mask[i], &dy[i], &dx[i])
