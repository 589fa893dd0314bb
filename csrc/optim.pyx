# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Optimiser updates on arrays of one size and dtype, cut into blocks, one thread a block. The update rules stand in
csrc/kernels/optim.h; the NumPy twins in netcore/reference/optim.py. State arrays of length 0 are absent (no momentum, not
centered …).

A small network has many small parameters, and to look at five arrays takes longer than to update them. So these functions
take the plain buffers of flat arrays, which netcore/optim/base.py has checked, and no typed memoryviews.
"""

from cython.parallel cimport prange
from libc.math cimport pow

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, numbers, thread_count

cdef enum:
    BLOCK = 1 << 12         # numbers in a block: few enough that two threads get much the same
    FEW = 1 << 16           # numbers up to which waking the other threads costs more than it saves


cdef inline void *at(void *x, Py_ssize_t bytes) noexcept nogil:
    """So far into an array, or NULL in an absent one."""
    return <char *> x + bytes if x != NULL else NULL


def sgd(double lr, double momentum, double dampening, double weight_decay, bint nesterov, bint first, theta, gradient, velocity):
    cdef Py_ssize_t n = theta.size, size = theta.itemsize, block, i, done
    cdef void *p = numbers(theta, size)
    cdef void *g = numbers(gradient, size)
    cdef void *v = numbers(velocity, size)
    cdef const nc_kernels *K = kernels_for(size)
    cdef int threads = thread_count() if n > FEW else 1
    for block in prange((n + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i, done = block * BLOCK, block * BLOCK * size
        K.sgd(min(BLOCK, n - i), lr, momentum, dampening, weight_decay, nesterov, first, at(p, done), at(g, done), at(v, done))


def adam(double lr, double beta1, double beta2, double eps, double weight_decay, bint decoupled, long step, theta, gradient, mean, square, highest):
    cdef Py_ssize_t n = theta.size, size = theta.itemsize, block, i, done
    cdef void *p = numbers(theta, size)
    cdef void *g = numbers(gradient, size)
    cdef void *m = numbers(mean, size)
    cdef void *s = numbers(square, size)
    cdef void *h = numbers(highest, size)
    cdef const nc_kernels *K = kernels_for(size)
    cdef double c1 = 1 - pow(beta1, step), c2 = 1 - pow(beta2, step)
    cdef int threads = thread_count() if n > FEW else 1
    for block in prange((n + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i, done = block * BLOCK, block * BLOCK * size
        K.adam(min(BLOCK, n - i), lr, beta1, beta2, eps, weight_decay, decoupled, c1, c2, at(p, done), at(g, done), at(m, done), at(s, done), at(h, done))


def rmsprop(double lr, double alpha, double eps, double weight_decay, double momentum, theta, gradient, square, average, buffer):
    cdef Py_ssize_t n = theta.size, size = theta.itemsize, block, i, done
    cdef void *p = numbers(theta, size)
    cdef void *g = numbers(gradient, size)
    cdef void *s = numbers(square, size)
    cdef void *a = numbers(average, size)
    cdef void *b = numbers(buffer, size)
    cdef const nc_kernels *K = kernels_for(size)
    cdef int threads = thread_count() if n > FEW else 1
    for block in prange((n + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i, done = block * BLOCK, block * BLOCK * size
        K.rmsprop(min(BLOCK, n - i), lr, alpha, eps, weight_decay, momentum, at(p, done), at(g, done), at(s, done), at(a, done), at(b, done))


def adagrad(double lr, double eps, double weight_decay, theta, gradient, total):
    cdef Py_ssize_t n = theta.size, size = theta.itemsize, block, i, done
    cdef void *p = numbers(theta, size)
    cdef void *g = numbers(gradient, size)
    cdef void *t = numbers(total, size)
    cdef const nc_kernels *K = kernels_for(size)
    cdef int threads = thread_count() if n > FEW else 1
    for block in prange((n + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i, done = block * BLOCK, block * BLOCK * size
        K.adagrad(min(BLOCK, n - i), lr, eps, weight_decay, at(p, done), at(g, done), at(t, done))


def square_sum(gradient) -> float:
    """Σ g², squares and sums in double."""
    cdef Py_ssize_t n = gradient.size, size = gradient.itemsize
    return kernels_for(size).square_sum(n, numbers(gradient, size)) if n else 0.0
