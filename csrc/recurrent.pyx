# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What csrc/lstm.pyx, gru.pyx and rnn.pyx share.

Sequences lie one after the other, row by row and without padding (netcore/reference/sequence.py). They are dealt out to
threads, and each thread walks through all steps of its own sequences without waiting for the others; what a sequence
gets does not depend on who walks with it, so results are bit-identical for any number of threads.

What does not depend on the state can leave the walk, as one product over all rows: the input's part of the
pre-activations in front of it (csrc/lstm.pyx takes a narrow one along instead), the gradients of the input and of the
parameters after the walk back. There, too, each thread has its share of the results from beginning to end.
"""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int64_t

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count
from netcore._kernels.gemm cimport WORTH_A_THREAD, gemm
from netcore import memory

cdef enum:
    SLAB = 256              # rows of da that give all their gradients while they are in the second-level cache,
    UNITS = 384             # so many units at a time
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

    All copies of the cell share their parameters, so their gradients are summed over the steps: products over all rows.
    """
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], D = x.shape[1], H = h_prev.shape[1], gates = w_ih.shape[0]
    cdef int part, parts = parts_for(rows * gates * (2 * D + H))
    cdef bint same = &from_input[0, 0] == &from_state[0, 0]     # then both biases have one gradient
    cdef bint narrow = D <= NARROW
    dtype = np.asarray(x).dtype
    dx = memory.empty((rows, D), dtype) if needs[0] else None
    dw_ih, dw_hh = started(needs[1], (D, gates) if narrow else (gates, D), dtype), started(needs[2], (gates, H), dtype)
    db_ih, db_hh = started(needs[3] or (needs[4] and same), (gates,), dtype), started(needs[4] and not same, (gates,), dtype)
    packed = memory.empty((parts, (panel_columns(K, D) + panel_columns(K, H) + UNITS) * SLAB), dtype)
    cdef floating[:, ::1] to_x = dx, to_w_ih = dw_ih, to_w_hh = dw_hh, work = packed
    cdef floating[::1] to_b_ih = db_ih, to_b_hh = db_hh
    cdef floating *w_ih_at = NULL if dw_ih is None else &to_w_ih[0, 0]
    cdef floating *w_hh_at = NULL if dw_hh is None else &to_w_hh[0, 0]
    cdef floating *b_ih_at = NULL if db_ih is None else &to_b_ih[0]
    cdef floating *b_hh_at = NULL if db_hh is None else &to_b_hh[0]
    for part in prange(parts, nogil=True, num_threads=parts, schedule="static", use_threads_if=parts > 1):
        if to_x is not None:
            share(part, parts, rows, D, gates, &from_input[0, 0], gates, 1, &w_ih[0, 0], D, 1, &to_x[0, 0], NULL)
        sums_share(K, part, parts, from_input, from_state, x, h_prev, narrow, w_ih_at, w_hh_at, b_ih_at, b_hh_at, &work[part, 0])
    if same and needs[4]:
        db_hh = db_ih.copy()
    if narrow and needs[1]:
        dw_ih = np.ascontiguousarray(dw_ih.T)
    return dx, dw_ih, dw_hh, db_ih if needs[3] else None, db_hh


def started(need, shape, dtype):
    """Zeros for sums."""
    return memory.zeros(shape, dtype) if need else None


cdef void sums_share(
    const nc_kernels *K, int part, int parts, const floating[:, ::1] from_input, const floating[:, ::1] from_state,
    const floating[:, ::1] x, const floating[:, ::1] h_prev, bint narrow,
    floating *dw_ih, floating *dw_hh, floating *db_ih, floating *db_hh, floating *work,
) noexcept nogil:
    """One thread's units of all sums over rows, NULL for those that are not wanted.

    Slab by slab, so that the gradients of pre-activations are fetched and packed once for all sums. They come in with the
    bias gradients, which read rows in long pieces.
    """
    cdef Py_ssize_t rows = x.shape[0], D = x.shape[1], H = h_prev.shape[1], gates = from_input.shape[1]
    cdef Py_ssize_t panels = (gates + K.mr - 1) // K.mr, tall = UNITS // K.mr * K.mr
    cdef Py_ssize_t start = panels * part // parts * K.mr, units = min(gates, panels * (part + 1) // parts * K.mr) - start
    cdef Py_ssize_t block, row, k, group, i, m, d
    cdef floating *x_panels = work
    cdef floating *h_panels = work + panel_columns(K, D) * SLAB
    cdef floating *a_panels = h_panels + panel_columns(K, H) * SLAB
    cdef const floating *d_input
    cdef const floating *d_state
    for block in range((rows + SLAB - 1) // SLAB):
        row = block * SLAB
        k = min(<Py_ssize_t> SLAB, rows - row)
        if dw_hh != NULL:
            K.pack(H, k, K.nr, 1, &h_prev[row, 0], 1, H, h_panels)
        if dw_ih != NULL and not narrow:
            K.pack(D, k, K.nr, 1, &x[row, 0], 1, D, x_panels)
        for group in range((units + tall - 1) // tall):
            i = start + group * tall
            m = min(tall, start + units - i)
            d_input, d_state = &from_input[row, i], &from_state[row, i]
            if db_ih != NULL:
                K.column_sums(k, m, d_input, gates, NULL, 0, db_ih + i)
            if db_hh != NULL:
                K.column_sums(k, m, d_state, gates, NULL, 0, db_hh + i)
            if dw_ih != NULL and narrow:
                for d in range(D):
                    K.column_sums(k, m, d_input, gates, &x[row, d], D, dw_ih + d * gates + i)
            if dw_hh != NULL:
                K.pack(m, k, K.mr, 0, d_state, 1, gates, a_panels)
                K.gemm_block(m, H, k, a_panels, h_panels, dw_hh + i * H, H, dw_hh + i * H, H, 1)
            if dw_ih != NULL and not narrow:
                if dw_hh == NULL or d_input != d_state:
                    K.pack(m, k, K.mr, 0, d_input, 1, gates, a_panels)
                K.gemm_block(m, D, k, a_panels, x_panels, dw_ih + i * D, D, dw_ih + i * D, D, 1)
