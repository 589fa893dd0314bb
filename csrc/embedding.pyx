# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Embedding: a row of a table for each token, and the table's gradient. NumPy twin: netcore/reference/embedding.py.

    forward    y[i] = w[token[i]]
    backward   dw[t] = Σ dy[i] over the i with token[i] = t, added in the order of i: each thread has columns of its own. So it is
               the same for any number of threads; the row `padding` (-1 for none) gets nothing.
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

cdef enum:
    SMALL = 1 << 14         # numbers below which one thread does it
    COLUMNS = 16            # numbers that one thread has side by side at least: a line of the cache


def forward(const int64_t[::1] tokens, const floating[:, ::1] w, floating[:, ::1] y):
    cdef Py_ssize_t i, dim = w.shape[1]
    cdef int threads = thread_count() if y.size >= SMALL else 1
    for i in prange(tokens.shape[0], nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        memcpy(&y[i, 0], &w[tokens[i], 0], dim * sizeof(floating))


def backward(const int64_t[::1] tokens, const floating[:, ::1] dy, int64_t padding, floating[:, ::1] dw):
    """dw comes in as zeros."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t dim = dw.shape[1], groups = (dim + COLUMNS - 1) // COLUMNS
    cdef int parts = <int> max(<Py_ssize_t> 1, min(<Py_ssize_t> thread_count(), groups)) if dy.size >= SMALL else 1, part
    for part in prange(parts, nogil=True, num_threads=parts, schedule="static", use_threads_if=parts > 1):
        add_columns(K, tokens, dy, padding, dw, groups * part // parts * COLUMNS, min(dim, groups * (part + 1) // parts * COLUMNS))


cdef void add_columns(
    const nc_kernels *K, const int64_t[::1] tokens, const floating[:, ::1] dy, int64_t padding, floating[:, ::1] dw, Py_ssize_t j, Py_ssize_t end,
) noexcept nogil:
    """One thread's columns, j to end."""
    cdef Py_ssize_t i
    for i in range(tokens.shape[0]):
        if tokens[i] != padding:
            K.add(end - j, &dw[tokens[i], j], &dy[i, j], &dw[tokens[i], j])
