# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Convolution, its gradient with respect to the input, and its gradient with respect to the filters.

    forward           y[n,k,oh,ow]  = b[k] + Σ_(c,r,s) w[k,c,r,s] · x[n, c, oh·stride + r·dilation - pad, ow·stride + s·dilation - pad]
    input gradient    dx[n,c,h,w]   = Σ over all (k,r,s,oh,ow) that read x[n,c,h,w] of  w[k,c,r,s] · dy[n,k,oh,ow]
    weight gradient   dw[k,c,r,s]   = Σ_(n,oh,ow) dy[n,k,oh,ow] · x[n, c, oh·stride + r·dilation - pad, …]

N samples, C channels, H W image, K filters of R × S, OH OW output; groups cut C and K alike. Each pass is a matrix product
whose one factor is the matrix of columns (Chellapilla et al., 2006): column (oh, ow) lists the C·R·S numbers that the
filter meets there. The columns are implicit: only NR of them exist at a time, as a panel that fits the cache.

                     NR output pixels                     forward:          panel → product with the packed filters → y
                   ┌──────────────────┐
    C·R·S taps     │ x at tap (c,r,s) │                   input gradient:   product of filtersᵀ with dy → panel, whose
    (c, r, s)      │ for each pixel   │                                     numbers are added back where they came from
                   └──────────────────┘
                                                          weight gradient:  reads the taps in place: kernels/conv.h

im2col.pyx shows the same with the whole matrix in memory. Threads own samples; sums over samples (weight gradient) are cut
into chunks by size and added in their order, so that results are bit-identical for any number of threads.
Cost of each pass: 2·N·K·OH·OW·(C/groups)·R·S FLOPs. Transposed convolution is the input gradient used forward.
"""

import numpy as np

from cython cimport floating
from cython.parallel cimport parallel, prange, threadid
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from netcore._kernels.dispatch cimport apart, kernels_for, nc_kernels, thread_count
from netcore import memory

cdef struct Geometry:
    Py_ssize_t n, c, h, w           # the image, c channels in a group
    Py_ssize_t k, r, s              # k filters in a group
    Py_ssize_t oh, ow
    Py_ssize_t stride_h, stride_w, dilation_h, dilation_w
    Py_ssize_t top, left, hp, wp    # padding before, size of the padded image
    Py_ssize_t phase, row, image    # numbers in a phase of a row, in a row, in an image as pad_image makes it
    Py_ssize_t groups, taps, pixels


cdef Geometry geometry(x_shape, w_shape, y_shape, stride, padding, dilation, Py_ssize_t groups):
    """All sizes, from shapes (N, C, H, W), (K, C/groups, R, S), (N, K, OH, OW) and pairs."""
    cdef Geometry g
    g.n, g.h, g.w, g.groups = x_shape[0], x_shape[2], x_shape[3], groups
    g.k, g.c, g.r, g.s = w_shape[0] // groups, w_shape[1], w_shape[2], w_shape[3]
    g.oh, g.ow = y_shape[2], y_shape[3]
    g.stride_h, g.stride_w = stride[0], stride[1] if g.ow > 1 else 1
    g.dilation_h, g.dilation_w = dilation
    g.top, g.left = padding[0][0], padding[1][0]
    g.hp, g.wp = g.h + g.top + padding[0][1], g.w + g.left + padding[1][1]
    g.phase = (g.wp + g.stride_w - 1) // g.stride_w
    g.row = g.phase * g.stride_w
    g.image = g.c * g.hp * g.row
    g.taps, g.pixels = g.c * g.r * g.s, g.oh * g.ow
    return g


cdef long *tap_offsets(const Geometry *g) noexcept nogil:
    """Where in the padded image tap (c, r, s) meets output pixel (0, 0); NULL if there is no memory."""
    cdef long *offset = <long *> malloc(sizeof(long) * (g.taps + 1))
    cdef Py_ssize_t tap, h, w
    if offset != NULL:
        for tap in range(g.taps):
            h, w = tap // (g.r * g.s) * g.hp + tap // g.s % g.r * g.dilation_h, tap % g.s * g.dilation_w
            offset[tap] = h * g.row + w % g.stride_w * g.phase + w // g.stride_w
    return offset


# ---- the padded image and its panels of columns ----------------------------------------------------------------------
#
# With stride_w = 2 a tap meets every second number of a row. So the padded image keeps the even columns first, then the odd
# ones: `stride_w` phases in a row, column w at phase w % stride_w, place w // stride_w. What a tap meets at neighbouring
# output pixels then lies side by side for every stride, and kernels/conv.h needs only contiguous runs.

cdef inline Py_ssize_t place_of(const Geometry *g, Py_ssize_t w) noexcept nogil:
    """Where column w of the image stands in a padded row."""
    return (w + g.left) % g.stride_w * g.phase + (w + g.left) // g.stride_w


cdef inline Py_ssize_t first_column(const Geometry *g, Py_ssize_t phase) noexcept nogil:
    """The first column of the image that stands in this phase of a padded row."""
    return (phase + g.stride_w - g.left % g.stride_w) % g.stride_w


cdef const floating *padded_image(const Geometry *g, const nc_kernels *K, const floating *x, floating *padded) noexcept nogil:
    """The image of a group with its padding: x itself where nothing is to be done, otherwise `padded`, whose border is zero already."""
    cdef Py_ssize_t c, h, w, phase, place
    cdef floating *line
    if g.hp == g.h and g.row == g.w and g.stride_w == 1:
        return x
    for c in range(g.c):
        for h in range(g.h):
            line = padded + (c * g.hp + h + g.top) * g.row
            if g.stride_w == 1:
                memcpy(line + g.left, x, g.w * sizeof(floating))
            elif g.stride_w == 2:
                K.conv_deal(g.w, x, line + place_of(g, 0), line + place_of(g, 1))
            else:
                for phase in range(g.stride_w):
                    w = first_column(g, phase)
                    place = phase * g.phase + (w + g.left) // g.stride_w
                    while w < g.w:
                        line[place] = x[w]
                        place, w = place + 1, w + g.stride_w
            x += g.w
    return padded


cdef void crop_image(const Geometry *g, const nc_kernels *K, const floating *padded, const floating *bias, floating *x) noexcept nogil:
    """The adjoint: the image without its padding, plus one number per channel."""
    cdef Py_ssize_t c, h, w, phase, place
    cdef const floating *line
    cdef floating shift
    for c in range(g.c):
        shift = bias[c] if bias else 0
        for h in range(g.h):
            line = padded + (c * g.hp + h + g.top) * g.row
            if g.stride_w == 1:
                for w in range(g.w):
                    x[w] = line[g.left + w] + shift
            elif g.stride_w == 2:
                K.conv_collect(g.w, line + place_of(g, 0), line + place_of(g, 1), shift, x)
            else:
                for phase in range(g.stride_w):
                    w = first_column(g, phase)
                    place = phase * g.phase + (w + g.left) // g.stride_w
                    while w < g.w:
                        x[w] = line[place] + shift
                        place, w = place + 1, w + g.stride_w
            x += g.w


# ---- forward ---------------------------------------------------------------------------------------------------------

def forward(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] w, b, floating[:, :, :, ::1] y, stride, padding, dilation, Py_ssize_t groups):
    """y = convolution of x with w, plus b (None, or one number per filter)."""
    cdef Geometry g = geometry(x.shape, w.shape, y.shape, stride, padding, dilation, groups)
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t nr = K.nr, share = apart(g.image + g.taps * nr, sizeof(floating)), unit = g.ow if g.k == 1 else nr, parts, per_part, task
    cdef int threads = thread_count()
    cdef const floating[::1] bias
    cdef const floating *bias_data = NULL
    cdef floating *filters
    cdef floating *scratch
    cdef long *offset
    if y.shape[0] == 0 or y.shape[1] == 0 or g.pixels == 0:
        return
    if b is not None:
        bias = b
        bias_data = &bias[0]
    # A task is a part of the pixels of one sample in one group, whole panels or whole rows: all of them, unless there are few samples.
    parts = 1 if g.n * groups >= 4 * threads else min((g.pixels + 8 * nr - 1) // (8 * nr), 4 * threads)
    per_part = ((g.pixels + parts - 1) // parts + unit - 1) // unit * unit
    filters = <floating *> malloc(sizeof(floating) * (groups * g.k * g.taps + 1))
    scratch = <floating *> calloc(threads * share + 1, sizeof(floating))
    offset = tap_offsets(&g)
    if filters == NULL or scratch == NULL or offset == NULL:
        free(filters)
        free(scratch)
        free(offset)
        raise MemoryError("no memory for the panels of a convolution")
    with nogil:
        for task in range(groups):
            if g.taps:
                K.pack(g.k, g.taps, K.mr, 0, &w[task * g.k, 0, 0, 0], g.taps, 1, filters + task * g.k * g.taps)
        with parallel(num_threads=threads):
            for task in prange(g.n * groups * parts, schedule="dynamic"):
                forward_task(&g, K, task // (groups * parts), task // parts % groups, task % parts * per_part, per_part,
                             &x[0, 0, 0, 0], filters, offset, bias_data, &y[0, 0, 0, 0], scratch + threadid() * share)
    free(filters)
    free(scratch)
    free(offset)


cdef void forward_task(
    const Geometry *g, const nc_kernels *K, Py_ssize_t n, Py_ssize_t group, Py_ssize_t first, Py_ssize_t count,
    const floating *x, const floating *filters, const long *offset, const floating *bias, floating *y, floating *scratch,
) noexcept nogil:
    """Output pixels first … first + count of one sample in one group."""
    cdef Py_ssize_t nr = K.nr, last = min(first + count, g.pixels), pixel, here
    cdef const floating *image = x + (n * g.groups + group) * g.c * g.h * g.w
    cdef floating *panel = scratch + g.image
    cdef floating *target = y + (n * g.groups + group) * g.k * g.pixels
    if first >= last:
        return
    image = padded_image(g, K, image, scratch)
    if g.k == 1:
        K.conv_rows(g.taps, (last - first) // g.ow, g.ow, g.stride_h * g.row, image + first // g.ow * g.stride_h * g.row, offset,
                    filters + group * g.taps, bias[group] if bias else 0, target + first)
        return
    pixel = first
    while pixel < last:
        here = min(nr, last - pixel)
        K.conv_gather(g.taps, here, g.ow, pixel % g.ow, g.stride_h * g.row, image + pixel // g.ow * g.stride_h * g.row, offset, panel)
        K.gemm_block(g.k, here, g.taps, filters + group * g.k * g.taps, panel, target + pixel, g.pixels,
                     bias + group * g.k if bias else NULL, 1, 0)
        pixel = pixel + nr


# ---- input gradient --------------------------------------------------------------------------------------------------

def input_gradient(const floating[:, :, :, ::1] dy, const floating[:, :, :, ::1] w, b, floating[:, :, :, ::1] dx, stride, padding, dilation, Py_ssize_t groups):
    """dx from dy: filtersᵀ · dy, a panel of columns at a time, added back to where the columns were read from.

    `b` (None, or one number per channel of dx) is added: the bias of a transposed convolution, whose forward pass this is.
    With stride 1 it is itself a convolution of dy, with filters turned by 180° and channels and filters exchanged: nothing is
    added back. For few channels its panels would cost more than its product.
    """
    cdef const floating[:, :, :, ::1] turned
    rests = [dilation[i] * (w.shape[2 + i] - 1) for i in (0, 1)]
    before = [rests[i] - padding[i][0] for i in (0, 1)]
    after = [dx.shape[2 + i] - dy.shape[2 + i] + padding[i][0] for i in (0, 1)]     # more than rests[i] - padding[i][1] with output padding
    if tuple(stride) == (1, 1) and min(before + after) >= 0 and (w.shape[1] >= 8 or w.shape[0] == groups):
        array = np.asarray(w).reshape(groups, -1, w.shape[1], w.shape[2], w.shape[3])[..., ::-1, ::-1].swapaxes(1, 2)
        turned = np.ascontiguousarray(array).reshape(groups * w.shape[1], -1, w.shape[2], w.shape[3])
        forward(dy, turned, b, dx, stride, list(zip(before, after)), dilation, groups)
        return
    cdef Geometry g = geometry(dx.shape, w.shape, dy.shape, stride, padding, dilation, groups)
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t nr = K.nr, share = apart(g.image + g.taps * nr + g.k * nr, sizeof(floating)), group, task
    cdef int threads = thread_count()
    cdef const floating[::1] bias
    cdef const floating *bias_data = NULL
    cdef floating *filters
    cdef floating *scratch
    cdef long *offset
    if dx.shape[0] == 0 or dx.shape[1] == 0 or dx.shape[2] == 0 or dx.shape[3] == 0:
        return
    if b is not None:
        bias = b
        bias_data = &bias[0]
    filters = <floating *> malloc(sizeof(floating) * (groups * g.k * g.taps + 1))
    scratch = <floating *> malloc(sizeof(floating) * (threads * share + 1))
    offset = tap_offsets(&g)
    if filters == NULL or scratch == NULL or offset == NULL:
        free(filters)
        free(scratch)
        free(offset)
        raise MemoryError("no memory for the panels of a convolution")
    with nogil:
        for group in range(groups):                                 # packed with the taps as rows: the transpose
            if g.k:
                K.pack(g.taps, g.k, K.mr, 0, &w[group * g.k, 0, 0, 0], 1, g.taps, filters + group * g.k * g.taps)
        with parallel(num_threads=threads):
            for task in prange(g.n * groups, schedule="dynamic"):
                input_gradient_task(&g, K, task // groups, task % groups, &dy[0, 0, 0, 0] if g.k and g.pixels else NULL, filters, offset, bias_data,
                                    &dx[0, 0, 0, 0], scratch + threadid() * share)
    free(filters)
    free(scratch)
    free(offset)


cdef void input_gradient_task(
    const Geometry *g, const nc_kernels *K, Py_ssize_t n, Py_ssize_t group,
    const floating *dy, const floating *filters, const long *offset, const floating *bias, floating *dx, floating *scratch,
) noexcept nogil:
    """One sample in one group."""
    cdef Py_ssize_t nr = K.nr, pixel = 0, count
    cdef const floating *source = dy + (n * g.groups + group) * g.k * g.pixels
    cdef floating *panel = scratch + g.image
    cdef floating *packed = panel + g.taps * nr
    memset(scratch, 0, g.image * sizeof(floating))
    while pixel < g.pixels:
        count = min(nr, g.pixels - pixel)
        K.pack(count, g.k, nr, 1, source + pixel, 1, g.pixels, packed)
        K.gemm_block(g.taps, count, g.k, filters + group * g.k * g.taps, packed, panel, nr, NULL, 0, 0)
        K.conv_scatter(g.taps, g.s, count, g.ow, pixel % g.ow, g.stride_h * g.row, panel, offset,
                       scratch + pixel // g.ow * g.stride_h * g.row)
        pixel = pixel + nr
    crop_image(g, K, scratch, bias + group * g.c if bias else NULL, dx + (n * g.groups + group) * g.c * g.h * g.w)


# ---- weight gradient -------------------------------------------------------------------------------------------------

cdef enum:
    CHUNKS = 16             # at most so many partial sums over samples
    CHUNK_NUMBERS = 1 << 22 # and fewer where they would be large


def weight_gradient(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] dy, floating[:, :, :, ::1] dw, stride, padding, dilation, Py_ssize_t groups):
    """dw from x and dy: partial sums over chunks of samples, each by one thread, added in their order."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t filters = dy.shape[1] // groups, panels = (filters + K.nr - 1) // K.nr, lanes = K.lanes, chunks, per_chunk, chunk, task
    # Vectors along the rows of the output, one filter after the other, or along the filters: whichever takes fewer. Only the
    # first need the columns of a strided image dealt out; the others read single numbers, `step` apart.
    cdef bint few = filters * ((dy.shape[3] + lanes - 1) // lanes) < (filters + lanes - 1) // lanes * dy.shape[3]
    cdef Geometry g = geometry(x.shape, dw.shape, dy.shape, stride if few else (stride[0], 1), padding, dilation, groups)
    cdef Py_ssize_t step = 1 if few else stride[1], size = groups * panels * g.taps * K.nr
    cdef int threads = thread_count()
    cdef long *offset
    if dw.shape[0] == 0 or g.taps == 0:
        return
    chunks = max(1, min(g.n, CHUNKS, CHUNK_NUMBERS // max(size, 1)))
    per_chunk = (g.n + chunks - 1) // chunks
    dtype = np.asarray(dw).dtype
    sums, work = memory.zeros((chunks, size), dtype), memory.empty((threads, apart(g.image + g.pixels * K.nr, sizeof(floating))), dtype)
    cdef floating[:, ::1] partial = sums, scratch = work
    offset = tap_offsets(&g)
    if offset == NULL:
        raise MemoryError("no memory for the taps of a convolution")
    with nogil:
        for task in range(threads):
            memset(&scratch[task, 0], 0, g.image * sizeof(floating))        # the padding; all else is written before it is read
        if g.n and g.pixels:
            with parallel(num_threads=threads):
                for chunk in prange(chunks, schedule="dynamic"):
                    weight_gradient_chunk(&g, K, chunk * per_chunk, min(g.n, (chunk + 1) * per_chunk), step, few, &x[0, 0, 0, 0], &dy[0, 0, 0, 0],
                                          offset, &partial[chunk, 0], &scratch[threadid(), 0])
        for task in prange(groups * panels, num_threads=threads, schedule="static"):
            sum_partials(&g, K, task, chunks, size, &partial[0, 0], &dw[0, 0, 0, 0])
    free(offset)


cdef void sum_partials(
    const Geometry *g, const nc_kernels *K, Py_ssize_t task, Py_ssize_t chunks, Py_ssize_t size, floating *partial, floating *dw,
) noexcept nogil:
    """One panel of filters: the partial sums in their order, then (taps, filters) as (filters, taps)."""
    cdef Py_ssize_t nr = K.nr, panels = (g.k + nr - 1) // nr, first = task % panels * nr, chunk, k, tap
    cdef floating *total = partial + task * g.taps * nr
    cdef floating *target = dw + (task // panels * g.k + first) * g.taps
    for chunk in range(1, chunks):
        K.add(g.taps * nr, total, total + chunk * size, total)
    for tap in range(g.taps):
        for k in range(min(nr, g.k - first)):
            target[k * g.taps + tap] = total[tap * nr + k]


cdef void weight_gradient_chunk(
    const Geometry *g, const nc_kernels *K, Py_ssize_t first, Py_ssize_t last, Py_ssize_t step, bint few,
    const floating *x, const floating *dy, const long *offset, floating *partial, floating *scratch,
) noexcept nogil:
    """Samples first … last, all groups: partial[group, filter panel, tap, NR filters] += Σ taps · dyᵀ."""
    cdef Py_ssize_t nr = K.nr, panels = (g.k + nr - 1) // nr, n, group, panel, count, k
    cdef const floating *image
    cdef const floating *above
    cdef floating *sums
    cdef floating *packed = scratch + g.image
    for n in range(first, last):
        for group in range(g.groups):
            image = padded_image(g, K, x + (n * g.groups + group) * g.c * g.h * g.w, scratch)
            for panel in range(panels):
                count = min(nr, g.k - panel * nr)
                above = dy + ((n * g.groups + group) * g.k + panel * nr) * g.pixels
                sums = partial + (group * panels + panel) * g.taps * nr
                if few:
                    for k in range(count):
                        K.conv_weight_dots(g.taps, g.oh, g.ow, g.stride_h * g.row, image, offset, above + k * g.pixels, sums + k, nr)
                else:
                    K.pack_transpose(count, g.pixels, nr, above, g.pixels, packed)      # lanes beyond `count` are never looked at
                    K.conv_weight_panel(g.taps, count, g.oh, g.ow, g.stride_h * g.row, step, image, offset, packed, sums)


# ---- bias gradient ---------------------------------------------------------------------------------------------------

def bias_gradient(const floating[:, :, :, ::1] dy, floating[::1] db):
    """db[k] = Σ_(n,oh,ow) dy[n,k,oh,ow], channel by channel; the sums of the samples are added in double."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t samples = dy.shape[0], filters = dy.shape[1], pixels = dy.shape[2] * dy.shape[3], n, k
    cdef int threads = thread_count()
    cdef double total
    for k in prange(filters, nogil=True, num_threads=threads, schedule="static", use_threads_if=samples * filters * pixels > 1 << 14):
        total = 0
        for n in range(samples):
            total = total + K.sum(pixels, &dy[n, k, 0, 0])
        db[k] = <floating> total
