# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The gated recurrent unit's walk through time. The same walk as csrc/lstm.pyx (read that first) with other gates:

    reset gate  r = σ(a_r + U_r h)      update gate  z = σ(a_z + U_z h)
    s = U_n h + d_n                     candidate    n = tanh(a_n + r s)
    h = (1 - z) n + z h

The candidate's two halves meet inside the tanh, not before it, so the gradients of the input's part (r, z, n) and of the
state's part (r, z, s) of the pre-activations differ in their last third, and so do the two bias gradients.
Kept for the way back, a row: the three gates, s and h (5 H numbers; y is the caller's, who may change it).
Cost: 6 H (D + H) FLOPs a row forward, twice that backward. Formulas in NumPy: netcore/reference/gru.py.
"""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange
from libc.string cimport memcpy

from netcore._kernels.dispatch cimport apart, kernels_for, nc_kernels, numbers
from netcore._kernels.recurrent cimport (
    Batch, Deal, gate_panels, input_part, length_at, nc_fetch, part_start, room, row_at, state_before, state_panels, tile_rows,
)
from netcore._kernels.recurrent_gradients cimport shared_gradients

cdef extern from "kernels/gates.h":
    enum:
        GRU_RESET, GRU_UPDATE, GRU_NEW, GRU_GATES

cdef struct Forward:
    Py_ssize_t H
    const void *panels          # W_hh
    const void *d_n             # (H,), the candidate's bias inside the reset gate's reach
    const void *h0              # (N, H)
    void *h_n                   # (N, H)
    void *y                     # (rows, H)
    void *gates                 # (rows, 3H)
    void *s                     # (rows, H), NULL where nothing is kept
    void *states                # (rows, H), y once more; NULL likewise

cdef struct Backward:
    Py_ssize_t H
    const void *w_hh            # panels
    const void *dy              # (rows, H) or NULL
    const void *gates           # (rows, 3H)
    const void *s               # (rows, H)
    const void *states          # (rows, H)
    const void *h0              # (N, H)
    void *dh                    # (N, H): of the last state, then of the first
    void *d_input               # (rows, 3H), of the input's part of the pre-activations
    void *d_state               # (rows, 3H), of the state's part


def forward(x, lengths, w_ih, w_hh, b_ih, b_hh, h0, bint reverse, bint keep):
    """(y, h_n, states, gates, s) with s = U_n h + d_n; x (rows, D) holds the sequences one after the other.

    The last three are for the way back; without `keep` they are None.
    """
    cdef Py_ssize_t size = x.itemsize
    if size == 4:
        return walked(<const float *> numbers(w_ih, size), <const float *> numbers(w_hh, size), x, lengths, w_hh, b_ih, b_hh, h0, reverse, keep)
    return walked(<const double *> numbers(w_ih, size), <const double *> numbers(w_hh, size), x, lengths, w_hh, b_ih, b_hh, h0, reverse, keep)


cdef tuple walked(const floating *u_ih, const floating *u_hh, x, lengths, w_hh, b_ih, b_hh, h0, bint reverse, bint keep):
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t size = sizeof(floating), rows = x.shape[0], H = w_hh.shape[1], room_each
    cdef Deal deal = Deal(lengths, rows * H * H * GRU_GATES, reverse)
    dtype = x.dtype
    # b_hh joins the input's part, but for the candidate's share d_n, which belongs inside the reset gate's reach.
    bias, d_n = b_ih, np.zeros(H, dtype) if b_hh is None else b_hh[GRU_NEW * H :]
    if b_hh is not None:
        bias = np.zeros(GRU_GATES * H, dtype) if b_ih is None else b_ih.copy()
        bias[: GRU_NEW * H] += b_hh[: GRU_NEW * H]
    gates = input_part(u_ih, x, GRU_GATES * H, bias)
    s, states = (room(rows, H, dtype), room(rows, H, dtype)) if keep else (None, None)
    y, h_n = room(rows, H, dtype), room(deal.batch.count, H, dtype)
    panels = gate_panels(u_hh, H, GRU_GATES, u_ih, 0, dtype)
    room_each = apart(2 * deal.most * (H + K.lanes) + GRU_GATES * K.mr * K.nr, size)
    scratch = room(deal.batch.parts, room_each, dtype)
    cdef floating *work = <floating *> numbers(scratch, size)
    cdef Forward F = Forward(H, numbers(panels, size), numbers(d_n, size), numbers(h0, size), numbers(h_n, size), numbers(y, size), numbers(gates, size), numbers(s, size), numbers(states, size))
    cdef int part, threads = deal.batch.parts
    for part in prange(threads, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        walk(K, &deal.batch, part, &F, work + part * room_each)
    return y, h_n, states, gates if keep else None, s


cdef void walk(const nc_kernels *K, const Batch *B, int part, const Forward *F, floating *z) noexcept nogil:
    """One thread's sequences through all their steps; the longest comes first, so those that still run are the first ones.

    The states that a step reads and those that it writes lie in two places, since its tiles read the old ones to its end.
    """
    cdef Py_ssize_t H = F.H, wide = GRU_GATES * H, stride = H + K.lanes, nr = K.nr, tile = K.mr * nr
    cdef Py_ssize_t start = part_start(B, part), end = part_start(B, part + 1), running = end - start
    cdef Py_ssize_t step, width, block, j, i, units, s, first, last, row
    cdef int gate
    cdef floating *now = z + GRU_GATES * tile
    cdef floating *after = now + running * stride
    cdef floating *a
    cdef floating *y = <floating *> F.y
    cdef const floating *panels = <const floating *> F.panels
    cdef const floating *h0 = <const floating *> F.h0
    if running == 0:
        return
    for s in range(start, end):
        memcpy(now + (s - start) * stride, state_before(B, s, 0, y, h0, H), H * sizeof(floating))
    for step in range(length_at(B, start)):
        while length_at(B, start + running - 1) <= step:
            running -= 1
        width = tile_rows(running, K.mr)
        for block in range((H + nr - 1) // nr):
            j = block * nr
            units = min(nr, H - j)
            for i in range((running + width - 1) // width):
                first, last = start + i * width, min(start + (i + 1) * width, start + running)
                for gate in range(GRU_GATES):
                    for s in range(first, last):
                        nc_fetch(<floating *> F.gates + row_at(B, s, step) * wide + gate * H + j, units * sizeof(floating))
                    K.gemm_tile(last - first, units, H, now + (first - start) * stride, stride, 1,
                                panels + (gate * ((H + nr - 1) // nr) + block) * nr * H, z + gate * tile, nr, NULL, 0, 0)
                for s in range(first, last):
                    row = row_at(B, s, step)
                    a = <floating *> F.gates + row * wide + j
                    K.gru_forward_row(
                        units, z + (s - first) * nr, tile, <const floating *> F.d_n + j, a + GRU_RESET * H, a + GRU_UPDATE * H, a + GRU_NEW * H,
                        <floating *> F.s + row * H + j if F.s else NULL, now + (s - start) * stride + j,
                        <floating *> F.states + row * H + j if F.states else NULL, after + (s - start) * stride + j, y + row * H + j)
        now, after = after, now
    for s in range(start, end):
        memcpy(<floating *> F.h_n + B.order[s] * H, state_before(B, s, length_at(B, s), y, h0, H), H * sizeof(floating))


def backward(dy, dh, x, lengths, w_ih, w_hh, h0, states, gates, s, bint reverse, needs):
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0), None where `needs` says no; dy (rows, H) may be None."""
    cdef Py_ssize_t size = x.itemsize
    if size == 4:
        return walked_back(<const float *> numbers(w_ih, size), <const float *> numbers(w_hh, size), dy, dh, x, lengths, h0, states, gates, s, reverse, needs)
    return walked_back(<const double *> numbers(w_ih, size), <const double *> numbers(w_hh, size), dy, dh, x, lengths, h0, states, gates, s, reverse, needs)


cdef tuple walked_back(const floating *u_ih, const floating *u_hh, dy, dh, x, lengths, h0, states, gates, s, bint reverse, needs):
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t size = sizeof(floating), rows = x.shape[0], H = states.shape[1], depth = GRU_GATES * H, room_each
    cdef Deal deal = Deal(lengths, rows * H * depth, reverse)
    dtype = x.dtype
    d_input, d_state, dh0 = room(rows, depth, dtype), room(rows, depth, dtype), dh.copy()
    panels = state_panels(u_hh, depth, H, dtype)
    room_each = apart(deal.most * (depth + K.lanes + H), size)
    scratch = room(deal.batch.parts, room_each, dtype)
    cdef floating *work = <floating *> numbers(scratch, size)
    cdef Backward W = Backward(H, numbers(panels, size), numbers(dy, size), numbers(gates, size), numbers(s, size), numbers(states, size), numbers(h0, size),
                               numbers(dh0, size), numbers(d_input, size), numbers(d_state, size))
    cdef int part, threads = deal.batch.parts
    for part in prange(threads, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        walk_back(K, &deal.batch, part, &W, work + part * room_each)
    return (*shared_gradients(u_ih, deal, d_input, d_state, x, states, h0, needs), dh0 if needs[5] else None)


cdef void walk_back(const nc_kernels *K, const Batch *B, int part, const Backward *W, floating *step_d) noexcept nogil:
    """The same steps, last one first; a sequence joins in at its own last step, with the gradient of its last state.

    step_d holds d_state of this step, one sequence after the other; behind it lies their dh.
    """
    cdef Py_ssize_t H = W.H, depth = GRU_GATES * H, stride = depth + K.lanes
    cdef Py_ssize_t start = part_start(B, part), end = part_start(B, part + 1), running = 0
    cdef Py_ssize_t step, s, row
    cdef floating *dh = step_d + (end - start) * stride
    cdef const floating *gates
    cdef floating *d_input
    cdef floating *d_state
    if start == end:
        return
    for step in range(length_at(B, start) - 1, -1, -1):
        while start + running < end and length_at(B, start + running) > step:
            memcpy(dh + running * H, <floating *> W.dh + B.order[start + running] * H, H * sizeof(floating))
            running += 1
        for s in range(start, start + running):
            row = row_at(B, s, step)
            gates, d_input, d_state = <const floating *> W.gates + row * depth, <floating *> W.d_input + row * depth, step_d + (s - start) * stride
            K.gru_backward_row(
                H, <const floating *> W.dy + row * H if W.dy else NULL, dh + (s - start) * H,
                gates + GRU_RESET * H, gates + GRU_UPDATE * H, gates + GRU_NEW * H, <const floating *> W.s + row * H,
                state_before(B, s, step, <const floating *> W.states, <const floating *> W.h0, H),
                d_input + GRU_RESET * H, d_input + GRU_UPDATE * H, d_input + GRU_NEW * H, d_state + GRU_NEW * H)
            memcpy(d_state, d_input, GRU_NEW * H * sizeof(floating))    # reset and update: the same in both
            memcpy(<floating *> W.d_state + row * depth, d_state, depth * sizeof(floating))
        # On top of z dh, which the gates left in dh.
        K.gemm_in_place(running, H, depth, step_d, stride, 1, W.w_hh, dh, H, dh, H, 1)
    for s in range(start, start + running):
        memcpy(<floating *> W.dh + B.order[s] * H, dh + (s - start) * H, H * sizeof(floating))
