# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Normalisation: batch norm, group norm, layer norm, both ways.

All three subtract a mean and divide by a standard deviation; they differ in what is averaged over:

    batch norm   over samples and pixels, for each channel     (Ioffe and Szegedy, 2015)
    group norm   over the channels of a group and the pixels, for each sample   (Wu and He, 2018)
    layer norm   over the last axes, for each row               (Ba et al., 2016)

With x̂ = (x - mean) rstd, y = x̂ w + b and m numbers in an average, the gradient of all three is
    dx = rstd (dy w - Σ(dy w) / m - x̂ Σ(dy w x̂) / m),    dw = Σ dy x̂,    db = Σ dy.
Variances are biased and found in a second pass over x, so that nothing cancels; sums of rows are added up in double, in a
fixed order. The arithmetic of a row stands in csrc/kernels/rows.h; the NumPy twin is netcore/reference/norm.py.
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.math cimport sqrt
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

cdef enum:
    SMALL = 1 << 14         # numbers below which one thread does it
    CHUNK_ROWS = 64         # rows of a layer norm whose dw and db are summed up by one thread


# ---- batch norm: x (N, C, P), P pixels -------------------------------------------------------------------------------

def batch_forward(const floating[:, :, ::1] x, double eps, const floating[::1] w, const floating[::1] b,
                  floating[:, :, ::1] y, double[::1] mean, double[::1] var, double[::1] rstd):
    """y = x̂ w + b with the batch's own statistics, mean and biased variance: a channel is normalised while it is in the cache."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t samples = x.shape[0], channels = x.shape[1], pixels = x.shape[2], c, n
    cdef int threads = thread_count() if x.size >= SMALL else 1
    cdef double total
    if samples * pixels == 0:
        return
    if pixels == 1:
        column_statistics(samples, channels, eps, &x[0, 0, 0], &mean[0], &var[0], &rstd[0])
        column_apply(samples, channels, threads, &x[0, 0, 0], &mean[0], &rstd[0], &w[0] if w.shape[0] else NULL, &b[0] if b.shape[0] else NULL, &y[0, 0, 0])
        return
    for c in prange(channels, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        total = 0
        for n in range(samples):
            total = total + K.sum(pixels, &x[n, c, 0])
        mean[c] = total / (samples * pixels)
        total = 0
        for n in range(samples):
            total = total + K.sum_squares(pixels, mean[c], &x[n, c, 0])
        var[c] = total / (samples * pixels)
        rstd[c] = 1 / sqrt(var[c] + eps)
        for n in range(samples):
            K.affine(pixels, mean[c], rstd[c] * (w[c] if w.shape[0] else 1), b[c] if b.shape[0] else 0, &x[n, c, 0], &y[n, c, 0])


def track(floating[::1] running_mean, floating[::1] running_var, const double[::1] mean, const double[::1] var, double part, double unbiased):
    """Both running statistics that part of the way towards the batch's."""
    cdef Py_ssize_t c
    for c in range(running_mean.shape[0]):
        running_mean[c] += <floating> (part * (mean[c] - running_mean[c]))
        running_var[c] += <floating> (part * (var[c] * unbiased - running_var[c]))


def batch_apply(const floating[:, :, ::1] x, const double[::1] mean, const double[::1] rstd, const floating[::1] w, const floating[::1] b, floating[:, :, ::1] y):
    """y = (x - mean) rstd w + b, with given statistics of each channel; w and b empty where there are none."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t samples = x.shape[0], channels = x.shape[1], pixels = x.shape[2], i, c
    cdef int threads = thread_count() if x.size >= SMALL else 1
    if samples * channels * pixels == 0:
        return
    if pixels == 1:
        column_apply(samples, channels, threads, &x[0, 0, 0], &mean[0], &rstd[0], &w[0] if w.shape[0] else NULL, &b[0] if b.shape[0] else NULL, &y[0, 0, 0])
        return
    for i in prange(samples * channels, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        c = i % channels
        K.affine(pixels, mean[c], rstd[c] * (w[c] if w.shape[0] else 1), b[c] if b.shape[0] else 0, &x[i // channels, c, 0], &y[i // channels, c, 0])


def batch_gradient(const floating[:, :, ::1] x, const double[::1] mean, const double[::1] rstd, const floating[::1] w, const floating[:, :, ::1] dy,
                   floating[:, :, ::1] dx, floating[::1] dw, floating[::1] db):
    """dx, dw = Σ dy x̂ and db = Σ dy of batch norm in training; dx is left out where it is empty."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t samples = x.shape[0], channels = x.shape[1], pixels = x.shape[2], c, n
    cdef int threads = thread_count() if x.size >= SMALL else 1
    cdef double products, total, scale, count = samples * pixels
    if samples * pixels == 0:
        return
    if pixels == 1:
        column_gradient(samples, channels, &x[0, 0, 0], &mean[0], &rstd[0], &w[0] if w.shape[0] else NULL, &dy[0, 0, 0],
                        &dx[0, 0, 0] if dx.shape[0] else NULL, &dw[0], &db[0])
        return
    for c in prange(channels, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        products, total = 0, 0
        for n in range(samples):
            products = products + K.sum_products(pixels, mean[c], &x[n, c, 0], &dy[n, c, 0])
            total = total + K.sum(pixels, &dy[n, c, 0])
        dw[c] = <floating> (products * rstd[c])
        db[c] = <floating> total
        if dx.shape[0]:
            scale = rstd[c] * (w[c] if w.shape[0] else 1)
            for n in range(samples):
                K.affine_gradient(pixels, mean[c], scale, -scale * rstd[c] * rstd[c] * products / count, -scale * total / count,
                                  &x[n, c, 0], &dy[n, c, 0], &dx[n, c, 0])


# ---- batch norm of columns: x (N, C), P = 1. Rows are contiguous, so that is how the walk goes. ------------------------

cdef void column_statistics(Py_ssize_t samples, Py_ssize_t channels, double eps, const floating *x, double *mean, double *var, double *rstd) noexcept nogil:
    cdef Py_ssize_t n, c
    cdef double d
    memset(mean, 0, channels * sizeof(double))
    memset(var, 0, channels * sizeof(double))
    for n in range(samples):
        for c in range(channels):
            mean[c] += x[n * channels + c]
    for c in range(channels):
        mean[c] /= samples
    for n in range(samples):
        for c in range(channels):
            d = x[n * channels + c] - mean[c]
            var[c] += d * d
    for c in range(channels):
        var[c] /= samples
        rstd[c] = 1 / sqrt(var[c] + eps)


cdef void column_apply(Py_ssize_t samples, Py_ssize_t channels, int threads, const floating *x, const double *mean, const double *rstd,
                       const floating *w, const floating *b, floating *y) noexcept:
    cdef Py_ssize_t n, c
    for n in prange(samples, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        for c in range(channels):
            y[n * channels + c] = <floating> ((x[n * channels + c] - mean[c]) * rstd[c] * (w[c] if w != NULL else 1) + (b[c] if b != NULL else 0))


cdef int column_gradient(Py_ssize_t samples, Py_ssize_t channels, const floating *x, const double *mean, const double *rstd, const floating *w,
                         const floating *dy, floating *dx, floating *dw, floating *db) except -1 nogil:
    cdef Py_ssize_t n, c
    cdef double g, centred
    cdef double *products = <double *> calloc(2 * channels, sizeof(double))
    cdef double *total = products + channels
    if products == NULL:
        raise MemoryError("no memory for the sums of a batch norm's gradient")
    for n in range(samples):
        for c in range(channels):
            g = dy[n * channels + c]
            products[c] += g * (x[n * channels + c] - mean[c])
            total[c] += g
    for c in range(channels):
        dw[c] = <floating> (products[c] * rstd[c])
        db[c] = <floating> total[c]
        products[c] *= rstd[c] * rstd[c] / samples
        total[c] /= samples
    if dx != NULL:
        for n in range(samples):
            for c in range(channels):
                centred = x[n * channels + c] - mean[c]
                g = rstd[c] * (dy[n * channels + c] - total[c] - centred * products[c])
                dx[n * channels + c] = <floating> (g * w[c] if w != NULL else g)
    free(products)
    return 0


# ---- group norm: x (N, C, P), mean and rstd (N, groups) --------------------------------------------------------------

def group_forward(const floating[:, :, ::1] x, Py_ssize_t groups, double eps, const floating[::1] w, const floating[::1] b,
                  floating[:, :, ::1] y, double[:, ::1] mean, double[:, ::1] rstd):
    """y = x̂ w + b, with the statistics of each group of channels in each sample."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t samples = x.shape[0], size = x.shape[1] // groups, pixels = x.shape[2], i, n, g, c
    cdef int threads = thread_count() if x.size >= SMALL else 1
    if size * pixels == 0:
        return
    for i in prange(samples * groups, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        n, g = i // groups, i % groups
        mean[n, g] = K.sum(size * pixels, &x[n, g * size, 0]) / (size * pixels)
        rstd[n, g] = 1 / sqrt(K.sum_squares(size * pixels, mean[n, g], &x[n, g * size, 0]) / (size * pixels) + eps)
        for c in range(g * size, (g + 1) * size):
            K.affine(pixels, mean[n, g], rstd[n, g] * (w[c] if w.shape[0] else 1), b[c] if b.shape[0] else 0, &x[n, c, 0], &y[n, c, 0])


def group_gradient(const floating[:, :, ::1] x, const double[:, ::1] mean, const double[:, ::1] rstd, const floating[::1] w, const floating[:, :, ::1] dy,
                   floating[:, :, ::1] dx, floating[::1] dw, floating[::1] db):
    """dx, dw and db of group norm; dx is left out where it is empty."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t samples = x.shape[0], channels = x.shape[1], pixels = x.shape[2], groups = mean.shape[1], size = channels // groups, i, c, n, g
    cdef int threads = thread_count() if x.size >= SMALL else 1
    cdef double products, total, weight, r, count = size * pixels
    if count == 0:
        return
    for i in prange(samples * groups if dx.shape[0] else 0, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        n, g = i // groups, i % groups
        products, total, r = 0, 0, rstd[n, g]
        for c in range(g * size, (g + 1) * size):
            weight = w[c] if w.shape[0] else 1
            products = products + weight * K.sum_products(pixels, mean[n, g], &x[n, c, 0], &dy[n, c, 0])
            total = total + weight * K.sum(pixels, &dy[n, c, 0])
        for c in range(g * size, (g + 1) * size):
            K.affine_gradient(pixels, mean[n, g], r * (w[c] if w.shape[0] else 1), -r * r * r * products / count, -r * total / count,
                              &x[n, c, 0], &dy[n, c, 0], &dx[n, c, 0])
    for c in prange(channels, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        products, total = 0, 0
        for n in range(samples):
            products = products + rstd[n, c // size] * K.sum_products(pixels, mean[n, c // size], &x[n, c, 0], &dy[n, c, 0])
            total = total + K.sum(pixels, &dy[n, c, 0])
        dw[c] = <floating> products
        db[c] = <floating> total


# ---- layer norm: x (rows, n) -----------------------------------------------------------------------------------------

def layer_forward(const floating[:, ::1] x, double eps, const floating[::1] w, const floating[::1] b, floating[:, ::1] y, double[::1] mean, double[::1] rstd):
    """y = x̂ w + b, with the statistics of each row."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], n = x.shape[1], row
    cdef int threads = thread_count() if x.size >= SMALL else 1
    cdef const floating *weight = &w[0] if w.shape[0] else NULL
    cdef const floating *bias = &b[0] if b.shape[0] else NULL
    if n == 0:
        return
    for row in prange(rows, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        mean[row] = K.sum(n, &x[row, 0]) / n
        rstd[row] = 1 / sqrt(K.sum_squares(n, mean[row], &x[row, 0]) / n + eps)
        K.layer_norm(n, mean[row], rstd[row], &x[row, 0], weight, bias, &y[row, 0])


def layer_gradient(const floating[:, ::1] x, const double[::1] mean, const double[::1] rstd, const floating[::1] w, const floating[:, ::1] dy,
                   floating[:, ::1] dx, floating[::1] dw, floating[::1] db):
    """dx, dw and db of layer norm, each left out where it is empty; dw and db as partial sums over chunks of rows, added in their order."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], n = x.shape[1], row, chunk, chunks = (rows + CHUNK_ROWS - 1) // CHUNK_ROWS
    cdef int threads = thread_count() if x.size >= SMALL else 1
    cdef const floating *weight = &w[0] if w.shape[0] else NULL
    cdef floating *partial
    if n == 0 or rows == 0:
        return
    partial = <floating *> calloc(chunks * 2 * n, sizeof(floating))
    if partial == NULL:
        raise MemoryError("no memory for the partial sums of a layer norm's gradient")
    with nogil:
        for chunk in prange(chunks, num_threads=threads, schedule="static"):
            for row in range(chunk * CHUNK_ROWS, min(rows, (chunk + 1) * CHUNK_ROWS)):
                K.layer_norm_gradient(n, mean[row], rstd[row], &x[row, 0], weight, &dy[row, 0], &dx[row, 0] if dx.shape[0] else NULL, partial + chunk * 2 * n, partial + (chunk * 2 + 1) * n)
        for chunk in range(chunks):
            if dw.shape[0]:
                K.add(n, &dw[0], partial + chunk * 2 * n, &dw[0])
            if db.shape[0]:
                K.add(n, &db[0], partial + (chunk * 2 + 1) * n, &db[0])
    free(partial)
