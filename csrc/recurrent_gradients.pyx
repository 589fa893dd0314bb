# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What is left after the walk back of csrc/lstm.pyx, gru.pyx and rnn.pyx: gradients that are sums over all rows.

    dx = da W_ih      dW_ih = daᵀ x      dW_hh = daᵀ h_prev      db = Σ da      da: gradients of the pre-activations

h_prev, the state that a row's step found, is that of one row earlier, or the initial state. Each thread has its share of the
results from beginning to end, so results are bit-identical for any number of threads.
"""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange
from libc.string cimport memcpy

from netcore._kernels.dispatch cimport apart, kernels_for, nc_kernels, numbers
from netcore._kernels.gemm cimport gemm
from netcore._kernels.recurrent cimport Batch, Deal, panel_columns, parts_for, room
from netcore import memory

cdef enum:
    SLAB = 256              # rows of da that give all their gradients while they are in the second-level cache,
    UNITS = 384             # so many units at a time
    NARROW = 4              # inputs up to which weight gradients are sums of rows, not a product

cdef struct Sums:
    Py_ssize_t rows, D, H, gates
    const void *from_input          # (rows, gates): the gradients of the two pre-activations
    const void *from_state
    const void *x                   # (rows, D)
    const void *states              # (rows, H), after each step
    const void *h0                  # (N, H)
    void *dw_ih                     # the sums, NULL for those that are not wanted
    void *dw_hh
    void *db_ih
    void *db_hh


cdef tuple shared_gradients(const floating *w_ih, Deal deal, from_input, from_state, x, states, h0, needs):
    """(dx, dw_ih, dw_hh, db_ih, db_hh) from the gradients of the two pre-activations, None where `needs` says no.

    All copies of the cell share their parameters, so their gradients are summed over the steps: products over all rows.
    """
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], D = x.shape[1], H = states.shape[1], gates = from_input.shape[1]
    cdef int part, parts = parts_for(rows * gates * (2 * D + H))
    cdef bint same = from_input is from_state     # then both biases have one gradient
    cdef bint to_x = needs[0]
    dtype = x.dtype
    dx = room(rows, D, dtype) if to_x else None
    dw_ih, dw_hh = started(needs[1], (D, gates) if D <= NARROW else (gates, D), dtype), started(needs[2], (gates, H), dtype)
    db_ih, db_hh = started(needs[3] or (needs[4] and same), (gates,), dtype), started(needs[4] and not same, (gates,), dtype)
    cdef Py_ssize_t room_each = apart((panel_columns(K, D) + panel_columns(K, H) + UNITS) * min(rows, <Py_ssize_t> SLAB), sizeof(floating))
    packed = room(parts, room_each, dtype)
    cdef Sums S = Sums(rows, D, H, gates, numbers(from_input, sizeof(floating)), numbers(from_state, sizeof(floating)),
                       numbers(x, sizeof(floating)), numbers(states, sizeof(floating)), numbers(h0, sizeof(floating)),
                       numbers(dw_ih, sizeof(floating)), numbers(dw_hh, sizeof(floating)), numbers(db_ih, sizeof(floating)), numbers(db_hh, sizeof(floating)))
    cdef floating *work = <floating *> numbers(packed, sizeof(floating))
    cdef floating *dx_at = <floating *> numbers(dx, sizeof(floating))
    if to_x:
        with nogil:
            gemm(rows, D, gates, <const floating *> S.from_input, gates, 1, w_ih, D, 1, dx_at, D, <const floating *> NULL, 0, 0, parts)
    for part in prange(parts, nogil=True, num_threads=parts, schedule="static", use_threads_if=parts > 1):
        sums_share(K, &deal.batch, part, parts, &S, work + part * room_each)
    if same and needs[4]:
        db_hh = db_ih.copy()
    if D <= NARROW and needs[1]:
        dw_ih = np.ascontiguousarray(dw_ih.T)
    return dx, dw_ih, dw_hh, db_ih if needs[3] else None, db_hh


def started(need, shape, dtype):
    """Zeros for sums."""
    return memory.zeros(shape, dtype) if need else None


cdef void sums_share(const nc_kernels *K, const Batch *B, int part, int parts, const Sums *S, floating *work) noexcept nogil:
    """One thread's units of all sums over rows.

    Slab by slab, so that the gradients of pre-activations are fetched and packed once for all sums. They come in with the
    bias gradients, which read rows in long pieces.
    """
    cdef Py_ssize_t D = S.D, H = S.H, gates = S.gates, tall = UNITS // K.mr * K.mr, panels = (gates + K.mr - 1) // K.mr
    cdef Py_ssize_t start = panels * part // parts * K.mr, end = min(gates, panels * (part + 1) // parts * K.mr)
    cdef Py_ssize_t block, row, k, group, i, m, d, sequence = 0, depth = min(S.rows, <Py_ssize_t> SLAB)
    cdef bint narrow = D <= NARROW
    cdef floating *x_panels = work
    cdef floating *h_panels = work + panel_columns(K, D) * depth
    cdef floating *a_panels = h_panels + panel_columns(K, H) * depth
    cdef const floating *d_input
    cdef const floating *d_state
    cdef const floating *x
    cdef floating *dw_ih = <floating *> S.dw_ih
    cdef floating *dw_hh = <floating *> S.dw_hh
    for block in range((S.rows + SLAB - 1) // SLAB):
        row = block * SLAB
        k = min(<Py_ssize_t> SLAB, S.rows - row)
        x = <const floating *> S.x + row * D
        if dw_hh != NULL:
            sequence = pack_states(K, B, S, row, k, sequence, h_panels)
        if dw_ih != NULL and not narrow:
            K.pack(D, k, K.nr, 1, x, 1, D, x_panels)
        for group in range((end - start + tall - 1) // tall):
            i = start + group * tall
            m = min(tall, end - i)
            d_input, d_state = <const floating *> S.from_input + row * gates + i, <const floating *> S.from_state + row * gates + i
            if S.db_ih != NULL:
                K.column_sums(k, m, d_input, gates, NULL, 0, <floating *> S.db_ih + i)
            if S.db_hh != NULL:
                K.column_sums(k, m, d_state, gates, NULL, 0, <floating *> S.db_hh + i)
            if dw_ih != NULL and narrow:
                for d in range(D):
                    K.column_sums(k, m, d_input, gates, x + d, D, dw_ih + d * gates + i)
            if dw_hh != NULL:
                K.pack(m, k, K.mr, 0, d_state, 1, gates, a_panels)
                K.gemm_block(m, H, k, a_panels, h_panels, dw_hh + i * H, H, dw_hh + i * H, H, 1)
            if dw_ih != NULL and not narrow:
                if dw_hh == NULL or d_input != d_state:
                    K.pack(m, k, K.mr, 0, d_input, 1, gates, a_panels)
                K.gemm_block(m, D, k, a_panels, x_panels, dw_ih + i * D, D, dw_ih + i * D, D, 1)


cdef Py_ssize_t pack_states(
    const nc_kernels *K, const Batch *B, const Sums *S, Py_ssize_t row, Py_ssize_t k, Py_ssize_t sequence, floating *panels,
) noexcept nogil:
    """The states that k rows find, in panels: those one row earlier (later, walking backward), and the initial state where
    a sequence begins. `sequence` is the first that may still begin; returned for the next rows."""
    cdef Py_ssize_t H = S.H, panel, j, begin
    cdef Py_ssize_t front = not B.reverse and row == 0, back = B.reverse and row + k == S.rows  # there no row has one before it
    cdef const floating *earlier = <const floating *> S.states + (row + front + (1 if B.reverse else -1)) * H
    for panel in range((H + K.nr - 1) // K.nr):
        j = panel * K.nr
        K.pack(min(<Py_ssize_t> K.nr, H - j), k - front - back, K.nr, 1, earlier + j, 1, H, panels + j * k + front * K.nr)
    while sequence < B.count:
        begin = B.first[sequence] + (B.length[sequence] - 1 if B.reverse else 0) - row
        if begin >= k:
            break
        if B.length[sequence] and begin >= 0:
            for panel in range((H + K.nr - 1) // K.nr):
                j = panel * K.nr
                memcpy(panels + j * k + begin * K.nr, <const floating *> S.h0 + sequence * H + j, min(<Py_ssize_t> K.nr, H - j) * sizeof(floating))
        sequence += 1
    return sequence
