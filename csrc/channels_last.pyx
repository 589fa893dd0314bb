# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Convolution and its gradient with respect to the input, on images whose channels are innermost: no columns, nothing added back.

    forward           y[oh,ow,:]  = b + Σ_(r,s)  x[oh·stride + r·dilation - pad, …, :] · w[r,s]        (C,) times (C, K)
    input gradient    dx[h,w,:]   = b + Σ_(r,s)  dy[(h + pad - r·dilation) / stride, …, :] · wᵀ[r,s]   where the division leaves no rest

Along an axis, output q of a strip reads the inputs ⌊(q + shift) / phases⌋ · step + place[tap], for the taps of phase (q + shift) % phases:

    forward           one phase, which has all taps                step = stride, shift = 0, place rises with the tap
    input gradient    `stride` phases, which share out the taps    step = 1, shift = pad, place falls

So both passes are plain convolutions, one a phase, and each output is written once: a gradient of stride 2, or a transposed
convolution, are four small ones whose outputs interleave. Where conv.pyx copies each number of an image R·S times into
panels, this turns the image and the result round once; that pays where there are many channels and rows are short or
strided. A task is a strip of rows of one sample in one group, so results do not depend on the number of threads.
Cost: as conv.pyx, and (C·H·W + K·OH·OW) numbers turned. The kernel: csrc/kernels/pixels.h.
"""

import numpy as np
from cython cimport floating
from cython.parallel cimport prange, threadid
from libc.stdlib cimport free, malloc

from netcore._kernels.channels_last cimport Image, channels_last
from netcore._kernels.dispatch cimport apart, kernels_for, nc_kernels, thread_count
from netcore import memory

cdef enum:
    NUMBERS = 1 << 16       # of a strip's inputs and outputs: a quarter of a megabyte in float32, so that they stay in a second-level cache

cdef struct Axis:
    Py_ssize_t outputs, taps, dilation
    Py_ssize_t phases, step, shift
    Py_ssize_t before       # zeros in front of the inputs
    bint turned             # the input gradient: a later tap reads an earlier input

cdef struct Walk:           # both axes, and what follows from them for a strip of rows
    Axis rows, columns
    Py_ssize_t channels, filters    # of the inputs and of the outputs, in a group
    Py_ssize_t strip, width         # rows of outputs in a strip; columns of its inputs
    Py_ssize_t phases
    long *tables                    # the memory of all that follow
    long *first_tap                 # (phases + 1) where a phase's taps begin in
    long *tap                       # r · S + s and
    long *place                     # how much further on than a pixel its inputs are
    long *first_pixel               # (phases + 1) where the pixels of a phase, row after row, begin in
    long *source                    # its place among the strip's inputs and
    long *target                    # its place among the strip's outputs


cdef Axis axis(bint turned, Py_ssize_t outputs, Py_ssize_t taps, Py_ssize_t stride, Py_ssize_t padding, Py_ssize_t dilation) noexcept:
    if turned:
        return Axis(outputs, taps, dilation, stride, 1, padding, (taps - 1) * dilation // stride, True)
    return Axis(outputs, taps, dilation, 1, stride, 0, padding, False)


cdef inline Py_ssize_t source_of(const Axis *a, Py_ssize_t output) noexcept nogil:
    return (output + a.shift) // a.phases * a.step


cdef inline Py_ssize_t place_of(const Axis *a, Py_ssize_t tap) noexcept nogil:
    return a.before - tap * a.dilation // a.phases if a.turned else tap * a.dilation


cdef inline Py_ssize_t extent(const Axis *a, Py_ssize_t outputs) noexcept nogil:
    """Inputs that the first `outputs` outputs of a strip span."""
    return source_of(a, outputs - 1) + place_of(a, 0 if a.turned else a.taps - 1) + 1


cdef inline Py_ssize_t first_of(const Axis *a, Py_ssize_t phase) noexcept nogil:
    """The first output of a phase; the next is `phases` further on."""
    return (phase + a.phases - a.shift % a.phases) % a.phases


cdef inline Py_ssize_t count_of(const Axis *a, Py_ssize_t phase, Py_ssize_t outputs) noexcept nogil:
    """How many of the first `outputs` outputs belong to a phase."""
    return max(<Py_ssize_t> 0, (outputs - first_of(a, phase) + a.phases - 1) // a.phases)


cdef bint make_tables(Walk *walk) noexcept nogil:
    """Fill in the tables; False if there is no memory for them."""
    cdef const Axis *rows = &walk.rows
    cdef const Axis *columns = &walk.columns
    cdef Py_ssize_t taps = rows.taps * columns.taps, pixels = walk.strip * columns.outputs, phase, r, s, h, w, t = 0, i = 0
    walk.tables = <long *> malloc(sizeof(long) * (2 * (walk.phases + 1) + 2 * taps + 2 * pixels))
    if walk.tables == NULL:
        return False
    walk.first_tap = walk.tables
    walk.first_pixel = walk.first_tap + walk.phases + 1
    walk.tap = walk.first_pixel + walk.phases + 1
    walk.place = walk.tap + taps
    walk.source = walk.place + taps
    walk.target = walk.source + pixels
    for phase in range(walk.phases):
        walk.first_tap[phase], walk.first_pixel[phase] = t, i
        for r in range(rows.taps):
            for s in range(columns.taps):
                if r * rows.dilation % rows.phases == phase // columns.phases and s * columns.dilation % columns.phases == phase % columns.phases:
                    walk.tap[t] = r * columns.taps + s
                    walk.place[t] = (place_of(rows, r) * walk.width + place_of(columns, s)) * walk.channels
                    t += 1
        for r in range(count_of(rows, phase // columns.phases, walk.strip)):
            for s in range(count_of(columns, phase % columns.phases, columns.outputs)):
                h = first_of(rows, phase // columns.phases) + r * rows.phases
                w = first_of(columns, phase % columns.phases) + s * columns.phases
                walk.source[i] = (source_of(rows, h) * walk.width + source_of(columns, w)) * walk.channels
                walk.target[i] = (h * columns.outputs + w) * walk.filters
                i += 1
    walk.first_tap[walk.phases], walk.first_pixel[walk.phases] = t, i
    return True


def forward(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] w, b, floating[:, :, :, ::1] y, stride, padding, dilation, Py_ssize_t groups):
    """y = convolution of x with w, plus b (None, or one number per filter)."""
    convolve(False, x, w, b, y, stride, padding, dilation, groups)


def input_gradient(const floating[:, :, :, ::1] dy, const floating[:, :, :, ::1] w, b, floating[:, :, :, ::1] dx, stride, padding, dilation, Py_ssize_t groups):
    """dx from dy; `b` (None, or one number per channel of dx) is added: the bias of a transposed convolution, whose forward pass this is."""
    convolve(True, dy, w, b, dx, stride, padding, dilation, groups)


cdef convolve(
    bint turned, const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] w, b, floating[:, :, :, ::1] y,
    stride, padding, dilation, Py_ssize_t groups,
):
    """y from x, the filters and the bias: tasks go to whichever thread is free."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef int threads = thread_count()
    cdef Py_ssize_t taps = w.shape[2] * w.shape[3], panels, strips, inputs, task
    cdef const floating[::1] bias
    cdef const floating *bias_data = NULL
    cdef Walk walk
    if y.shape[0] == 0 or y.shape[1] == 0 or y.shape[2] == 0 or y.shape[3] == 0:
        return
    if b is not None:
        bias = b
        bias_data = &bias[0]
    walk.rows = axis(turned, y.shape[2], w.shape[2], stride[0], padding[0][0], dilation[0])
    walk.columns = axis(turned, y.shape[3], w.shape[3], stride[1], padding[1][0], dilation[1])
    walk.phases = walk.rows.phases * walk.columns.phases
    walk.channels, walk.filters = x.shape[1] // groups, y.shape[1] // groups
    walk.width = max(extent(&walk.columns, y.shape[3]), walk.columns.before + x.shape[3])
    panels = (walk.filters + K.nr - 1) // K.nr
    # Strips that suit the cache, and at least four tasks a thread; whole numbers of phases, so that all strips begin alike.
    walk.strip = NUMBERS // (walk.rows.step * walk.width * walk.channels // walk.rows.phases + y.shape[3] * walk.filters)
    walk.strip = min(walk.strip, y.shape[2] * y.shape[0] * groups // (4 * threads), y.shape[2])
    walk.strip = (max(walk.strip, <Py_ssize_t> 1) + walk.rows.phases - 1) // walk.rows.phases * walk.rows.phases
    strips = (y.shape[2] + walk.strip - 1) // walk.strip
    inputs = extent(&walk.rows, walk.strip) * walk.width * walk.channels
    dtype = np.asarray(y).dtype
    packed_filters = memory.empty((groups * panels * taps, walk.channels * K.nr), dtype)
    scratch = memory.empty((threads, apart(inputs + walk.strip * y.shape[3] * walk.filters, sizeof(floating))), dtype)
    cdef floating[:, ::1] filters = packed_filters, work = scratch
    cdef const floating *image = &x[0, 0, 0, 0] if x.size else NULL
    if not make_tables(&walk):
        raise MemoryError("no memory for the tables of a convolution")
    with nogil:
        for task in prange(groups * panels * taps, num_threads=threads, schedule="static"):
            pack_tap(K, &walk, turned, task // (panels * taps), task // taps % panels, task % taps, &w[0, 0, 0, 0], &filters[task, 0])
        for task in prange(y.shape[0] * groups * strips, num_threads=threads, schedule="dynamic"):
            convolve_strip(K, &walk, task // strips, task // strips % groups, task % strips * walk.strip, x.shape[2], x.shape[3],
                           image, &filters[0, 0], bias_data, &y[0, 0, 0, 0], &work[threadid(), 0], inputs)
    free(walk.tables)


cdef void pack_tap(
    const nc_kernels *K, const Walk *walk, bint turned, Py_ssize_t group, Py_ssize_t panel, Py_ssize_t t, const floating *w, floating *packed,
) noexcept nogil:
    """(channels, NR filters) of the t-th tap in the walk's order; turned, w has them the other way round."""
    cdef Py_ssize_t taps = walk.rows.taps * walk.columns.taps, line = taps * (1 if turned else walk.channels)
    w = w + group * walk.channels * walk.filters * taps + panel * K.nr * line + walk.tap[t]
    K.pack(min(<Py_ssize_t> K.nr, walk.filters - panel * K.nr), walk.channels, K.nr, 1, w, line, taps * (walk.filters if turned else 1), packed)


cdef void convolve_strip(
    const nc_kernels *K, const Walk *walk, Py_ssize_t image, Py_ssize_t group, Py_ssize_t first, Py_ssize_t h, Py_ssize_t w,
    const floating *x, const floating *filters, const floating *bias, floating *y, floating *inputs, Py_ssize_t size,
) noexcept nogil:
    """Rows first … first + strip of one sample in one group (`image` counts both): turned round, phase by phase, and turned back."""
    cdef Py_ssize_t rows = min(walk.strip, walk.rows.outputs - first), columns = walk.columns.outputs, panels = (walk.filters + K.nr - 1) // K.nr
    cdef Py_ssize_t taps = walk.rows.taps * walk.columns.taps, phase, panel, pixels, t
    cdef Image g = Image(walk.channels, h, w, walk.rows.before, walk.columns.before)
    cdef floating *outputs = inputs + size
    filters = filters + group * panels * taps * walk.channels * K.nr
    channels_last(K, &g, x + image * walk.channels * h * w, first // walk.rows.phases * walk.rows.step, extent(&walk.rows, rows), walk.width, inputs)
    for phase in range(walk.phases):
        t = walk.first_tap[phase]
        pixels = count_of(&walk.rows, phase // walk.columns.phases, rows) * count_of(&walk.columns, phase % walk.columns.phases, columns)
        for panel in range(panels):
            K.conv_pixels(pixels, min(<Py_ssize_t> K.nr, walk.filters - panel * K.nr), walk.first_tap[phase + 1] - t, walk.channels,
                          inputs, walk.source + walk.first_pixel[phase], walk.place + t, filters + (panel * taps + t) * walk.channels * K.nr,
                          bias + group * walk.filters + panel * K.nr if bias else NULL, outputs + panel * K.nr, walk.target + walk.first_pixel[phase])
    y = y + (image * walk.filters * walk.rows.outputs + first) * columns
    K.pack_transpose(rows * columns, walk.filters, walk.rows.outputs * columns, outputs, walk.filters, y)
