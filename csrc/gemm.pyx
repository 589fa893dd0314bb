# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The matrix product C = A·B + S on which every dense layer, convolution and recurrence stands.

    for each block of columns of C, and each slab of k:            B's slab is packed into panels of NR columns
        for each block of rows of C:                               A's slab is packed into panels of MR rows
            for each B panel and each group of A panels:           one task, any thread
                C tiles += A panels · B panel                      registers only: csrc/kernels/gemm.h

Packing costs m·k + k·n copies for 2·m·n·k FLOPs; it makes every later read contiguous, whatever the strides of A and B
(a transpose is a stride). Where C has few columns and A's rows are contiguous, A is read in place. Tiles of C are summed over k in ascending order by whichever thread takes them, so results are
bit-identical for any number of threads.

Source: Goto and van de Geijn (2008), "Anatomy of high-performance matrix multiplication".
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.stdlib cimport calloc, free, malloc

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count

cdef enum:
    K_SLAB = 256            # numbers of k in a panel: an A and a B panel fit the first-level cache together
    M_BLOCK = 1536          # rows packed at once: with the slab, 1.5 MB of float32
    N_BLOCK = 2048          # columns packed at once
    A_GROUP = 12            # A panels in a task
    NARROW = 4              # panels of B up to which packing A costs more than it saves
    PAGE = 4096             # bytes: rows that lie multiples of a page apart fall on the same lines of the cache


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
    cdef bint small = m * n * k < SMALL
    cdef Py_ssize_t depth = k if small else min(k, K_SLAB)
    cdef Py_ssize_t height = m if small else min(m, M_BLOCK), width = n if small else min(n, N_BLOCK)
    cdef floating *a_pack
    cdef floating *b_pack
    if m == 0 or n == 0:
        return 0
    # One number more than the panels need, so that k = 0 still has a pointer.
    a_pack = <floating *> malloc(sizeof(floating) * (depth * height + 1))
    b_pack = <floating *> malloc(sizeof(floating) * (depth * (width + K.nr) + 1))
    if a_pack == NULL or b_pack == NULL:
        free(a_pack)
        free(b_pack)
        with gil:
            raise MemoryError("no memory for the packed panels of a matrix product")
    if small:
        K.pack(m, k, K.mr, 0, a, a_row, a_col, a_pack)
        K.pack(n, k, K.nr, 1, b, b_col, b_row, b_pack)
        K.gemm_block(m, n, k, a_pack, b_pack, c, ldc, s, s_row, s_col)
    else:
        multiply_blocks(K, m, n, k, a, a_row, a_col, b, b_row, b_col, c, ldc, s, s_row, s_col, a_pack, b_pack, threads)
    free(a_pack)
    free(b_pack)
    return 0


cdef void multiply_blocks(
    const nc_kernels *K, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
    const floating *a, Py_ssize_t a_row, Py_ssize_t a_col,
    const floating *b, Py_ssize_t b_row, Py_ssize_t b_col,
    floating *c, Py_ssize_t ldc,
    const floating *s, Py_ssize_t s_row, Py_ssize_t s_col,
    floating *a_pack, floating *b_pack, int threads,
) noexcept nogil:
    """The three blocked loops of the head of this file."""
    cdef Py_ssize_t mr = K.mr, nr = K.nr, m_block = M_BLOCK // mr * mr, n_block = N_BLOCK // nr * nr, group = A_GROUP * mr
    cdef bint in_place = a_col == 1 and n <= NARROW * nr and a_row * sizeof(floating) % PAGE != 0
    cdef Py_ssize_t n_index, k_index, m_index, n0, m0, k0, width, height, depth, panel, task, a_panels, b_panels, groups
    for n_index in range((n + n_block - 1) // n_block):
        n0 = n_index * n_block
        width = min(n_block, n - n0)
        b_panels = (width + nr - 1) // nr
        for k_index in range((k + K_SLAB - 1) // K_SLAB):
            k0 = k_index * K_SLAB
            depth = min(K_SLAB, k - k0)
            for panel in prange(b_panels, num_threads=threads, schedule="static", use_threads_if=threads > 1):
                K.pack(min(nr, width - panel * nr), depth, nr, 1,
                       b + (n0 + panel * nr) * b_col + k0 * b_row, b_col, b_row, b_pack + panel * nr * depth)
            for m_index in range((m + m_block - 1) // m_block):
                m0 = m_index * m_block
                height = min(m_block, m - m0)
                a_panels = (height + mr - 1) // mr
                for panel in prange(0 if in_place else a_panels, num_threads=threads, schedule="static", use_threads_if=threads > 1):
                    K.pack(min(mr, height - panel * mr), depth, mr, 0,
                           a + (m0 + panel * mr) * a_row + k0 * a_col, a_row, a_col, a_pack + panel * mr * depth)
                groups = (height + group - 1) // group
                for task in prange(groups * b_panels, num_threads=threads, schedule="dynamic", use_threads_if=threads > 1):
                    multiply_task(K, task % groups * group, task // groups * nr, height, width, depth, group,
                                  NULL if in_place else a_pack, a + m0 * a_row + k0, a_row, b_pack, c + m0 * ldc + n0, ldc,
                                  # the first slab adds S, the later ones add to what the earlier ones left in C
                                  c + m0 * ldc + n0 if k0 else s + m0 * s_row + n0 * s_col if s else NULL,
                                  ldc if k0 else s_row, 1 if k0 else s_col)


cdef void multiply_task(
    const nc_kernels *K, Py_ssize_t i, Py_ssize_t j, Py_ssize_t height, Py_ssize_t width, Py_ssize_t depth, Py_ssize_t group,
    const floating *a_pack, const floating *a, Py_ssize_t a_row, const floating *b_pack, floating *c, Py_ssize_t ldc,
    const floating *s, Py_ssize_t s_row, Py_ssize_t s_col,
) noexcept nogil:
    """One group of A panels (from row i), or as many rows of A in place, times one B panel (from column j)."""
    cdef Py_ssize_t rows = min(group, height - i), columns = min(K.nr, width - j)
    s = s + i * s_row + j * s_col if s else NULL
    if a_pack:
        K.gemm_block(rows, columns, depth, a_pack + i * depth, b_pack + j * depth, c + i * ldc + j, ldc, s, s_row, s_col)
    else:
        K.gemm_in_place(rows, columns, depth, a + i * a_row, a_row, 1, b_pack + j * depth, c + i * ldc + j, ldc, s, s_row, s_col)


def matmul(const floating[:, :] a, const floating[:, :] b, bias, floating[:, ::1] out):
    """out (m, n) = a (m, k) · b (k, n) + bias (n); a and b may be transposed views."""
    cdef const floating[::1] s
    cdef const floating *s_data = NULL
    if bias is not None:
        s = bias
        s_data = &s[0] if s.shape[0] else NULL
    if out.shape[0] == 0 or out.shape[1] == 0:
        return
    with nogil:
        gemm(a.shape[0], b.shape[1], a.shape[1],
             <const floating *> NULL if a.shape[1] == 0 else &a[0, 0], a.strides[0] // <Py_ssize_t> sizeof(floating), a.strides[1] // <Py_ssize_t> sizeof(floating),
             <const floating *> NULL if a.shape[1] == 0 else &b[0, 0], b.strides[0] // <Py_ssize_t> sizeof(floating), b.strides[1] // <Py_ssize_t> sizeof(floating),
             &out[0, 0], out.shape[1], s_data, 0, 1, thread_count())


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
