# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Optimiser updates on flat arrays, cut into blocks, one thread a block. The update rules stand in csrc/kernels/optim.h;
the NumPy twins in netcore/reference/optim.py. State arrays of length 0 are absent (no momentum, not centered …)."""

from cython cimport floating
from cython.parallel cimport prange
from libc.math cimport pow

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

cdef enum:
    BLOCK = 1 << 12         # numbers in a block: few enough that two threads get much the same
    FEW = 1 << 16           # numbers up to which waking the other threads costs more than it saves


cdef inline floating *at(floating[::1] x, Py_ssize_t i) noexcept nogil:
    """Where block i starts, or NULL in an absent array."""
    return &x[i] if x.shape[0] else NULL


def sgd(double lr, double momentum, double dampening, double weight_decay, bint nesterov, bint first,
        floating[::1] theta, const floating[::1] gradient, floating[::1] velocity):
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t n = theta.shape[0], block, i
    cdef int threads = thread_count() if n > FEW else 1
    for block in prange((n + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i = block * BLOCK
        K.sgd(min(BLOCK, n - i), lr, momentum, dampening, weight_decay, nesterov, first, &theta[i], &gradient[i], at(velocity, i))


def adam(double lr, double beta1, double beta2, double eps, double weight_decay, bint decoupled, long step,
         floating[::1] theta, const floating[::1] gradient, floating[::1] mean, floating[::1] square, floating[::1] highest):
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t n = theta.shape[0], block, i
    cdef double c1 = 1 - pow(beta1, step), c2 = 1 - pow(beta2, step)
    cdef int threads = thread_count() if n > FEW else 1
    for block in prange((n + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i = block * BLOCK
        K.adam(min(BLOCK, n - i), lr, beta1, beta2, eps, weight_decay, decoupled, c1, c2,
               &theta[i], &gradient[i], &mean[i], &square[i], at(highest, i))


def rmsprop(double lr, double alpha, double eps, double weight_decay, double momentum,
            floating[::1] theta, const floating[::1] gradient, floating[::1] square, floating[::1] average, floating[::1] buffer):
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t n = theta.shape[0], block, i
    cdef int threads = thread_count() if n > FEW else 1
    for block in prange((n + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i = block * BLOCK
        K.rmsprop(min(BLOCK, n - i), lr, alpha, eps, weight_decay, momentum,
                  &theta[i], &gradient[i], &square[i], at(average, i), at(buffer, i))


def adagrad(double lr, double eps, double weight_decay, floating[::1] theta, const floating[::1] gradient, floating[::1] total):
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t n = theta.shape[0], block, i
    cdef int threads = thread_count() if n > FEW else 1
    for block in prange((n + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i = block * BLOCK
        K.adagrad(min(BLOCK, n - i), lr, eps, weight_decay, &theta[i], &gradient[i], &total[i])


def square_sum(const floating[::1] gradient) -> float:
    """Σ g², in pieces that are added in double, in their order."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    return K.sum_squares(gradient.shape[0], 0, &gradient[0]) if gradient.shape[0] else 0.0
