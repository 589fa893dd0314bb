# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Convolution with stride 1 by Winograd's minimal filtering F(4×4, r×r): for 3 × 3 filters a quarter of the multiplications, for 5 × 5 a sixth.

    y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ x B) ] A        for each tile of 4 × 4 outputs, with the n × n inputs that it needs, n = r + 3

The ⊙ is summed over the channels; so at each of the n² points (36 or 64) it is a matrix product, with the tiles as rows:

    x strip, channels innermost ──Bᵀ·B──▶ V[n²][tiles][C]  ╲
                                                             n² products: M_p = V_p U_p ──Aᵀ·A──▶ y strip
    w ───────────────────────────G·Gᵀ──▶ U[n²][C][K]       ╱
    input gradient    the same, from dy, with filters turned by 180° and C, K exchanged
    weight gradient   dU_p = V_pᵀ (A dy Aᵀ)_p, summed over all tiles;  dw = Gᵀ dU G

A strip is some rows of tiles of one sample; a thread takes strips whose V and M fit its second-level cache. The weight gradient's
sums are cut into chunks by size and added in their order: the bits do not depend on the number of threads.
Cost: 2·N·K·C·n²/16·OH·OW FLOPs a pass and the transforms. Error: some 1e-5 of the result's scale in float32, where the direct
product has 1e-6; netcore/functional/conv_passes.py says when it is used.

Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016). The transforms: csrc/kernels/winograd.h.
"""

import numpy as np
from cython cimport floating
from cython.parallel cimport parallel, prange, threadid

from netcore._kernels.channels_last cimport Image, channels_last, plane_size
from netcore._kernels.dispatch cimport apart, kernels_for, nc_kernels, thread_count
from netcore import memory

cdef enum:
    NUMBERS = 1 << 17       # of V and M together in a task: half a megabyte in float32, so that they stay in a second-level cache,
    FEWEST = 24             # but tiles for whole tiles of the product
    MOST = 96
    GRADIENT_TILES = 192    # tiles in a block of the weight gradient's sums,
    CHUNKS = 8              # of which there are so many, unless they would take
    ROOM = 2 << 20          # more numbers than these in all

cdef struct Tiling:
    int n                                       # points along a side: 6 for 3 × 3 filters, 8 for 5 × 5
    Py_ssize_t points, rows, columns            # n²; tiles of an output
    Py_ssize_t strip_rows, strips, group        # rows of tiles in a strip; strips of a sample, and in a task
    Py_ssize_t tasks, capacity                  # tasks in all, tiles that one has at most


cdef Tiling tiling(Py_ssize_t filter_size, Py_ssize_t channels, Py_ssize_t samples, Py_ssize_t oh, Py_ssize_t ow) noexcept nogil:
    """Strips of as many tiles as suit the cache, or several small samples together; `channels`: those of input and output."""
    cdef Tiling t
    t.n = <int> filter_size + 3
    t.points = t.n * t.n
    cdef Py_ssize_t tiles = min(<Py_ssize_t> MOST, max(<Py_ssize_t> FEWEST, NUMBERS // (t.points * channels)))
    t.rows, t.columns = (oh + 3) // 4, (ow + 3) // 4
    t.strip_rows = min(t.rows, max(<Py_ssize_t> 1, tiles // t.columns))
    t.strips = (t.rows + t.strip_rows - 1) // t.strip_rows
    t.strip_rows = (t.rows + t.strips - 1) // t.strips         # 7 rows become 4 + 3, not 6 + 1
    t.group = max(<Py_ssize_t> 1, tiles // (t.rows * t.columns)) if t.strips == 1 else 1
    t.group = min(t.group, max(samples, <Py_ssize_t> 1))
    t.tasks = (samples * t.strips + t.group - 1) // t.group
    t.capacity = t.group * t.strip_rows * t.columns
    return t


cdef Py_ssize_t strip_points(
    const nc_kernels *K, const Image *g, const Tiling *t, Py_ssize_t strip, const floating *x, floating *work, floating *v, Py_ssize_t plane,
) noexcept nogil:
    """V of one strip: Bᵀ x B of its tiles, tile after tile at v, points `plane` numbers apart. How many tiles it has."""
    cdef Py_ssize_t first = strip % t.strips * t.strip_rows, rows = min(t.strip_rows, t.rows - first), columns = 4 * t.columns + t.n - 4, i, j
    channels_last(K, g, x + strip // t.strips * g.c * g.h * g.w, 4 * first, 4 * rows + t.n - 4, columns, work)
    for i in range(rows):
        for j in range(t.columns):
            K.winograd_input(t.n, g.c, work + (4 * i * columns + 4 * j) * g.c, columns * g.c, v + (i * t.columns + j) * g.c, plane)
    return rows * t.columns


cdef Py_ssize_t strip_work(const Image *g, const Tiling *t) noexcept nogil:
    """Numbers that strip_points needs for the padded strip."""
    return (4 * t.strip_rows + t.n - 4) * (4 * t.columns + t.n - 4) * g.c


# ---- forward and input gradient --------------------------------------------------------------------------------------

def forward(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] w, b, floating[:, :, :, ::1] y, padding):
    """y = convolution of x with w (K, C, r, r), r = 3 or 5, plus b (None, or one number per filter)."""
    cdef Image g = Image(x.shape[1], x.shape[2], x.shape[3], padding[0][0], padding[1][0])
    convolve(&g, x, w, False, b, y)


def input_gradient(const floating[:, :, :, ::1] dy, const floating[:, :, :, ::1] w, b, floating[:, :, :, ::1] dx, padding):
    """dx from dy: a convolution of dy with the filters turned by 180°, padded by what the forward padding leaves of r - 1; plus b."""
    cdef Image g = Image(dy.shape[1], dy.shape[2], dy.shape[3], w.shape[2] - 1 - padding[0][0], w.shape[2] - 1 - padding[1][0])
    convolve(&g, dy, w, True, b, dx)


cdef filter_points(const Tiling *t, const floating[:, :, :, ::1] w, bint turned):
    """U (n², panels of NR outputs × inputs): G w Gᵀ, packed for the products. `turned`: by 180°, inputs and outputs exchanged."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t nr = K.nr, outputs = w.shape[1] if turned else w.shape[0], inputs = w.shape[0] if turned else w.shape[1]
    cdef Py_ssize_t taps = w.shape[2] * w.shape[3], panels = (outputs + nr - 1) // nr
    cdef Py_ssize_t line = taps if turned else taps * inputs, step = taps * outputs if turned else taps
    cdef Py_ssize_t plane = plane_size(panels * nr * inputs), i, panel
    cdef int threads = thread_count()
    dtype = np.asarray(w).dtype
    result, scratch = memory.empty((t.points, plane), dtype), memory.empty((threads, apart(panels * taps * nr, sizeof(floating))), dtype)
    cdef floating[:, ::1] u = result, work = scratch
    cdef floating *packed
    for i in prange(inputs, nogil=True, num_threads=threads, schedule="static"):
        packed = &work[threadid(), 0]
        K.pack(outputs, taps, nr, 1, &w[0, 0, 0, 0] + i * step, line, 1, packed)
        for panel in range(panels):
            K.winograd_filter(t.n, turned, packed + panel * taps * nr, &u[0, (panel * inputs + i) * nr], plane)
    return result


cdef convolve(const Image *g, const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] w, bint turned, b, floating[:, :, :, ::1] y):
    """y from x, the filters and the bias; tasks go to whichever thread is free."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t filters = y.shape[1], task
    cdef Tiling t = tiling(w.shape[2], g.c + filters, y.shape[0], y.shape[2], y.shape[3])
    cdef Py_ssize_t planes = t.points * (plane_size(t.capacity * g.c) + plane_size(t.capacity * filters))
    cdef Py_ssize_t share = apart(planes + max(strip_work(g, &t), 16 * t.strip_rows * t.columns * filters), sizeof(floating))
    cdef int threads = thread_count()
    cdef const floating[::1] bias
    cdef const floating *bias_data = NULL
    if y.size == 0:
        return
    if b is not None:
        bias = b
        bias_data = &bias[0]
    scratch = memory.empty((threads, share), np.asarray(y).dtype)
    cdef const floating[:, ::1] u = filter_points(&t, w, turned)
    cdef floating[:, ::1] work = scratch
    for task in prange(t.tasks, nogil=True, num_threads=threads, schedule="dynamic"):
        convolve_task(K, g, &t, task, y.shape[0], filters, y.shape[2], y.shape[3], &x[0, 0, 0, 0], u, bias_data, &y[0, 0, 0, 0], &work[threadid(), 0])


cdef void convolve_task(
    const nc_kernels *K, const Image *g, const Tiling *t, Py_ssize_t task, Py_ssize_t samples, Py_ssize_t filters, Py_ssize_t oh, Py_ssize_t ow,
    const floating *x, const floating[:, ::1] u, const floating *bias, floating *y, floating *work,
) noexcept nogil:
    """One task's strips: to the points, n² products, and back."""
    cdef Py_ssize_t first = task * t.group, last = min(first + t.group, samples * t.strips), strip, p, tiles = 0
    cdef Py_ssize_t v_plane = plane_size(t.capacity * g.c), m_plane = plane_size(t.capacity * filters)
    cdef floating *v = work
    cdef floating *m = v + t.points * v_plane
    work = m + t.points * m_plane
    for strip in range(first, last):
        tiles = tiles + strip_points(K, g, t, strip, x, work, v + tiles * g.c, v_plane)
    for p in range(t.points):
        K.gemm_in_place(tiles, filters, g.c, v + p * v_plane, g.c, 1, &u[p, 0], m + p * m_plane, filters, NULL, 0, 0)
    for strip in range(first, last):
        m = m + filters * strip_outputs(K, t, strip, filters, oh, ow, m, m_plane, bias, work, y)


cdef Py_ssize_t strip_outputs(
    const nc_kernels *K, const Tiling *t, Py_ssize_t strip, Py_ssize_t filters, Py_ssize_t oh, Py_ssize_t ow,
    const floating *m, Py_ssize_t plane, const floating *bias, floating *work, floating *y,
) noexcept nogil:
    """y of one strip: Aᵀ m A of its tiles, then the filters outermost again. How many tiles it has."""
    cdef Py_ssize_t first = strip % t.strips * t.strip_rows, rows = min(t.strip_rows, t.rows - first), width = 4 * t.columns, height = min(4 * rows, oh - 4 * first), i, j
    for i in range(rows):
        for j in range(t.columns):
            K.winograd_output(t.n, filters, m + (i * t.columns + j) * filters, plane, bias, work + (4 * i * width + 4 * j) * filters, width * filters)
    y = y + strip // t.strips * filters * oh * ow + 4 * first * ow
    if width == ow:
        K.pack_transpose(height * ow, filters, oh * ow, work, filters, y)
    else:
        for i in range(height):
            K.pack_transpose(ow, filters, oh * ow, work + i * width * filters, filters, y + i * ow)
    return rows * t.columns


# ---- weight gradient -------------------------------------------------------------------------------------------------

def weight_gradient(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] dy, floating[:, :, :, ::1] dw, padding):
    """dw from x and dy, block of tiles after block: points of both, then their products added up, then Gᵀ dU G. A chunk of blocks has
    sums of its own, and one thread, which finds in its cache what it multiplies; of large sums all threads work on each block."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Image g = Image(x.shape[1], x.shape[2], x.shape[3], padding[0][0], padding[1][0]), d = Image(dy.shape[1], dy.shape[2], dy.shape[3], 0, 0)
    cdef Tiling t = tiling(dw.shape[2], g.c + d.c, x.shape[0], d.h, d.w)
    cdef Py_ssize_t strips = x.shape[0] * t.strips, strip_tiles = t.strip_rows * t.columns, block_strips = max(<Py_ssize_t> 1, GRADIENT_TILES // strip_tiles)
    cdef Py_ssize_t capacity = block_strips * strip_tiles, panels = (d.c + K.nr - 1) // K.nr, blocks = (strips + block_strips - 1) // block_strips
    cdef Py_ssize_t taps = dw.shape[2] * dw.shape[3], plane = plane_size(g.c * d.c), block, chunk, chunks, first, last, strip, tiles, p, task
    cdef int threads = thread_count()
    dtype = np.asarray(dw).dtype
    chunks = min(blocks, <Py_ssize_t> CHUNKS) if CHUNKS * t.points * plane <= ROOM else 1
    sums = memory.empty((chunks, t.points, plane), dtype)
    x_points = memory.empty((threads, t.points, plane_size(capacity * g.c)), dtype)
    dy_points = memory.empty((threads, t.points, plane_size(panels * K.nr * capacity)), dtype)
    scratch = memory.empty((threads, apart(max(strip_work(&g, &t), strip_work(&d, &t), taps * d.c), sizeof(floating))), dtype)
    cdef floating[:, :, ::1] du = sums, v = x_points, m = dy_points
    cdef floating[:, ::1] work = scratch
    if x.shape[0] == 0:
        np.asarray(dw)[...] = 0
        return
    with nogil, parallel(num_threads=threads):
        for block in range(blocks if chunks == 1 else 0):
            first, last = block * block_strips, min(strips, (block + 1) * block_strips)
            tiles = block_tiles(&t, first, last)
            for strip in prange(first, last, schedule="static"):
                block_points(K, &g, &d, &t, first, strip, tiles, &x[0, 0, 0, 0], &dy[0, 0, 0, 0], &work[threadid(), 0], v[0], m[0])
            for task in prange(t.points * panels, schedule="static"):
                add_products(K, &g, &d, task // panels, task % panels * K.nr, tiles, first > 0, v[0], m[0], du[0])
        for chunk in prange(chunks if chunks > 1 else 0, schedule="dynamic"):
            chunk_sums(K, &g, &d, &t, blocks * chunk // chunks, blocks * (chunk + 1) // chunks, block_strips, strips,
                       &x[0, 0, 0, 0], &dy[0, 0, 0, 0], &work[threadid(), 0], v[threadid()], m[threadid()], du[chunk])
        for p in prange(t.points, schedule="static"):
            for chunk in range(1, chunks):
                K.add(g.c * d.c, &du[0, p, 0], &du[chunk, p, 0], &du[0, p, 0])
        for task in prange(g.c, schedule="static"):
            K.winograd_filter_gradient(t.n, d.c, &du[0, 0, task * d.c], plane, &work[threadid(), 0])
            K.pack_transpose(taps, d.c, taps * g.c, &work[threadid(), 0], d.c, &dw[0, task, 0, 0])


cdef void chunk_sums(const nc_kernels *K, const Image *g, const Image *d, const Tiling *t, Py_ssize_t start, Py_ssize_t end, Py_ssize_t block_strips, Py_ssize_t strips,
                     const floating *x, const floating *dy, floating *work, floating[:, ::1] v, floating[:, ::1] m, floating[:, ::1] du) noexcept nogil:
    """The products of blocks start … end, by one thread."""
    cdef Py_ssize_t block, first, last, strip, task, tiles, panels = (d.c + K.nr - 1) // K.nr
    for block in range(start, end):
        first, last = block * block_strips, min(strips, (block + 1) * block_strips)
        tiles = block_tiles(t, first, last)
        for strip in range(first, last):
            block_points(K, g, d, t, first, strip, tiles, x, dy, work, v, m)
        for task in range(t.points * panels):
            add_products(K, g, d, task // panels, task % panels * K.nr, tiles, block > start, v, m, du)


cdef Py_ssize_t block_tiles(const Tiling *t, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Tiles in strips first … last: every sample's last strip may be lower than the others."""
    cdef Py_ssize_t strip, tiles = 0
    for strip in range(first, last):
        tiles += min(t.strip_rows, t.rows - strip % t.strips * t.strip_rows) * t.columns
    return tiles


cdef void block_points(const nc_kernels *K, const Image *g, const Image *d, const Tiling *t, Py_ssize_t first, Py_ssize_t strip, Py_ssize_t tiles,
                       const floating *x, const floating *dy, floating *work, floating[:, ::1] v, floating[:, ::1] m) noexcept nogil:
    """The points of one strip of x and of dy, dy's in panels of NR filters."""
    cdef Py_ssize_t before = block_tiles(t, first, strip), i, j, columns = 4 * t.columns, nr = K.nr
    cdef Py_ssize_t row = strip % t.strips * t.strip_rows, rows = min(t.strip_rows, t.rows - row)
    strip_points(K, g, t, strip, x, work, &v[0, before * g.c], v.shape[1])
    channels_last(K, d, dy + strip // t.strips * d.c * d.h * d.w, 4 * row, 4 * rows, columns, work)
    for i in range(rows):
        for j in range(t.columns):
            K.winograd_output_gradient(t.n, d.c, work + (4 * i * columns + 4 * j) * d.c, columns * d.c,
                                       &m[0, (before + i * t.columns + j) * nr], m.shape[1], tiles * nr)


cdef void add_products(const nc_kernels *K, const Image *g, const Image *d, Py_ssize_t p, Py_ssize_t k, Py_ssize_t tiles, bint add,
                       floating[:, ::1] v, floating[:, ::1] m, floating[:, ::1] du) noexcept nogil:
    """dU (C, K) at point p, NR filters from k on: Vᵀ M over the block's tiles, added to those before."""
    K.gemm_in_place(g.c, min(<Py_ssize_t> K.nr, d.c - k), tiles, &v[p, 0], 1, g.c, &m[p, k * tiles], &du[p, k], d.c, &du[p, k] if add else NULL, d.c, 1)
