# One thread's part of a matrix product. See csrc/multiply.pyx.
from cython cimport floating

from netcore._kernels.dispatch cimport nc_kernels

cdef struct Product:
    Py_ssize_t m, n, k
    const void *a
    Py_ssize_t a_row, a_col
    const void *b
    Py_ssize_t b_row, b_col
    void *c
    Py_ssize_t ldc
    const void *s
    Py_ssize_t s_row, s_col

cdef bint turned(const Product *P) noexcept nogil
cdef Py_ssize_t room_for(const nc_kernels *K, const Product *P) noexcept nogil
cdef void multiply(const nc_kernels *K, const Product *P, bint turn, floating *work) noexcept nogil
