# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Max- and average-pooling, both ways: a window slides over each channel by itself.

    max       y[oh,ow] = max x[h,w] over the window;     dx[h,w] = Σ of dy over the windows in which (h, w) won
    average   y[oh,ow] = Σ x[h,w] / count;               dx[h,w] = Σ of dy / count over the windows that hold (h, w)

Windows start at oh · stride - pad and step by the dilation; places in the padding are passed over. A NaN in a window wins,
ties go to the first. The max keeps, for each output, which place of the window won: one byte, four for windows over 256.
Overlapping windows add up. Threads own planes (one channel of one sample). NumPy twin: netcore/reference/pool.py.
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, uint8_t
from libc.string cimport memset

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

ctypedef fused place_t:
    uint8_t
    int32_t

cdef enum:
    SMALL = 1 << 14         # numbers below which one thread does it

cdef struct Windows:
    Py_ssize_t h, w, oh, ow, r, s, stride_h, stride_w, top, left, dilation_h, dilation_w


cdef Windows windows(x_shape, y_shape, kernel, stride, padding, dilation):
    cdef Windows g
    g.h, g.w, g.oh, g.ow = x_shape[1], x_shape[2], y_shape[1], y_shape[2]
    g.r, g.s = kernel
    g.stride_h, g.stride_w = stride
    g.top, g.left = padding
    g.dilation_h, g.dilation_w = dilation
    return g


cdef inline Py_ssize_t first_inside(Py_ssize_t start, Py_ssize_t dilation) noexcept nogil:
    """The first place of a window, started there, that is not in the padding before the image."""
    return (dilation - 1 - start) // dilation if start < 0 else 0


cdef inline Py_ssize_t end_inside(Py_ssize_t start, Py_ssize_t dilation, Py_ssize_t places, Py_ssize_t size) noexcept nogil:
    """One past the last place of it that is not in the padding behind an image of that size."""
    return min(places, (size - start + dilation - 1) // dilation)


# ---- max -------------------------------------------------------------------------------------------------------------

def max_forward(const floating[:, :, ::1] x, floating[:, :, ::1] y, place_t[:, :, ::1] which, kernel, stride, padding, dilation):
    """y = the greatest number of each window of the planes x (P, H, W); `which` = its place r · S + s in the window."""
    cdef Windows g = windows(x.shape, y.shape, kernel, stride, padding, dilation)
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t planes = x.shape[0], plane, oh
    cdef int threads = thread_count() if planes * g.h * g.w >= SMALL else 1
    if y.size == 0:
        return
    if place_t is uint8_t and is_2x2(&g):
        for plane in prange(planes, nogil=True, num_threads=threads, schedule="static"):
            for oh in range(g.oh):
                K.max_pool_2x2(g.ow, &x[plane, 2 * oh, 0], &x[plane, 2 * oh + 1, 0], &y[plane, oh, 0], <uint8_t *> &which[plane, oh, 0])
        return
    for plane in prange(planes, nogil=True, num_threads=threads, schedule="static"):
        max_plane(&g, &x[plane, 0, 0], &y[plane, 0, 0], &which[plane, 0, 0])


cdef void max_plane(const Windows *g, const floating *x, floating *y, place_t *which) noexcept nogil:
    cdef Py_ssize_t oh, ow, r, s, h0, w0, first_r, last_r, first_s, last_s
    cdef floating best, value
    cdef place_t place
    cdef const floating *row
    for oh in range(g.oh):
        h0 = oh * g.stride_h - g.top
        first_r, last_r = first_inside(h0, g.dilation_h), end_inside(h0, g.dilation_h, g.r, g.h)
        for ow in range(g.ow):
            best = -INFINITY
            w0 = ow * g.stride_w - g.left
            first_s, last_s = first_inside(w0, g.dilation_w), end_inside(w0, g.dilation_w, g.s, g.w)
            place = <place_t> (first_r * g.s + first_s)
            for r in range(first_r, last_r):
                row = x + (h0 + r * g.dilation_h) * g.w + w0
                for s in range(first_s, last_s):
                    value = row[s * g.dilation_w]
                    if value > best or value != value:
                        best, place = value, <place_t> (r * g.s + s)
            y[oh * g.ow + ow] = best
            which[oh * g.ow + ow] = place


def max_backward(const floating[:, :, ::1] dy, const place_t[:, :, ::1] which, floating[:, :, ::1] dx, kernel, stride, padding, dilation):
    """dx = Σ dy at the places that won, zeros elsewhere; every number of dx is written."""
    cdef Windows g = windows(dx.shape, dy.shape, kernel, stride, padding, dilation)
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t planes = dx.shape[0], plane, oh, ow, h, w
    cdef int threads = thread_count() if planes * g.h * g.w >= SMALL else 1
    if dy.size == 0:
        return
    if place_t is uint8_t and is_2x2(&g):
        for plane in prange(planes, nogil=True, num_threads=threads, schedule="static"):
            if 2 * g.oh < g.h or 2 * g.ow < g.w:  # a last row or column in no window
                memset(&dx[plane, 0, 0], 0, g.h * g.w * sizeof(floating))
            for oh in range(g.oh):
                K.max_pool_2x2_gradient(g.ow, &dy[plane, oh, 0], <const uint8_t *> &which[plane, oh, 0], &dx[plane, 2 * oh, 0], &dx[plane, 2 * oh + 1, 0])
        return
    for plane in prange(planes, nogil=True, num_threads=threads, schedule="static"):
        memset(&dx[plane, 0, 0], 0, g.h * g.w * sizeof(floating))
        for oh in range(g.oh):
            for ow in range(g.ow):
                h = oh * g.stride_h - g.top + which[plane, oh, ow] // g.s * g.dilation_h
                w = ow * g.stride_w - g.left + which[plane, oh, ow] % g.s * g.dilation_w
                if 0 <= h < g.h and 0 <= w < g.w:  # not so in a window that holds nothing but padding
                    dx[plane, h, w] += dy[plane, oh, ow]


cdef bint is_2x2(const Windows *g) noexcept nogil:
    """2 × 2 windows side by side, without padding: a kernel of its own."""
    return (g.r == 2 and g.s == 2 and g.stride_h == 2 and g.stride_w == 2 and g.top == 0 and g.left == 0
            and g.dilation_h == 1 and g.dilation_w == 1 and 2 * g.oh <= g.h and 2 * g.ow <= g.w)


# ---- average ---------------------------------------------------------------------------------------------------------

cdef inline Py_ssize_t divisor(const Windows *g, Py_ssize_t h0, Py_ssize_t w0, bint count_padding) noexcept nogil:
    """What the sum of the window that starts at (h0, w0) is divided by: its size, cut off where even the padding ends,
    or, without padding, the number of its places inside the image."""
    cdef Py_ssize_t bottom = g.h + (g.top if count_padding else 0), right = g.w + (g.left if count_padding else 0)
    cdef Py_ssize_t first_h = h0 if count_padding else max(h0, 0), first_w = w0 if count_padding else max(w0, 0)
    return (min(h0 + g.r, bottom) - first_h) * (min(w0 + g.s, right) - first_w)


def average_forward(const floating[:, :, ::1] x, floating[:, :, ::1] y, kernel, stride, padding, bint count_padding):
    """y = the mean of each window of the planes x (P, H, W); padding counts as zeros if count_padding."""
    cdef Windows g = windows(x.shape, y.shape, kernel, stride, padding, (1, 1))
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t planes = x.shape[0], plane
    cdef int threads = thread_count() if planes * g.h * g.w >= SMALL else 1
    if y.size == 0:
        return
    for plane in prange(planes, nogil=True, num_threads=threads, schedule="static"):
        average_plane(K, &g, &x[plane, 0, 0], &y[plane, 0, 0], count_padding)


cdef void average_plane(const nc_kernels *K, const Windows *g, const floating *x, floating *y, bint count_padding) noexcept nogil:
    cdef Py_ssize_t oh, ow, h, w, h0, w0, top, bottom
    cdef floating total
    for oh in range(g.oh):
        h0 = oh * g.stride_h - g.top
        top, bottom = max(h0, 0), min(h0 + g.r, g.h)
        for ow in range(g.ow):
            w0 = ow * g.stride_w - g.left
            total = 0
            if w0 <= 0 and g.w <= w0 + g.s and top < bottom:  # whole rows, which lie one after the other
                total = <floating> K.sum((bottom - top) * g.w, x + top * g.w)
            else:
                for h in range(top, bottom):
                    for w in range(max(w0, 0), min(w0 + g.s, g.w)):
                        total += x[h * g.w + w]
            y[oh * g.ow + ow] = total / divisor(g, h0, w0, count_padding)


def average_backward(const floating[:, :, ::1] dy, floating[:, :, ::1] dx, kernel, stride, padding, bint count_padding):
    """dx = Σ dy / count over the windows that hold a place; every number of dx is written."""
    cdef Windows g = windows(dx.shape, dy.shape, kernel, stride, padding, (1, 1))
    cdef Py_ssize_t planes = dx.shape[0], plane
    cdef int threads = thread_count() if planes * g.h * g.w >= SMALL else 1
    if dy.size == 0:
        return
    for plane in prange(planes, nogil=True, num_threads=threads, schedule="static"):
        average_plane_gradient(&g, &dy[plane, 0, 0], &dx[plane, 0, 0], count_padding)


cdef void average_plane_gradient(const Windows *g, const floating *dy, floating *dx, bint count_padding) noexcept nogil:
    cdef Py_ssize_t oh, ow, h, w, h0, w0
    cdef floating share
    memset(dx, 0, g.h * g.w * sizeof(floating))
    for oh in range(g.oh):
        h0 = oh * g.stride_h - g.top
        for ow in range(g.ow):
            w0 = ow * g.stride_w - g.left
            share = dy[oh * g.ow + ow] / divisor(g, h0, w0, count_padding)
            for h in range(max(h0, 0), min(h0 + g.r, g.h)):
                for w in range(max(w0, 0), min(w0 + g.s, g.w)):
                    dx[h * g.w + w] += share
