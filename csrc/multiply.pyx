# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""One thread's part of a matrix product C = A·B + S.

    for each block of its columns, and each slab of k:         B's slab is packed into panels of NR columns
        for each block of its rows:                            A's slab is packed into panels of MR rows
            C tiles += A panels · B panels                     registers only: csrc/kernels/gemm.h

Packing makes every later read contiguous, whatever the strides of A and B (a transpose is a stride). What is packed costs a
copy, so as little is packed as can be:

    A's rows contiguous (x, dy)            A is read in place: a tile takes a row's numbers one by one in any case
    and B's columns (x Wᵀ), A smaller      Cᵀ = Bᵀ·Aᵀ: the batch x is packed, the weights W stay in place and pass by once;
                                           tiles of Cᵀ are transposed on their way out

Measured on weights that come from main memory, a batch of 128: reading W in place took x Wᵀ from 76 to 92 % of the peak.
Every element of C is summed over k in an order that depends on the shape alone.

Source: Goto and van de Geijn (2008), "Anatomy of high-performance matrix multiplication". Who does which part: csrc/gemm.pyx.
"""

from cython cimport floating

from netcore._kernels.dispatch cimport nc_kernels

cdef enum:
    K_SLAB = 256            # numbers of k in a panel: an A and a B panel fit the first-level cache together
    M_BLOCK = 384           # rows packed at once: with the slab, 0.4 MB of float32 in the second-level cache
    N_BLOCK = 2048          # columns packed at once
    TURNED_SIZE = 1 << 17   # numbers of A packed at once where B stays in place: half of the second-level cache
    TURNED_DEPTH = 4096     # k up to which that is at least a panel
    TURNED_TILES = 4        # tiles of Cᵀ that are transposed together: whole vectors, whatever the lanes
    GROUP = 2               # panels whose sources are fetched together: 256 bytes in a row are no slower than 128
    PAGE = 4096             # bytes: rows that lie multiples of a page apart fall on the same lines of the cache

cdef struct Ahead:
    Py_ssize_t lines, length, line      # so many pieces of so many numbers, so far apart
    Py_ssize_t start


cdef Py_ssize_t room_for(const nc_kernels *K, const Product *P) noexcept nogil:
    """Numbers of work that `multiply` needs for a product, or for any part of it."""
    if turned(P):
        return min(turned_most(K, P.k), (P.m + K.nr - 1) // K.nr * K.nr) * (P.k + TURNED_TILES * K.mr)
    return min(P.k, <Py_ssize_t> K_SLAB) * (min(P.m + K.mr, m_block(K)) + min(P.n + K.nr, n_block(K)))


cdef void multiply(const nc_kernels *K, const Product *P, bint turn, floating *work) noexcept nogil:
    """C = A·B + S, by way of Cᵀ if `turn`: one answer of `turned` for all parts of a product."""
    if turn:
        multiply_turned(K, P, work)
    else:
        multiply_straight(K, P, work)


cdef bint turned(const Product *P) noexcept nogil:
    """Whether Cᵀ = Bᵀ·Aᵀ moves fewer numbers than C = A·B: it packs A and turns C, which would pack B."""
    cdef bint matrix_added = P.s != NULL and P.s_row != 0 and P.s_col != 0
    return P.a_col == 1 and P.b_row == 1 and 0 < P.k <= TURNED_DEPTH and not matrix_added and P.m * (P.k + P.n) < P.n * P.k


cdef Py_ssize_t turned_most(const nc_kernels *K, Py_ssize_t k) noexcept nogil:
    """Rows of A packed at once, at most: whole panels."""
    return max(TURNED_SIZE // k // K.nr, <Py_ssize_t> 1) * K.nr


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
                addend = <const floating *> c + i * ldc + j if p else s + i * P.s_row + j * P.s_col if s else NULL
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
    cdef Py_ssize_t group = 1 if b_row == 1 else GROUP, x = (panel // group + 1) * group * nr, part = panel % group, top = depth * part // group
    if x >= columns:
        return Ahead(0, 0, 0, 0)
    if b_row == 1:
        return Ahead(min(nr, columns - x), depth, b_col, x * b_col)
    return Ahead(depth * (part + 1) // group - top, min(group * nr, columns - x), b_row, x * b_col + top * b_row)


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
