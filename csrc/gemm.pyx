# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The matrix product C = A·B + S on which every dense layer, convolution and recurrence stands.

    for each part of C, in a grid of rows and columns:     one thread, from beginning to end: csrc/multiply.pyx

Each thread packs for itself what its part needs, even where a neighbour packs the same: it waits for nobody, and what it packed
lies in its own second-level cache. The grid is the one with the least work for the busiest thread, packing included. Every
element of C is summed over k in an order that depends on the shape alone: results are bit-identical for any number of threads.

Few rows times a transposed matrix, x Wᵀ of a small batch, would spend most of their time on packing: there nothing is packed,
every element is a dot product of two contiguous rows, and the threads share out W's rows.
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free, malloc

from netcore._kernels.dispatch cimport LINE, apart, kernels_for, nc_kernels, thread_count
from netcore._kernels.multiply cimport Product, multiply, room_for, turned

cdef enum:
    PACKING = 4             # multiply-adds that take as long as packing a number
    FEW_ROWS = 64           # rows of A below which dot products cost less than packing

cdef struct Grid:
    Py_ssize_t down, across     # parts
    Py_ssize_t tall, wide       # rows and columns are dealt out in so many together
    Py_ssize_t rows, columns    # of these


cdef Grid grid_for(const nc_kernels *K, const Product *P, bint turn, Py_ssize_t threads) noexcept nogil:
    """The grid of at most so many parts whose largest part is done first, packing included: of the rows if `turn`, else of the
    columns, and of rows that are not contiguous."""
    cdef Py_ssize_t tall = K.nr if turn else K.mr, wide = K.mr if turn else K.nr, down, across, rows, columns, work, least = -1
    cdef Grid grid = Grid(1, 1, tall, wide, (P.m + tall - 1) // tall, (P.n + wide - 1) // wide)
    for down in range(1, min(threads, grid.rows) + 1):
        across = min(threads // down, grid.columns)
        rows, columns = (grid.rows + down - 1) // down * tall, (grid.columns + across - 1) // across * wide
        work = rows * columns + PACKING * ((rows if turn or P.a_col != 1 else 0) + (0 if turn else columns))
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
    cdef Py_ssize_t line = LINE // <Py_ssize_t> sizeof(floating), part, parts, room
    cdef bint turn = turned(&P)
    cdef Grid grid
    cdef floating *memory
    cdef floating *work
    if m == 0 or n == 0:
        return 0
    grid = grid_for(K, &P, turn, max(<Py_ssize_t> 1, min(<Py_ssize_t> threads, m * n * k // WORTH_A_THREAD)))
    parts = grid.down * grid.across
    room = apart(room_for(K, &P), sizeof(floating))
    memory = <floating *> malloc(sizeof(floating) * (parts * room + line))
    if memory == NULL:
        with gil:
            raise MemoryError("no memory for the packed panels of a matrix product")
    work = memory + (LINE - <uintptr_t> memory % LINE) // sizeof(floating)
    if parts == 1:  # a team of one would still have to be called together
        multiply(K, &P, turn, work)
    else:
        for part in prange(parts, num_threads=<int> parts, schedule="static"):
            multiply_part(K, &P, grid, part, turn, work + part * room)
    free(memory)
    return 0


cdef void multiply_part(const nc_kernels *K, const Product *P, Grid grid, Py_ssize_t part, bint turn, floating *work) noexcept nogil:
    """One thread's part of the grid."""
    cdef Product mine = P[0]
    cdef Py_ssize_t down = part // grid.across, across = part % grid.across
    cdef Py_ssize_t i = grid.rows * down // grid.down * grid.tall, j = grid.columns * across // grid.across * grid.wide
    mine.m = min(P.m, grid.rows * (down + 1) // grid.down * grid.tall) - i
    mine.n = min(P.n, grid.columns * (across + 1) // grid.across * grid.wide) - j
    mine.a = <const floating *> P.a + i * P.a_row
    mine.b = <const floating *> P.b + j * P.b_col
    mine.c = <floating *> P.c + i * P.ldc + j
    if P.s:
        mine.s = <const floating *> P.s + i * P.s_row + j * P.s_col
    multiply(K, &mine, turn, work)


cdef void dots(
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const floating *a, Py_ssize_t a_row, const floating *b, Py_ssize_t b_col,
    floating *c, Py_ssize_t ldc, const floating *s, int threads,
) noexcept nogil:
    """The same for few rows, A's rows and B's columns contiguous along k; S one number a column. Each thread has a part of the columns."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t parts = max(<Py_ssize_t> 1, min(<Py_ssize_t> threads, min(n, m * n * k // WORTH_A_THREAD))), part, j
    if parts == 1:
        K.gemm_dots(m, n, k, a, a_row, b, b_col, c, ldc, s, 0, 1)
        return
    for part in prange(parts, num_threads=<int> parts, schedule="static"):
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
