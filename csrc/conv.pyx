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

from cython cimport floating
from cython.parallel cimport parallel, prange, threadid
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

cdef struct Geometry:
    Py_ssize_t n, c, h, w           # the image, c channels in a group
    Py_ssize_t k, r, s              # k filters in a group
    Py_ssize_t oh, ow
    Py_ssize_t stride_h, stride_w, dilation_h, dilation_w
    Py_ssize_t top, left, hp, wp    # padding before, size of the padded image
    Py_ssize_t groups, taps, pixels


cdef Geometry geometry(x_shape, w_shape, y_shape, stride, padding, dilation, Py_ssize_t groups):
    """All sizes, from shapes (N, C, H, W), (K, C/groups, R, S), (N, K, OH, OW) and pairs."""
    cdef Geometry g
    g.n, g.h, g.w, g.groups = x_shape[0], x_shape[2], x_shape[3], groups
    g.k, g.c, g.r, g.s = w_shape[0] // groups, w_shape[1], w_shape[2], w_shape[3]
    g.oh, g.ow = y_shape[2], y_shape[3]
    g.stride_h, g.stride_w = stride
    g.dilation_h, g.dilation_w = dilation
    g.top, g.left = padding[0][0], padding[1][0]
    g.hp, g.wp = g.h + g.top + padding[0][1], g.w + g.left + padding[1][1]
    g.taps, g.pixels = g.c * g.r * g.s, g.oh * g.ow
    return g


# ---- the padded image and its panels of columns ----------------------------------------------------------------------

cdef void pad_image(const Geometry *g, const floating *x, floating *padded) noexcept nogil:
    """Copy the c channels of a group's image into the middle of a field of zeros; the border is zero already."""
    cdef Py_ssize_t c, h
    for c in range(g.c):
        for h in range(g.h):
            memcpy(padded + (c * g.hp + h + g.top) * g.wp + g.left, x + (c * g.h + h) * g.w, g.w * sizeof(floating))


cdef void gather_panel(const Geometry *g, const floating *padded, Py_ssize_t first, Py_ssize_t count, Py_ssize_t nr, floating *panel) noexcept nogil:
    """panel[tap, j] = what tap (c, r, s) meets at output pixel first + j; columns beyond `count` are zero."""
    cdef Py_ssize_t c, r, s, j, run, oh, ow, i
    cdef const floating *source
    cdef const floating *corner
    cdef floating *line = panel
    for c in range(g.c):
        for r in range(g.r):
            for s in range(g.s):
                corner = padded + (c * g.hp + r * g.dilation_h) * g.wp + s * g.dilation_w
                j, oh, ow = 0, first // g.ow, first % g.ow
                while j < count:                                    # one run of pixels in an output row after the other
                    run = min(count - j, g.ow - ow)
                    source = corner + oh * g.stride_h * g.wp + ow * g.stride_w
                    if g.stride_w == 1:
                        for i in range(run):
                            line[j + i] = source[i]
                    else:
                        for i in range(run):
                            line[j + i] = source[i * g.stride_w]
                    j, oh, ow = j + run, oh + 1, 0
                for i in range(count, nr):
                    line[i] = 0
                line += nr


cdef void scatter_panel(const Geometry *g, const floating *panel, Py_ssize_t first, Py_ssize_t count, Py_ssize_t nr, floating *padded) noexcept nogil:
    """The adjoint of gather_panel: add panel[tap, j] to the place that tap (c, r, s) meets at output pixel first + j."""
    cdef Py_ssize_t c, r, s, j, run, oh, ow, i
    cdef floating *target
    cdef floating *corner
    cdef const floating *line = panel
    for c in range(g.c):
        for r in range(g.r):
            for s in range(g.s):
                corner = padded + (c * g.hp + r * g.dilation_h) * g.wp + s * g.dilation_w
                j, oh, ow = 0, first // g.ow, first % g.ow
                while j < count:
                    run = min(count - j, g.ow - ow)
                    target = corner + oh * g.stride_h * g.wp + ow * g.stride_w
                    if g.stride_w == 1:
                        for i in range(run):
                            target[i] += line[j + i]
                    else:
                        for i in range(run):
                            target[i * g.stride_w] += line[j + i]
                    j, oh, ow = j + run, oh + 1, 0
                line += nr


# ---- forward ---------------------------------------------------------------------------------------------------------

def forward(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] w, b, floating[:, :, :, ::1] y, stride, padding, dilation, Py_ssize_t groups):
    """y = convolution of x with w, plus b (None, or one number per filter)."""
    cdef Geometry g = geometry(x.shape, w.shape, y.shape, stride, padding, dilation, groups)
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t nr = K.nr, image = g.c * g.hp * g.wp, parts, per_part, task
    cdef int threads = thread_count()
    cdef const floating[::1] bias
    cdef const floating *bias_data = NULL
    cdef floating *filters
    cdef floating *scratch
    if y.shape[0] == 0 or y.shape[1] == 0 or g.pixels == 0:
        return
    if b is not None:
        bias = b
        bias_data = &bias[0]
    # A task is a part of the pixels of one sample in one group: the whole of them, unless there are few samples.
    parts = 1 if g.n * groups >= 4 * threads else min((g.pixels + 8 * nr - 1) // (8 * nr), 4 * threads)
    per_part = ((g.pixels + parts - 1) // parts + nr - 1) // nr * nr
    filters = <floating *> malloc(sizeof(floating) * (groups * g.k * g.taps + 1))
    scratch = <floating *> calloc(threads * (image + g.taps * nr) + 1, sizeof(floating))
    if filters == NULL or scratch == NULL:
        free(filters)
        free(scratch)
        raise MemoryError("no memory for the panels of a convolution")
    with nogil:
        for task in range(groups):
            if g.taps:
                K.pack(g.k, g.taps, K.mr, 0, &w[task * g.k, 0, 0, 0], g.taps, 1, filters + task * g.k * g.taps)
        with parallel(num_threads=threads):
            for task in prange(g.n * groups * parts, schedule="dynamic"):
                forward_task(&g, K, task // (groups * parts), task // parts % groups, task % parts * per_part, per_part,
                             &x[0, 0, 0, 0] if image else NULL, filters, bias_data, &y[0, 0, 0, 0], scratch + threadid() * (image + g.taps * nr))
    free(filters)
    free(scratch)


cdef void forward_task(
    const Geometry *g, const nc_kernels *K, Py_ssize_t n, Py_ssize_t group, Py_ssize_t first, Py_ssize_t count,
    const floating *x, const floating *filters, const floating *bias, floating *y, floating *scratch,
) noexcept nogil:
    """Output pixels first … first + count of one sample in one group."""
    cdef Py_ssize_t nr = K.nr, last = min(first + count, g.pixels), pixel
    cdef const floating *image = x + (n * g.groups + group) * g.c * g.h * g.w
    cdef floating *panel = scratch + g.c * g.hp * g.wp
    cdef floating *target = y + (n * g.groups + group) * g.k * g.pixels
    if first >= last:
        return
    if g.hp != g.h or g.wp != g.w:
        pad_image(g, image, scratch)
        image = scratch
    for pixel in range(first // nr, (last + nr - 1) // nr):
        gather_panel(g, image, pixel * nr, min(nr, last - pixel * nr), nr, panel)
        K.gemm_block(g.k, min(nr, last - pixel * nr), g.taps, filters + group * g.k * g.taps, panel, target + pixel * nr, g.pixels,
                     bias + group * g.k if bias else NULL, 1, 0)


# ---- input gradient --------------------------------------------------------------------------------------------------

def input_gradient(const floating[:, :, :, ::1] dy, const floating[:, :, :, ::1] w, b, floating[:, :, :, ::1] dx, stride, padding, dilation, Py_ssize_t groups):
    """dx from dy: filtersᵀ · dy, a panel of columns at a time, added back to where the columns were read from.

    `b` (None, or one number per channel of dx) is added: the bias of a transposed convolution, whose forward pass this is.
    """
    cdef Geometry g = geometry(dx.shape, w.shape, dy.shape, stride, padding, dilation, groups)
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t nr = K.nr, share = g.c * g.hp * g.wp + g.taps * nr + g.k * nr, group, task
    cdef int threads = thread_count()
    cdef const floating[::1] bias
    cdef const floating *bias_data = NULL
    cdef floating *filters
    cdef floating *scratch
    if dx.shape[0] == 0 or dx.shape[1] == 0 or dx.shape[2] == 0 or dx.shape[3] == 0:
        return
    if b is not None:
        bias = b
        bias_data = &bias[0]
    filters = <floating *> malloc(sizeof(floating) * (groups * g.k * g.taps + 1))
    scratch = <floating *> malloc(sizeof(floating) * (threads * share + 1))
    if filters == NULL or scratch == NULL:
        free(filters)
        free(scratch)
        raise MemoryError("no memory for the panels of a convolution")
    with nogil:
        for group in range(groups):                                 # packed with the taps as rows: the transpose
            if g.k:
                K.pack(g.taps, g.k, K.mr, 0, &w[group * g.k, 0, 0, 0], 1, g.taps, filters + group * g.k * g.taps)
        with parallel(num_threads=threads):
            for task in prange(g.n * groups, schedule="dynamic"):
                input_gradient_task(&g, K, task // groups, task % groups, &dy[0, 0, 0, 0] if g.k and g.pixels else NULL, filters, bias_data,
                                    &dx[0, 0, 0, 0], scratch + threadid() * share)
    free(filters)
    free(scratch)


cdef void input_gradient_task(
    const Geometry *g, const nc_kernels *K, Py_ssize_t n, Py_ssize_t group,
    const floating *dy, const floating *filters, const floating *bias, floating *dx, floating *scratch,
) noexcept nogil:
    """One sample in one group."""
    cdef Py_ssize_t nr = K.nr, image = g.c * g.hp * g.wp, pixel, count, c, h, i
    cdef const floating *source = dy + (n * g.groups + group) * g.k * g.pixels
    cdef floating *target = dx + (n * g.groups + group) * g.c * g.h * g.w
    cdef floating *panel = scratch + image
    cdef floating *packed = panel + g.taps * nr
    cdef floating *from_row
    cdef floating shift
    memset(scratch, 0, image * sizeof(floating))
    for pixel in range((g.pixels + nr - 1) // nr):
        count = min(nr, g.pixels - pixel * nr)
        K.pack(count, g.k, nr, 1, source + pixel * nr, 1, g.pixels, packed)
        K.gemm_block(g.taps, count, g.k, filters + group * g.k * g.taps, packed, panel, nr, NULL, 0, 0)
        scatter_panel(g, panel, pixel * nr, count, nr, scratch)
    for c in range(g.c):                                            # the image without its padding
        shift = bias[group * g.c + c] if bias else 0
        for h in range(g.h):
            from_row = scratch + (c * g.hp + h + g.top) * g.wp + g.left
            for i in range(g.w):
                target[(c * g.h + h) * g.w + i] = from_row[i] + shift


# ---- weight gradient -------------------------------------------------------------------------------------------------

cdef enum:
    CHUNKS = 16             # at most so many partial sums over samples
    CHUNK_NUMBERS = 1 << 22 # and fewer where they would be large


def weight_gradient(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] dy, floating[:, :, :, ::1] dw, stride, padding, dilation, Py_ssize_t groups):
    """dw from x and dy: partial sums over chunks of samples, each by one thread, added in their order."""
    cdef Geometry g = geometry(x.shape, dw.shape, dy.shape, stride, padding, dilation, groups)
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t nr = K.nr, panels = (g.k + nr - 1) // nr, size = groups * panels * g.taps * nr
    cdef Py_ssize_t share = g.c * g.hp * g.wp + g.pixels * nr, chunks, per_chunk, chunk, group, panel, k, tap
    cdef int threads = thread_count()
    cdef floating *partial
    cdef floating *scratch
    cdef long *offset
    cdef floating total
    if dw.shape[0] == 0 or g.taps == 0:
        return
    chunks = max(1, min(g.n, CHUNKS, CHUNK_NUMBERS // max(size, 1)))
    per_chunk = (g.n + chunks - 1) // chunks
    partial = <floating *> calloc(chunks * size + 1, sizeof(floating))
    scratch = <floating *> calloc(threads * share + 1, sizeof(floating))
    offset = <long *> malloc(sizeof(long) * g.taps)
    if partial == NULL or scratch == NULL or offset == NULL:
        free(partial)
        free(scratch)
        free(offset)
        raise MemoryError("no memory for the partial sums of a convolution's weight gradient")
    with nogil:
        for tap in range(g.taps):                                   # tap (c, r, s) at output pixel (0, 0)
            offset[tap] = (tap // (g.r * g.s) * g.hp + tap // g.s % g.r * g.dilation_h) * g.wp + tap % g.s * g.dilation_w
        if g.n and g.pixels:
            with parallel(num_threads=threads):
                for chunk in prange(chunks, schedule="dynamic"):
                    weight_gradient_chunk(&g, K, chunk * per_chunk, min(g.n, (chunk + 1) * per_chunk), &x[0, 0, 0, 0], &dy[0, 0, 0, 0], offset,
                                          partial + chunk * size, scratch + threadid() * share)
        for group in prange(groups, num_threads=threads, schedule="static"):
            for k in range(g.k):
                for tap in range(g.taps):
                    total = 0
                    for chunk in range(chunks):
                        total = total + partial[chunk * size + ((group * panels + k // nr) * g.taps + tap) * nr + k % nr]
                    (&dw[group * g.k + k, 0, 0, 0])[tap] = total
    free(partial)
    free(scratch)
    free(offset)


cdef void weight_gradient_chunk(
    const Geometry *g, const nc_kernels *K, Py_ssize_t first, Py_ssize_t last,
    const floating *x, const floating *dy, const long *offset, floating *partial, floating *scratch,
) noexcept nogil:
    """Samples first … last, all groups: partial[group, filter panel, tap, NR filters] += Σ taps · dyᵀ."""
    cdef Py_ssize_t nr = K.nr, panels = (g.k + nr - 1) // nr, n, group, panel, count
    cdef const floating *image
    cdef floating *packed = scratch + g.c * g.hp * g.wp
    for n in range(first, last):
        for group in range(g.groups):
            image = x + (n * g.groups + group) * g.c * g.h * g.w
            if g.hp != g.h or g.wp != g.w:
                pad_image(g, image, scratch)
                image = scratch
            for panel in range(panels):
                count = min(nr, g.k - panel * nr)
                K.pack(count, g.pixels, nr, 1, dy + ((n * g.groups + group) * g.k + panel * nr) * g.pixels, g.pixels, 1, packed)
                K.conv_weight_panel(g.taps, count, g.oh, g.ow, g.stride_h * g.wp, g.stride_w, image, offset, packed,
                                    partial + (group * panels + panel) * g.taps * nr)
