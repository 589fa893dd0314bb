# The packed matrix product for other compiled modules. See csrc/gemm.pyx.
from cython cimport floating

cdef enum:
    WORTH_A_THREAD = 1 << 20    # multiply-adds for each thread, about ten times what waking it costs

cdef int gemm(
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
    const floating *a, Py_ssize_t a_row, Py_ssize_t a_col,
    const floating *b, Py_ssize_t b_row, Py_ssize_t b_col,
    floating *c, Py_ssize_t ldc,
    const floating *s, Py_ssize_t s_row, Py_ssize_t s_col,
    int threads,
) except -1 nogil
