# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Optimiser updates on arrays of one size and dtype, cut into blocks, one thread a block. The update rules stand in
csrc/kernels/optim.h; the NumPy twins in netcore/reference/optim.py. State arrays of length 0 are absent (no momentum, not
centered …).

A small network has many small parameters, and to look at five arrays takes longer than to update them. So these functions
take the plain buffers of flat arrays, which netcore/optim/base.py has checked, and no typed memoryviews.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cython.parallel cimport prange
from libc.math cimport pow

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

cdef enum:
    BLOCK = 1 << 12         # numbers in a block: few enough that two threads get much the same
    FEW = 1 << 16           # numbers up to which waking the other threads costs more than it saves


cdef struct Numbers:
    char *data
    Py_ssize_t count, itemsize


cdef Numbers numbers(object array, int access) except *:
    """Where a contiguous array has its numbers. They stay there while somebody holds the array, as the callers do."""
    cdef Py_buffer buffer
    PyObject_GetBuffer(array, &buffer, access)
    PyBuffer_Release(&buffer)
    return Numbers(<char *> buffer.buf, buffer.len // buffer.itemsize, buffer.itemsize)


cdef inline void *at(const Numbers *x, Py_ssize_t i) noexcept nogil:
    """Where number i stands, or NULL in an absent array."""
    return x.data + i * x.itemsize if x.count else NULL


def sgd(double lr, double momentum, double dampening, double weight_decay, bint nesterov, bint first, theta, gradient, velocity):
    cdef Numbers p = numbers(theta, PyBUF_WRITABLE), g = numbers(gradient, PyBUF_SIMPLE), v = numbers(velocity, PyBUF_WRITABLE)
    cdef const nc_kernels *K = kernels_for(p.itemsize)
    cdef Py_ssize_t block, i
    cdef int threads = thread_count() if p.count > FEW else 1
    for block in prange((p.count + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i = block * BLOCK
        K.sgd(min(BLOCK, p.count - i), lr, momentum, dampening, weight_decay, nesterov, first, at(&p, i), at(&g, i), at(&v, i))


def adam(double lr, double beta1, double beta2, double eps, double weight_decay, bint decoupled, long step, theta, gradient, mean, square, highest):
    cdef Numbers p = numbers(theta, PyBUF_WRITABLE), g = numbers(gradient, PyBUF_SIMPLE)
    cdef Numbers m = numbers(mean, PyBUF_WRITABLE), s = numbers(square, PyBUF_WRITABLE), h = numbers(highest, PyBUF_WRITABLE)
    cdef const nc_kernels *K = kernels_for(p.itemsize)
    cdef Py_ssize_t block, i
    cdef double c1 = 1 - pow(beta1, step), c2 = 1 - pow(beta2, step)
    cdef int threads = thread_count() if p.count > FEW else 1
    for block in prange((p.count + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i = block * BLOCK
        K.adam(min(BLOCK, p.count - i), lr, beta1, beta2, eps, weight_decay, decoupled, c1, c2, at(&p, i), at(&g, i), at(&m, i), at(&s, i), at(&h, i))


def rmsprop(double lr, double alpha, double eps, double weight_decay, double momentum, theta, gradient, square, average, buffer):
    cdef Numbers p = numbers(theta, PyBUF_WRITABLE), g = numbers(gradient, PyBUF_SIMPLE)
    cdef Numbers s = numbers(square, PyBUF_WRITABLE), a = numbers(average, PyBUF_WRITABLE), b = numbers(buffer, PyBUF_WRITABLE)
    cdef const nc_kernels *K = kernels_for(p.itemsize)
    cdef Py_ssize_t block, i
    cdef int threads = thread_count() if p.count > FEW else 1
    for block in prange((p.count + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i = block * BLOCK
        K.rmsprop(min(BLOCK, p.count - i), lr, alpha, eps, weight_decay, momentum, at(&p, i), at(&g, i), at(&s, i), at(&a, i), at(&b, i))


def adagrad(double lr, double eps, double weight_decay, theta, gradient, total):
    cdef Numbers p = numbers(theta, PyBUF_WRITABLE), g = numbers(gradient, PyBUF_SIMPLE), t = numbers(total, PyBUF_WRITABLE)
    cdef const nc_kernels *K = kernels_for(p.itemsize)
    cdef Py_ssize_t block, i
    cdef int threads = thread_count() if p.count > FEW else 1
    for block in prange((p.count + BLOCK - 1) // BLOCK, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        i = block * BLOCK
        K.adagrad(min(BLOCK, p.count - i), lr, eps, weight_decay, at(&p, i), at(&g, i), at(&t, i))


def square_sum(gradient) -> float:
    """Σ g², in pieces that are added in double, in their order."""
    cdef Numbers g = numbers(gradient, PyBUF_SIMPLE)
    return kernels_for(g.itemsize).sum_squares(g.count, 0, g.data) if g.count else 0.0
