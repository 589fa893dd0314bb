# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The matrix of columns, in memory: the way to see a convolution as one matrix product.

    columns[n, (c, r, s), (oh, ow)] = x[n, c, oh·stride + r·dilation - pad, ow·stride + s·dilation - pad],  0 in the padding

Row (c, r, s) is one tap of the filter, column (oh, ow) one place where the filter lies; so filters (K, C·R·S) times columns
(C·R·S, OH·OW) is the convolution. The matrix holds each pixel up to R·S times: that is why csrc/conv.pyx, with the same
loops, never has more than a panel of it. col2im is the adjoint: it adds each number back to the pixel it came from.

Source: Chellapilla, Puri and Simard (2006). NumPy twin: netcore/reference/im2col.py. Next: csrc/conv.pyx.
"""

from cython cimport floating
from cython.parallel cimport prange

from netcore._kernels.dispatch cimport thread_count


def im2col(const floating[:, :, :, ::1] x, floating[:, :, ::1] columns, kernel, out, stride, padding, dilation):
    """Fill columns (N, C·R·S, OH·OW) from x (N, C, H, W)."""
    cdef Py_ssize_t samples = x.shape[0], channels = x.shape[1], height = x.shape[2], width = x.shape[3]
    cdef Py_ssize_t R = kernel[0], S = kernel[1], OH = out[0], OW = out[1]
    cdef Py_ssize_t stride_h = stride[0], stride_w = stride[1], top = padding[0], left = padding[1]
    cdef Py_ssize_t dilation_h = dilation[0], dilation_w = dilation[1]
    cdef Py_ssize_t plane, n, c, r, s, oh, ow, h, w
    cdef int threads = thread_count()
    for plane in prange(samples * channels, nogil=True, num_threads=threads, schedule="static"):
        n, c = plane // channels, plane % channels
        for r in range(R):
            for s in range(S):
                for oh in range(OH):
                    h = oh * stride_h + r * dilation_h - top
                    for ow in range(OW):
                        w = ow * stride_w + s * dilation_w - left
                        columns[n, (c * R + r) * S + s, oh * OW + ow] = x[n, c, h, w] if 0 <= h < height and 0 <= w < width else 0


def col2im(const floating[:, :, ::1] columns, floating[:, :, :, ::1] x, kernel, out, stride, padding, dilation):
    """Add columns (N, C·R·S, OH·OW) back to x (N, C, H, W), which comes in as zeros."""
    cdef Py_ssize_t samples = x.shape[0], channels = x.shape[1], height = x.shape[2], width = x.shape[3]
    cdef Py_ssize_t R = kernel[0], S = kernel[1], OH = out[0], OW = out[1]
    cdef Py_ssize_t stride_h = stride[0], stride_w = stride[1], top = padding[0], left = padding[1]
    cdef Py_ssize_t dilation_h = dilation[0], dilation_w = dilation[1]
    cdef Py_ssize_t plane, n, c, r, s, oh, ow, h, w
    cdef int threads = thread_count()
    for plane in prange(samples * channels, nogil=True, num_threads=threads, schedule="static"):
        n, c = plane // channels, plane % channels
        for r in range(R):
            for s in range(S):
                for oh in range(OH):
                    h = oh * stride_h + r * dilation_h - top
                    for ow in range(OW):
                        w = ow * stride_w + s * dilation_w - left
                        if 0 <= h < height and 0 <= w < width:          # `+=`: windows overlap
                            x[n, c, h, w] += columns[n, (c * R + r) * S + s, oh * OW + ow]
