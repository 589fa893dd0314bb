# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What csrc/lstm.pyx, gru.pyx and rnn.pyx share.

Sequences lie one after the other, row by row and without padding (netcore/reference/sequence.py). They are dealt out to
threads, and each thread walks through all steps of its own sequences without waiting for the others; what a sequence
gets does not depend on who walks with it, so results are bit-identical for any number of threads.

What does not depend on the state is taken out of the walk, as one product over all rows: the input's part of the
pre-activations in front of it, the gradients of the input and of the parameters after the walk back. There, too, each
thread has its share of the results from beginning to end.
"""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int64_t

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count
from netcore._kernels.gemm cimport WORTH_A_THREAD, gemm
from netcore import memory

cdef enum:
    SLAB = 256              # rows of da that give all their gradients while they are in the second-level cache
    NARROW = 4              # inputs up to which weight gradients are sums of rows, not a product
    MANY = 16               # sequences from which a step has enough rows to take the input's weights along
    FOLDED_BYTES = 1 << 19  # weights that stay in the second-level cache beside the step's operands


def deal(lengths, work):
    """(order, first, parts): the sequences by position, the first row of each, and how many threads take part.

    Part p gets every parts-th sequence of those sorted by length, so that all parts have about as many steps to walk.
    """
    count = len(lengths)
    order, first = np.empty(count, np.int64), np.empty(count, np.int64)
    parts = min(parts_for(work), max(count, 1))
    if lay_out(lengths, order, first):
        return order, first, parts
    by_length = np.argsort(-lengths, kind="stable")
    return np.concatenate([by_length[part::parts] for part in range(parts)]), first, parts


cdef bint lay_out(const int64_t[::1] lengths, int64_t[::1] order, int64_t[::1] first) noexcept:
    """The first row of each sequence, and the sequences in their own order; whether this will do: all are equally long."""
    cdef Py_ssize_t i, row = 0
    cdef bint equal = True
    for i in range(lengths.shape[0]):
        order[i], first[i] = i, row
        row += lengths[i]
        equal = equal and lengths[i] == lengths[0]
    return equal


cdef bint in_order(const int64_t[::1] order) noexcept:
    cdef Py_ssize_t i
    for i in range(order.shape[0]):
        if order[i] != i:
            return False
    return True


def by_position(states, order):
    """A copy of (N, H) states in the order of the walk: neighbours in memory belong to one thread."""
    return states.copy() if in_order(order) else np.ascontiguousarray(states[order])


def by_sequence(states, order):
    """The inverse of `by_position`, for states that nobody else holds."""
    if in_order(order):
        return states
    out = np.empty_like(states)
    out[order] = states
    return out


def folds(Py_ssize_t count, w_ih, w_hh):
    """Whether the input's part of the pre-activations is computed within the walk, as W_ih and W_hh side by side times x and h.

    That spares writing and reading all pre-activations, many times what a narrow input has to read. It says nothing of
    threads, since the order of the sums follows from it.
    """
    return count >= MANY and w_ih.nbytes + w_hh.nbytes <= FOLDED_BYTES


cdef int share(
    int part, int parts, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const floating *a, Py_ssize_t a_row, Py_ssize_t a_col,
    const floating *b, Py_ssize_t b_row, Py_ssize_t b_col, floating *c, const floating *bias,
) except -1 nogil:
    """One thread's rows of C (m, n) = A B + bias."""
    cdef Py_ssize_t cuts = max(<Py_ssize_t> 1, min(<Py_ssize_t> parts, min(m, m * n * k // (WORTH_A_THREAD // 2)))), first, last
    if part >= cuts:
        return 0
    first, last = m * part // cuts, m * (part + 1) // cuts
    return gemm(last - first, n, k, a + first * a_row, a_row, a_col, b, b_row, b_col, c + first * n, n, bias, 0, 1, 1)


cdef int parts_for(Py_ssize_t work) noexcept:
    return <int> max(<Py_ssize_t> 1, min(<Py_ssize_t> thread_count(), work // WORTH_A_THREAD))


def input_part(const floating[:, ::1] x, const floating[:, ::1] w_ih, bias):
    """x W_ihᵀ + bias for all rows at once."""
    cdef Py_ssize_t rows = x.shape[0], D = x.shape[1], gates = w_ih.shape[0]
    cdef int part, parts = parts_for(rows * gates * D)
    result = memory.empty((rows, gates), np.asarray(x).dtype)
    cdef floating[:, ::1] out = result
    cdef const floating[::1] b
    cdef const floating *b_data = NULL
    if bias is not None:
        b = bias
        b_data = &b[0]
    for part in prange(parts, nogil=True, num_threads=parts, schedule="static", use_threads_if=parts > 1):
        share(part, parts, rows, gates, D, &x[0, 0], D, 1, &w_ih[0, 0], 1, D, &out[0, 0], b_data)
    return result


def gate_panels(const floating[:, ::1] w_hh, Py_ssize_t gates, const floating[:, ::1] w_ih=None):
    """W_hhᵀ packed once for all steps: (gates, panels of NR hidden units, each H deep), or D + H with W_ihᵀ on top of it."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t H = w_hh.shape[1], D = 0 if w_ih is None else w_ih.shape[1], depth = D + H, gate, block, j, units
    out = memory.empty((gates, panel_columns(K, H) * depth), np.asarray(w_hh).dtype)
    cdef floating[:, ::1] panels = out
    with nogil:
        for gate in range(gates):
            for block in range((H + K.nr - 1) // K.nr):
                j = block * K.nr
                units = min(<Py_ssize_t> K.nr, H - j)
                if D:
                    K.pack(units, D, K.nr, 1, &w_ih[gate * H + j, 0], D, 1, &panels[gate, j * depth])
                K.pack(units, H, K.nr, 1, &w_hh[gate * H + j, 0], H, 1, &panels[gate, j * depth + D * K.nr])
    return out


def state_panels(const floating[:, ::1] w_hh):
    """W_hh packed once for all steps back: panels of NR hidden units, each gates · H deep."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t H = w_hh.shape[1], depth = w_hh.shape[0]
    out = memory.empty((panel_columns(K, H) * depth,), np.asarray(w_hh).dtype)
    cdef floating[::1] panels = out
    with nogil:
        K.pack(H, depth, K.nr, 1, &w_hh[0, 0], 1, H, &panels[0])
    return out


cdef Py_ssize_t panel_columns(const nc_kernels *K, Py_ssize_t columns) noexcept nogil:
    """Columns of the packed panels, the last one filled up."""
    return (columns + K.nr - 1) // K.nr * K.nr


def shared_gradients(
    const floating[:, ::1] from_input, const floating[:, ::1] from_state, const floating[:, ::1] x, const floating[:, ::1] h_prev,
    const floating[:, ::1] w_ih, needs,
):
    """(dx, dw_ih, dw_hh, db_ih, db_hh) from the gradients of the two pre-activations, None where `needs` says no.

    All copies of the cell share their parameters, so their gradients are summed over the steps: products over all rows. Each
    thread has its share of the gates' units, and reads it once, slab by slab, for all of its sums.
    """
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], D = x.shape[1], H = h_prev.shape[1], gates = w_ih.shape[0], first, last, block, row, slab
    cdef int part, parts = parts_for(rows * gates * (2 * D + H))
    cdef bint same = &from_input[0, 0] == &from_state[0, 0]     # then both biases have one gradient
    cdef bint narrow = D <= NARROW
    dtype = np.asarray(x).dtype
    dx = wanted(needs[0], (rows, D), dtype)
    dw_ih, dw_hh = started(needs[1], (D, gates) if narrow else (gates, D), dtype), started(needs[2], (gates, H), dtype)
    db_ih = np.zeros(gates, dtype) if needs[3] or (needs[4] and same) else None
    db_hh = np.zeros(gates, dtype) if needs[4] and not same else None
    cdef floating[:, ::1] to_x = dx, to_w_ih = dw_ih, to_w_hh = dw_hh
    cdef floating[::1] to_b_ih = db_ih, to_b_hh = db_hh
    cdef floating *w_ih_at = NULL if dw_ih is None else &to_w_ih[0, 0]
    cdef floating *w_hh_at = NULL if dw_hh is None else &to_w_hh[0, 0]
    cdef floating *b_ih_at = NULL if db_ih is None else &to_b_ih[0]
    cdef floating *b_hh_at = NULL if db_hh is None else &to_b_hh[0]
    for part in prange(parts, nogil=True, num_threads=parts, schedule="static", use_threads_if=parts > 1):
        if to_x is not None:
            share(part, parts, rows, D, gates, &from_input[0, 0], gates, 1, &w_ih[0, 0], D, 1, &to_x[0, 0], NULL)
        first, last = gates * part // parts, gates * (part + 1) // parts
        for block in range((rows + SLAB - 1) // SLAB):
            row = block * SLAB
            slab = min(<Py_ssize_t> SLAB, rows - row)
            if w_hh_at != NULL:
                add_product(last - first, H, slab, &from_state[row, first], gates, &h_prev[row, 0], H, w_hh_at + first * H, row > 0)
            if w_ih_at != NULL:
                if narrow:
                    add_outer(K, last - first, D, slab, &from_input[row, first], gates, &x[row, 0], w_ih_at + first)
                else:
                    add_product(last - first, D, slab, &from_input[row, first], gates, &x[row, 0], D, w_ih_at + first * D, row > 0)
            if b_ih_at != NULL:
                K.column_sums(slab, last - first, &from_input[row, first], gates, NULL, 0, b_ih_at + first)
            if b_hh_at != NULL:
                K.column_sums(slab, last - first, &from_state[row, first], gates, NULL, 0, b_hh_at + first)
    if same and needs[4]:
        db_hh = db_ih.copy()
    if narrow and needs[1]:
        dw_ih = np.ascontiguousarray(dw_ih.T)
    return dx, dw_ih, dw_hh, db_ih if needs[3] else None, db_hh


cdef int add_product(
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const floating *a, Py_ssize_t lda, const floating *b, Py_ssize_t ldb, floating *c, bint add,
) except -1 nogil:
    """C (m, n) = Aᵀ B, or C + Aᵀ B, of A (k, m) and B (k, n)."""
    return gemm(m, n, k, a, 1, lda, b, ldb, 1, c, n, <const floating *> c if add else NULL, n, 1, 1)


cdef void add_outer(
    const nc_kernels *K, Py_ssize_t m, Py_ssize_t D, Py_ssize_t k, const floating *a, Py_ssize_t lda, const floating *x, floating *c,
) noexcept nogil:
    """C (D, lda) + Xᵀ A of X (k, D) and A (k, m), an input at a time."""
    cdef Py_ssize_t d
    for d in range(D):
        K.column_sums(k, m, a, lda, x + d, D, c + d * lda)


def wanted(need, shape, dtype):
    return memory.empty(shape, dtype) if need else None


def started(need, shape, dtype):
    """Zeros for sums, which stay where there is no row."""
    return memory.zeros(shape, dtype) if need else None
