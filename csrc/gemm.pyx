# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The matrix product C = A·B + S on which every dense layer, convolution and recurrence stands.

    for each part of C, in a grid of rows and columns:             one thread, from beginning to end
        for each block of its columns, and each slab of k:         B's slab is packed into panels of NR columns
            for each block of its rows:                            A's slab is packed into panels of MR rows
                C tiles += A panels · B panels                     registers only: csrc/kernels/gemm.h

Packing makes every later read contiguous, whatever the strides of A and B (a transpose is a stride). What is packed costs a
copy, so as little is packed as can be:

    A's rows contiguous (x, dy)            A is read in place, since a tile reads its rows one number at a time anyway
    and B's columns (x Wᵀ), A smaller      Cᵀ = Bᵀ·Aᵀ: the batch x is packed, the weights W stay in place and stream by once;
                                           tiles of Cᵀ are transposed on their way out
    the same, few rows of A                nothing: every element is a dot product of two contiguous rows

Each thread packs for itself what its part needs, even where a neighbour packs the same: it waits for nobody, and what it packed
lies in its own second-level cache. The grid is the one with the least work for the busiest thread, packing included. Every
element of C is summed over k in an order that depends on the shape alone: results are bit-identical for any number of threads.

Source: Goto and van de Geijn (2008), "Anatomy of high-performance matrix multiplication".
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free, malloc

from netcore._kernels.dispatch cimport LINE, apart, kernels_for, nc_kernels, thread_count

cdef enum:
    K_SLAB = 256            # numbers of k in a panel: an A and a B panel fit the first-level cache together
    M_BLOCK = 384           # rows packed at once: with the slab, 0.4 MB of float32 in the second-level cache
    N_BLOCK = 2048          # columns packed at once
    TURNED_SIZE = 1 << 17   # numbers of A packed at once where B stays in place: half of the second-level cache
    TURNED_DEPTH = 4096     # k up to which that is at least a panel
    TURNED_TILES = 4        # tiles of Cᵀ that are transposed together: whole vectors, whatever the lanes
    GROUP = 2               # panels whose sources are fetched together: 256 bytes in a row are no slower than 128
    PACKING = 16            # multiply-adds that take as long as packing a number
    FEW_ROWS = 64           # rows of A below which dot products cost less than packing
    PAGE = 4096             # bytes: rows that lie multiples of a page apart fall on the same lines of the cache


cdef struct Product:
    Py_ssize_t m, n, k
    const void *a
    Py_ssize_t a_row, a_col
    const void *b
    Py_ssize_t b_row, b_col
    void *c
    Py_ssize_t ldc
    const void *s
    Py_ssize_t s_row, s_col


cdef struct Grid:
    Py_ssize_t down, across     # parts
    Py_ssize_t panels, columns  # of A, of B: what is dealt out


cdef struct Ahead:
    Py_ssize_t lines, length, line      # so many pieces of so many numbers, so far apart
    Py_ssize_t start


cdef Grid grid_for(const nc_kernels *K, const Product *P, Py_ssize_t threads) noexcept nogil:
    """The grid of at most so many parts whose largest part is done first."""
    cdef Grid grid = Grid(1, 1, (P.m + K.mr - 1) // K.mr, (P.n + K.nr - 1) // K.nr)
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
    cdef Product P = Product(m, n, k, a, a_row, a_col, b, b_row, b_col, c, ldc, s, s_row, s_col)
    cdef Py_ssize_t line = LINE // <Py_ssize_t> sizeof(floating), part, parts, rows, columns, room
    cdef bint turn = turned(&P)
    cdef Grid grid
    cdef floating *memory
    cdef floating *work
    if m == 0 or n == 0:
        return 0
    grid = grid_for(K, &P, max(<Py_ssize_t> 1, min(<Py_ssize_t> threads, m * n * k // WORTH_A_THREAD)))
    parts = grid.down * grid.across
    rows, columns = (grid.panels + grid.down - 1) // grid.down * K.mr, (grid.columns + grid.across - 1) // grid.across * K.nr
    room = apart(turned_room(K, rows, k) if turn else straight_room(K, rows, columns, k), sizeof(floating))
    memory = <floating *> malloc(sizeof(floating) * (parts * room + line))
    if memory == NULL:
        with gil:
            raise MemoryError("no memory for the packed panels of a matrix product")
    work = memory + (LINE - <uintptr_t> memory % LINE) // sizeof(floating)
    if parts == 1:  # a team of one would still have to be called together
        multiply(K, &P, grid, 0, turn, work)
    else:
        for part in prange(parts, num_threads=<int> parts, schedule="static"):
            multiply(K, &P, grid, part, turn, work + part * room)
    free(memory)
    return 0


cdef void multiply(const nc_kernels *K, const Product *P, Grid grid, Py_ssize_t part, bint turn, floating *work) noexcept nogil:
    """One thread's part of the grid."""
    cdef Product mine = P[0]
    cdef Py_ssize_t down = part // grid.across, across = part % grid.across
    cdef Py_ssize_t i = grid.panels * down // grid.down * K.mr, j = grid.columns * across // grid.across * K.nr
    mine.m = min(P.m, grid.panels * (down + 1) // grid.down * K.mr) - i
    mine.n = min(P.n, grid.columns * (across + 1) // grid.across * K.nr) - j
    mine.a = <const floating *> P.a + i * P.a_row
    mine.b = <const floating *> P.b + j * P.b_col
    mine.c = <floating *> P.c + i * P.ldc + j
    if P.s:
        mine.s = <const floating *> P.s + i * P.s_row + j * P.s_col
    if turn:
        multiply_turned(K, &mine, work)
    else:
        multiply_straight(K, &mine, work)


cdef bint turned(const Product *P) noexcept nogil:
    """Whether Cᵀ = Bᵀ·Aᵀ moves fewer numbers than C = A·B: it packs A and turns C, which would pack B."""
    cdef bint matrix_added = P.s != NULL and P.s_row != 0 and P.s_col != 0
    return P.a_col == 1 and P.b_row == 1 and 0 < P.k <= TURNED_DEPTH and not matrix_added and P.m * (P.k + P.n) < P.n * P.k


cdef Py_ssize_t turned_most(const nc_kernels *K, Py_ssize_t k) noexcept nogil:
    """Rows of A packed at once, at most: whole panels."""
    return max(TURNED_SIZE // k // K.nr, <Py_ssize_t> 1) * K.nr


cdef Py_ssize_t turned_room(const nc_kernels *K, Py_ssize_t m, Py_ssize_t k) noexcept nogil:
    return min(turned_most(K, k), (m + K.nr - 1) // K.nr * K.nr) * (k + TURNED_TILES * K.mr)


cdef Py_ssize_t straight_room(const nc_kernels *K, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k) noexcept nogil:
    return min(k, <Py_ssize_t> K_SLAB) * (min(m, m_block(K)) + min(n, n_block(K)))


cdef Py_ssize_t m_block(const nc_kernels *K) noexcept nogil:
    return M_BLOCK // K.mr * K.mr


cdef Py_ssize_t n_block(const nc_kernels *K) noexcept nogil:
    return N_BLOCK // K.nr * K.nr


cdef void multiply_straight(const nc_kernels *K, const Product *P, floating *work) noexcept nogil:
    """C = A·B + S: the blocked loops of the head of this file. k = 0 leaves S."""
    cdef Py_ssize_t n = P.n, k = P.k, a_row = P.a_row, a_col = P.a_col, b_row = P.b_row, b_col = P.b_col, ldc = P.ldc
    cdef const floating *a = <const floating *> P.a
    cdef const floating *s = <const floating *> P.s
    cdef floating *c = <floating *> P.c
    cdef bint in_place = a_col == 1 and a_row * sizeof(floating) % PAGE != 0
    cdef Py_ssize_t tall = m_block(K), wide = n_block(K), row_block, column_block, panel, slab, i, j, x, p
    cdef Py_ssize_t rows, columns, width, depth, addend_row, addend_col
    cdef Ahead next
    cdef const floating *addend
    cdef const floating *source
    cdef floating *a_pack
    cdef floating *b_pack
    for column_block in range((n + wide - 1) // wide):
        j = column_block * wide
        columns = min(wide, n - j)
        for slab in range(max((k + K_SLAB - 1) // K_SLAB, <Py_ssize_t> 1)):
            p = slab * K_SLAB
            depth = min(<Py_ssize_t> K_SLAB, k - p)
            source = <const floating *> P.b + j * b_col + p * b_row
            b_pack = work
            a_pack = work + (columns + K.nr - 1) // K.nr * K.nr * depth
            for row_block in range((P.m + tall - 1) // tall):
                i = row_block * tall
                rows = min(tall, P.m - i)
                # the first slab adds S, the later ones add to what the earlier ones left in C
                addend = c + i * ldc + j if p else s + i * P.s_row + j * P.s_col if s else NULL
                addend_row, addend_col = ldc if p else P.s_row, 1 if p else P.s_col
                if not in_place:
                    K.pack(rows, depth, K.mr, 0, a + i * a_row + p * a_col, a_row, a_col, a_pack)
                for panel in range((columns + K.nr - 1) // K.nr):
                    x = panel * K.nr
                    width = min(<Py_ssize_t> K.nr, columns - x)
                    next = Ahead(0, 0, 0, 0)
                    if row_block == 0:  # packed just before its first use, while what follows is on its way
                        K.pack(width, depth, K.nr, 1, source + x * b_col, b_col, b_row, b_pack + x * depth)
                        next = ahead(panel, columns, depth, K.nr, b_row, b_col)
                    K.gemm_panel(rows, width, depth, a + i * a_row + p if in_place else a_pack, a_row if in_place else 0, b_pack + x * depth,
                                 c + i * ldc + j + x, ldc, addend + x * addend_col if addend else NULL, addend_row, addend_col,
                                 next.lines, next.length, source + next.start, next.line)


cdef Ahead ahead(Py_ssize_t panel, Py_ssize_t columns, Py_ssize_t depth, Py_ssize_t nr, Py_ssize_t b_row, Py_ssize_t b_col) noexcept nogil:
    """What to fetch beside the product with a panel: the columns of the next one where these are contiguous, else rows of the next
    GROUP panels, each panel of a group a part of them."""
    cdef Py_ssize_t x = (panel + 1) * nr, turn = panel % GROUP, top = depth * turn // GROUP
    if b_row == 1:
        return Ahead(min(nr, columns - x), depth, b_col, x * b_col) if x < columns else Ahead(0, 0, 0, 0)
    x = (panel // GROUP + 1) * GROUP * nr
    return Ahead(depth * (turn + 1) // GROUP - top, min(GROUP * nr, columns - x), b_row, x * b_col + top * b_row) if x < columns else Ahead(0, 0, 0, 0)


cdef void multiply_turned(const nc_kernels *K, const Product *P, floating *work) noexcept nogil:
    """Cᵀ = Bᵀ·Aᵀ + Sᵀ: A (m, k) is packed, the columns of B stay in place; both contiguous along k."""
    cdef Py_ssize_t m = P.m, n = P.n, k = P.k, row_block, group, i, j, rows, columns
    cdef Py_ssize_t blocks = (m + turned_most(K, k) - 1) // turned_most(K, k), tall = ((m + blocks - 1) // blocks + K.nr - 1) // K.nr * K.nr
    cdef Py_ssize_t wide = TURNED_TILES * K.mr
    cdef floating *tiles = work + tall * k
    for row_block in range((m + tall - 1) // tall):
        i = row_block * tall
        rows = min(tall, m - i)
        K.pack(rows, k, K.nr, 1, <const floating *> P.a + i * P.a_row, P.a_row, 1, work)
        for group in range((n + wide - 1) // wide):
            j = group * wide
            columns = min(wide, n - j)
            K.gemm_in_place(columns, rows, k, <const floating *> P.b + j * P.b_col, P.b_col, 1, work, tiles, tall,
                            <const floating *> P.s + i * P.s_row + j * P.s_col if P.s else NULL, P.s_col, P.s_row)
            K.pack_transpose(columns, rows, P.ldc, tiles, tall, <floating *> P.c + i * P.ldc + j)


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
        if 0 < k and m < FEW_ROWS and a_col == 1 and b_row == 1:
            dots(m, n, k, &a[0, 0], a_row, &b[0, 0], b_col, &out[0, 0], n, s_data, thread_count())
        else:
            gemm(m, n, k, &a[0, 0] if k else <const floating *> NULL, a_row, a_col, &b[0, 0] if k else <const floating *> NULL, b_row, b_col,
                 &out[0, 0], n, s_data, 0, 1, thread_count())


def tile_flops(const floating[::1] like, Py_ssize_t repeats):
    """The innermost tile on operands in the first-level cache, `repeats` times on each thread, in the dtype of `like`.

    What the machine gives where nothing has to be fetched. Returns the FLOPs that were done.
    """
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t depth = 128, room = apart((K.mr + K.nr) * depth + K.mr * K.nr, sizeof(floating))
    cdef int thread, threads = thread_count()
    cdef floating *work = <floating *> calloc(threads * room, sizeof(floating))
    if work == NULL:
        raise MemoryError("no memory for the tiles of a measurement")
    for thread in prange(threads, nogil=True, num_threads=threads, schedule="static"):
        repeat_tile(K, depth, repeats, work + thread * room)
    free(work)
    return 2.0 * K.mr * K.nr * depth * repeats * threads


cdef void repeat_tile(const nc_kernels *K, Py_ssize_t depth, Py_ssize_t repeats, floating *work) noexcept nogil:
    cdef floating *b = work + K.mr * depth
    cdef Py_ssize_t i
    for i in range(repeats):
        K.gemm_tile(K.mr, K.nr, depth, work, 1, K.mr, b, b + K.nr * depth, K.nr, NULL, 0, 0)
