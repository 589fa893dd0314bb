# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Softmax, its logarithm, and its cross-entropy, a row at a time. The arithmetic of a row stands in csrc/kernels/rows.h;
the NumPy twin is netcore/reference/softmax.py."""

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int64_t

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

cdef enum:
    SMALL = 1 << 14         # numbers below which one thread does it


def softmax(bint logarithm, const floating[:, ::1] x, floating[:, ::1] y):
    """y = softmax(x) or log softmax(x) along the last axis."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], n = x.shape[1], row
    cdef int threads = thread_count() if rows * n >= SMALL else 1
    if n == 0:
        return
    for row in prange(rows, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        if logarithm:
            K.log_softmax(n, &x[row, 0], &y[row, 0])
        else:
            K.softmax(n, &x[row, 0], &y[row, 0])


def softmax_gradient(bint logarithm, const floating[:, ::1] y, const floating[:, ::1] dy, floating[:, ::1] dx):
    """dx from the forward phase's own output y."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = y.shape[0], n = y.shape[1], row
    cdef int threads = thread_count() if rows * n >= SMALL else 1
    if n == 0:
        return
    for row in prange(rows, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        if logarithm:
            K.log_softmax_gradient(n, &y[row, 0], &dy[row, 0], &dx[row, 0])
        else:
            K.softmax_gradient(n, &y[row, 0], &dy[row, 0], &dx[row, 0])


def cross_entropy(const floating[:, ::1] x, const int64_t[::1] target, double smoothing, int64_t ignore_index,
                  double[::1] losses, floating[:, ::1] dx):
    """losses[i] = cross-entropy of softmax(x[i]) with target[i], and dx[i] = its gradient; both 0 where ignored.

    Returns how many rows were not ignored; -1, and nothing else is done, where a target is no class.
    """
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], n = x.shape[1], kept = 0, row, column
    cdef int threads = thread_count() if rows * n >= SMALL else 1
    for row in range(rows):
        if target[row] != ignore_index:
            if not 0 <= target[row] < n:
                return -1
            kept += 1
    for row in prange(rows, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        if target[row] == ignore_index:
            losses[row] = 0
            for column in range(n):
                dx[row, column] = 0
        else:
            losses[row] = K.cross_entropy(n, target[row], smoothing, &x[row, 0], &dx[row, 0])
    return kept
