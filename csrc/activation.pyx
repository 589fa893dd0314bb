# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Elementwise arithmetic over whole arrays, activations and sums: cut into blocks, one thread a block. The formulas stand in
csrc/kernels/activation.h and rows.h; the NumPy twin is netcore/reference/activation.py."""

from cython cimport floating
from cython.parallel cimport prange

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

cdef enum:
    BLOCK = 1 << 14         # numbers in a block: in and out fit the second-level cache
    CHEAP = 2               # kinds that cost no more than reading and writing: relu, leaky_relu
    FEW = 4                 # blocks below which waking the other threads costs more than it saves,
    FEW_CHEAP = 16          # of cheap kinds

KINDS = ("relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "sigmoid", "tanh", "softplus")


def forward(int kind, double slope, const floating[::1] x, floating[::1] y):
    """y = f(x); `kind` counts in KINDS."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t n = x.shape[0], blocks = (n + BLOCK - 1) // BLOCK, block
    cdef int threads = thread_count()
    if n == 0:
        return
    if blocks < (FEW_CHEAP if kind < CHEAP else FEW):
        K.activate(kind, n, slope, &x[0], &y[0])
        return
    for block in prange(blocks, nogil=True, num_threads=threads, schedule="static"):
        K.activate(kind, min(BLOCK, n - block * BLOCK), slope, &x[block * BLOCK], &y[block * BLOCK])


def backward(int kind, double slope, const floating[::1] kept, const floating[::1] dy, floating[::1] dx):
    """dx = dy · f'(x), from what forward kept."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t n = dy.shape[0], blocks = (n + BLOCK - 1) // BLOCK, block
    cdef int threads = thread_count()
    if n == 0:
        return
    if blocks < (FEW_CHEAP if kind < CHEAP else FEW):
        K.activate_gradient(kind, n, slope, &kept[0], &dy[0], &dx[0])
        return
    for block in prange(blocks, nogil=True, num_threads=threads, schedule="static"):
        K.activate_gradient(kind, min(BLOCK, n - block * BLOCK), slope, &kept[block * BLOCK], &dy[block * BLOCK], &dx[block * BLOCK])


def add(const floating[::1] a, const floating[::1] b, floating[::1] y):
    """y = a + b."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t n = y.shape[0], blocks = (n + BLOCK - 1) // BLOCK, block
    cdef int threads = thread_count()
    if n == 0:
        return
    if blocks < FEW_CHEAP:
        K.add(n, &a[0], &b[0], &y[0])
        return
    for block in prange(blocks, nogil=True, num_threads=threads, schedule="static"):
        K.add(min(BLOCK, n - block * BLOCK), &a[block * BLOCK], &b[block * BLOCK], &y[block * BLOCK])
