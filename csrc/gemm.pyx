# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The matrix product C = A·B + S on which every dense layer, convolution and recurrence stands.

    for each part of C, in a grid of rows and columns:             one thread, from beginning to end
        for each block of its columns, and each slab of k:
            for each block of its rows:                            A's slab is packed into panels of MR rows
                C tiles += A panels · B panels                     registers only: csrc/kernels/gemm.h

Packing costs m·k + k·n copies for 2·m·n·k FLOPs; it makes every later read contiguous, whatever the strides of A and B
(a transpose is a stride). Each thread packs for itself what its part needs, even where a neighbour packs the same: it waits
for nobody, and what it packed lies in its own second-level cache. The grid is the one with the least work for the busiest
thread, packing included. Where a part has few columns and A's rows are contiguous, A is read in place. Every element of C is
summed over k in ascending order, slab by slab, whoever takes it: results are bit-identical for any number of threads.

Few rows times a transposed matrix, x Wᵀ of a small batch, would spend most of their time on packing W, of which each number is
used but a few times. There every element is a dot product of two contiguous rows, and the threads share out W's rows.

Source: Goto and van de Geijn (2008), "Anatomy of high-performance matrix multiplication".
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free, malloc

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

cdef enum:
    K_SLAB = 256            # numbers of k in a panel: an A and a B panel fit the first-level cache together
    M_BLOCK = 384           # rows packed at once: with the slab, 0.4 MB of float32 in the second-level cache
    N_BLOCK = 2048          # columns packed at once
    NARROW = 4              # panels of B up to which packing A costs more than it saves
    PACKING = 16            # multiply-adds that take as long as packing a number
    FEW_ROWS = 64           # rows up to which dot products cost less than packing B's columns
    LINE = 64               # bytes of the cache: a vector that lies across two lines is two loads
    PAGE = 4096             # bytes: rows that lie multiples of a page apart fall on the same lines of the cache


cdef struct Grid:
    Py_ssize_t down, across     # parts
    Py_ssize_t panels, columns  # of A, of B: what is dealt out


cdef Grid grid_for(const nc_kernels *K, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, Py_ssize_t threads) noexcept nogil:
    """The grid of at most so many parts whose largest part is done first."""
    cdef Grid grid = Grid(1, 1, (m + K.mr - 1) // K.mr, (n + K.nr - 1) // K.nr)
    cdef Py_ssize_t down, across, rows, columns, work, least = -1
    for down in range(1, min(threads, grid.panels) + 1):
        across = min(threads // down, grid.columns)
        rows, columns = (grid.panels + down - 1) // down * K.mr, (grid.columns + across - 1) // across * K.nr
        work = rows * columns + PACKING * (rows + columns)
        if least < 0 or work < least:
            least, grid.down, grid.across = work, down, across
    return grid


cdef int gemm(
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
    const floating *a, Py_ssize_t a_row, Py_ssize_t a_col,
    const floating *b, Py_ssize_t b_row, Py_ssize_t b_col,
    floating *c, Py_ssize_t ldc,
    const floating *s, Py_ssize_t s_row, Py_ssize_t s_col,
    int threads,
) except -1 nogil:
    """C (m, n) = A (m, k) · B (k, n) + S, with element (i, p) of A at a[i * a_row + p * a_col], B and S likewise.

    S is NULL, a bias (one stride 0) or C itself. `threads` is an upper bound. Raises MemoryError.
    """
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t line = LINE // <Py_ssize_t> sizeof(floating), part, parts, tall, wide, i, j, room
    cdef Grid grid
    cdef floating *memory
    cdef floating *work
    if m == 0 or n == 0:
        return 0
    grid = grid_for(K, m, n, k, max(<Py_ssize_t> 1, min(<Py_ssize_t> threads, m * n * k // WORTH_A_THREAD)))
    parts = grid.down * grid.across
    tall = min((grid.panels + grid.down - 1) // grid.down * K.mr, m_block(K))
    wide = min((grid.columns + grid.across - 1) // grid.across * K.nr, n_block(K))
    room = (min(k, K_SLAB) * (tall + wide) // line + 1) * line
    memory = <floating *> malloc(sizeof(floating) * (parts * room + line))
    if memory == NULL:
        with gil:
            raise MemoryError("no memory for the packed panels of a matrix product")
    work = memory + (LINE - <uintptr_t> memory % LINE) // sizeof(floating)
    if parts == 1:  # a team of one would still have to be called together
        multiply(K, m, n, k, a, a_row, a_col, b, b_row, b_col, c, ldc, s, s_row, s_col, work)
    for part in prange(parts if parts > 1 else 0, num_threads=<int> parts, schedule="static"):
        i = grid.panels * (part // grid.across) // grid.down * K.mr
        j = grid.columns * (part % grid.across) // grid.across * K.nr
        multiply(K, min(m, grid.panels * (part // grid.across + 1) // grid.down * K.mr) - i,
                 min(n, grid.columns * (part % grid.across + 1) // grid.across * K.nr) - j, k,
                 a + i * a_row, a_row, a_col, b + j * b_col, b_row, b_col,
                 c + i * ldc + j, ldc, s + i * s_row + j * s_col if s else NULL, s_row, s_col, work + part * room)
    free(memory)
    return 0


cdef Py_ssize_t m_block(const nc_kernels *K) noexcept nogil:
    return M_BLOCK // K.mr * K.mr


cdef Py_ssize_t n_block(const nc_kernels *K) noexcept nogil:
    return N_BLOCK // K.nr * K.nr


cdef void multiply(
    const nc_kernels *K, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
    const floating *a, Py_ssize_t a_row, Py_ssize_t a_col,
    const floating *b, Py_ssize_t b_row, Py_ssize_t b_col,
    floating *c, Py_ssize_t ldc,
    const floating *s, Py_ssize_t s_row, Py_ssize_t s_col, floating *work,
) noexcept nogil:
    """One thread's part: the three blocked loops of the head of this file. k = 0 leaves S."""
    cdef bint in_place = a_col == 1 and n <= NARROW * K.nr and a_row * sizeof(floating) % PAGE != 0
    cdef Py_ssize_t tall = m_block(K), wide = n_block(K), row_block, column_block, panel, slab, i, j, x, p
    cdef Py_ssize_t rows, columns, width, following, depth, addend_row, addend_col
    cdef const floating *addend
    cdef floating *a_pack
    cdef floating *b_pack
    for column_block in range((n + wide - 1) // wide):
        j = column_block * wide
        columns = min(wide, n - j)
        for slab in range(max((k + K_SLAB - 1) // K_SLAB, <Py_ssize_t> 1)):
            p = slab * K_SLAB
            depth = min(<Py_ssize_t> K_SLAB, k - p)
            b_pack = work
            a_pack = work + (columns + K.nr - 1) // K.nr * K.nr * depth
            if in_place:
                K.pack(columns, depth, K.nr, 1, b + j * b_col + p * b_row, b_col, b_row, b_pack)
            for row_block in range((m + tall - 1) // tall):
                i = row_block * tall
                rows = min(tall, m - i)
                # the first slab adds S, the later ones add to what the earlier ones left in C
                addend = c + i * ldc + j if p else s + i * s_row + j * s_col if s else NULL
                addend_row, addend_col = ldc if p else s_row, 1 if p else s_col
                if in_place:
                    K.gemm_in_place(rows, columns, depth, a + i * a_row + p, a_row, 1, b_pack, c + i * ldc + j, ldc, addend, addend_row, addend_col)
                    continue
                K.pack(rows, depth, K.mr, 0, a + i * a_row + p * a_col, a_row, a_col, a_pack)
                for panel in range((columns + K.nr - 1) // K.nr):
                    x = panel * K.nr
                    width, following = min(<Py_ssize_t> K.nr, columns - x), 0
                    if row_block == 0:  # packed just before its first use, while the next one is on its way
                        K.pack(width, depth, K.nr, 1, b + (j + x) * b_col + p * b_row, b_col, b_row, b_pack + x * depth)
                        following = min(<Py_ssize_t> K.nr, columns - x - width)
                    K.gemm_panel(rows, width, depth, a_pack, b_pack + x * depth, c + i * ldc + j + x, ldc,
                                 addend + x * addend_col if addend else NULL, addend_row, addend_col,
                                 following if b_row == 1 else depth if following else 0, depth if b_row == 1 else following,
                                 b + (j + x + width) * b_col + p * b_row, b_col if b_row == 1 else b_row)


cdef void dots(
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const floating *a, Py_ssize_t a_row, const floating *b, Py_ssize_t b_col,
    floating *c, Py_ssize_t ldc, const floating *s, int threads,
) noexcept nogil:
    """The same for few rows, A's rows and B's columns contiguous along k; S one number a column. Each thread has a part of the columns."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t parts = max(<Py_ssize_t> 1, min(<Py_ssize_t> threads, min(n, m * n * k // WORTH_A_THREAD))), part, j
    for part in prange(parts, num_threads=<int> parts, schedule="static", use_threads_if=parts > 1):
        j = n * part // parts
        K.gemm_dots(m, n * (part + 1) // parts - j, k, a, a_row, b + j * b_col, b_col, c + j, ldc, s + j if s else NULL, 0, 1)


def matmul(const floating[:, :] a, const floating[:, :] b, bias, floating[:, ::1] out):
    """out (m, n) = a (m, k) · b (k, n) + bias (n); a and b may be transposed views."""
    cdef Py_ssize_t size = sizeof(floating), m = a.shape[0], n = b.shape[1], k = a.shape[1]
    cdef Py_ssize_t a_row = a.strides[0] // size, a_col = a.strides[1] // size, b_row = b.strides[0] // size, b_col = b.strides[1] // size
    cdef const floating[::1] s
    cdef const floating *s_data = NULL
    if bias is not None:
        s = bias
        s_data = &s[0] if s.shape[0] else NULL
    if m == 0 or n == 0:
        return
    with nogil:
        if 0 < k and m <= FEW_ROWS and a_col == 1 and b_row == 1:
            dots(m, n, k, &a[0, 0], a_row, &b[0, 0], b_col, &out[0, 0], n, s_data, thread_count())
        else:
            gemm(m, n, k, &a[0, 0] if k else <const floating *> NULL, a_row, a_col, &b[0, 0] if k else <const floating *> NULL, b_row, b_col,
                 &out[0, 0], n, s_data, 0, 1, thread_count())


def tile_flops(const floating[::1] like, Py_ssize_t repeats):
    """The innermost tile on operands in the first-level cache, `repeats` times on each thread, in the dtype of `like`.

    What the machine gives where nothing has to be fetched. Returns the FLOPs that were done.
    """
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t depth = 128, size = K.mr * depth + K.nr * depth + K.mr * K.nr
    cdef int thread, threads = thread_count()
    cdef floating *work = <floating *> calloc(threads * size, sizeof(floating))
    if work == NULL:
        raise MemoryError("no memory for the tiles of a measurement")
    for thread in prange(threads, nogil=True, num_threads=threads, schedule="static"):
        repeat_tile(K, depth, repeats, work + thread * size)
    free(work)
    return 2.0 * K.mr * K.nr * depth * repeats * threads


cdef void repeat_tile(const nc_kernels *K, Py_ssize_t depth, Py_ssize_t repeats, floating *work) noexcept nogil:
    cdef floating *b = work + K.mr * depth
    cdef Py_ssize_t i
    for i in range(repeats):
        K.gemm_tile(K.mr, K.nr, depth, work, 1, K.mr, b, b + K.nr * depth, K.nr, NULL, 0, 0)
