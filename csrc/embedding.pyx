# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Embedding: a row of a table for each token, and the table's gradient. NumPy twin: netcore/reference/embedding.py.

    forward    y[i] = w[token[i]]
    backward   dw[t] = Σ dy[i] over the i with token[i] = t, added in the order of i, so that it is the same for any number
               of threads; the row `padding` (-1 for none) gets nothing.
"""

from cython cimport floating
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from netcore._kernels.dispatch cimport kernels_for, nc_kernels


def forward(const int64_t[::1] tokens, const floating[:, ::1] w, floating[:, ::1] y):
    cdef Py_ssize_t i, dim = w.shape[1]
    with nogil:
        for i in range(tokens.shape[0]):
            memcpy(&y[i, 0], &w[tokens[i], 0], dim * sizeof(floating))


def backward(const int64_t[::1] tokens, const floating[:, ::1] dy, int64_t padding, floating[:, ::1] dw):
    """dw comes in as zeros."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t i, dim = dw.shape[1]
    with nogil:
        for i in range(tokens.shape[0]):
            if tokens[i] != padding:
                K.add(dim, &dw[tokens[i], 0], &dy[i, 0], &dw[tokens[i], 0])
