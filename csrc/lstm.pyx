# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The LSTM's walk through time: one layer, one direction, all steps of all sequences in one call without the GIL.

    before the walk      a = x W_ihᵀ + b            one product for all steps
    each step            a += h W_hhᵀ               W_hh is packed once; a tile of 4 gates × NR units × MR sequences
              or         a = [x h] [W_ih W_hh]ᵀ + b   many sequences, weights that fit the second-level cache
                         forget gate  f, input gate i, candidate g, output gate o
                         c = f c + i g,  h = o tanh c        while the tile is in the first-level cache
    each step back       da from dh and dc, gate by gate;  dh = da W_hh
    after the walk back  dx = da W_ih,  dW_ih = daᵀ x,  dW_hh = daᵀ h_prev,  db = Σ da

Each thread walks with its own sequences; there is no barrier between steps. Kept for the way back, a row: the four gates,
c as the step found it, tanh c, and h (7 H numbers; y is the caller's, who may change it); backward computes no function
again. Where nobody will walk back, nothing is kept: those writes are a fifth of the time of a narrow layer.
Cost: 8 H (D + H) FLOPs a row forward, twice that backward. Formulas in NumPy: netcore/reference/lstm.py; the gates'
arithmetic: csrc/kernels/recurrent.h; who walks where: csrc/recurrent.pyx.
"""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange
from libc.string cimport memcpy

from netcore._kernels.dispatch cimport apart, kernels_for, nc_kernels, numbers
from netcore._kernels.recurrent cimport (
    Batch, Deal, gate_panels, input_part, joined, length_at, nc_fetch, part_start, room, row_at, state_before,
    state_panels, tile_rows,
)
from netcore._kernels.recurrent_gradients cimport shared_gradients

from netcore._kernels.recurrent import folds

cdef extern from "kernels/gates.h":
    enum:
        LSTM_INPUT, LSTM_FORGET, LSTM_CANDIDATE, LSTM_OUTPUT, LSTM_GATES

cdef enum:
    MOST_ROWS = 16          # of a tile, on any instruction set

cdef struct Forward:
    Py_ssize_t H, D             # D = 0 where gates hold the input's part of the pre-activations already
    const void *x               # (rows, D)
    const void *panels          # W_ih and W_hh
    const void *bias            # (4H,)
    const void *h0              # (N, H)
    void *h_n                   # (N, H)
    void *c                     # (N, H), the running cell state
    void *y                     # (rows, H)
    void *gates                 # (rows, 4H)
    void *c_prev                # (rows, H); NULL where nothing is kept
    void *tanh_c                # (rows, H)
    void *states                # (rows, H), y once more

cdef struct Backward:
    Py_ssize_t H
    const void *w_hh            # panels
    const void *dy              # (rows, H) or NULL
    const void *gates           # (rows, 4H)
    const void *c_prev          # (rows, H)
    const void *tanh_c          # (rows, H)
    void *dh                    # (N, H): of the last state, then of the first
    void *dc                    # (N, H)
    void *da                    # (rows, 4H)


def forward(x, lengths, w_ih, w_hh, b_ih, b_hh, h0, c0, bint reverse, bint keep):
    """(y, h_n, c_n, states, gates, c_prev, tanh_c); x (rows, D) holds the sequences one after the other.

    The last four are for the way back; without `keep` they are None.
    """
    cdef Py_ssize_t size = x.itemsize
    if size == 4:
        return walked(<const float *> numbers(w_ih, size), <const float *> numbers(w_hh, size), x, lengths, w_ih, w_hh, joined(b_ih, b_hh), h0, c0, reverse, keep)
    return walked(<const double *> numbers(w_ih, size), <const double *> numbers(w_hh, size), x, lengths, w_ih, w_hh, joined(b_ih, b_hh), h0, c0, reverse, keep)


cdef tuple walked(
    const floating *u_ih, const floating *u_hh, x, lengths, w_ih, w_hh, bias, h0, c0, bint reverse, bint keep,
):
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t size = sizeof(floating), rows = x.shape[0], D = x.shape[1], H = w_hh.shape[1], N = len(lengths), room_each
    cdef Deal deal = Deal(lengths, rows * H * H * LSTM_GATES, reverse)
    cdef bint folded = folds(N, w_ih, w_hh)
    dtype = x.dtype
    if not folded:
        D, gates = 0, input_part(u_ih, x, LSTM_GATES * H, bias)
    else:
        gates = room(rows, LSTM_GATES * H, dtype) if keep else None
        bias = np.zeros(LSTM_GATES * H, dtype) if bias is None else bias
    states, c_prev, tanh_c = (room(rows, H, dtype), room(rows, H, dtype), room(rows, H, dtype)) if keep else (None, None, None)
    y, h_n, c_n = room(rows, H, dtype), room(N, H, dtype), c0.copy()
    panels = gate_panels(u_hh, H, LSTM_GATES, u_ih, D, dtype)
    room_each = apart(2 * deal.most * (D + H + K.lanes) + LSTM_GATES * K.mr * K.nr, size)
    scratch = room(deal.batch.parts, room_each, dtype)
    cdef floating *work = <floating *> numbers(scratch, size)
    cdef Forward F = Forward(H, D, numbers(x, size), numbers(panels, size), numbers(bias, size), numbers(h0, size), numbers(h_n, size), numbers(c_n, size),
                             numbers(y, size), numbers(gates, size), numbers(c_prev, size), numbers(tanh_c, size), numbers(states, size))
    cdef int part, threads = deal.batch.parts
    for part in prange(threads, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        walk(K, &deal.batch, part, &F, folded, keep, work + part * room_each)
    return y, h_n, c_n, states, gates if keep else None, c_prev, tanh_c


cdef void walk(const nc_kernels *K, const Batch *B, int part, const Forward *F, bint folded, bint keep, floating *z) noexcept nogil:
    """One thread's sequences through all their steps; the longest comes first, so those that still run are the first ones.

    What a step multiplies, x if folded and h, lies side by side for all sequences; it writes the new states into a second such
    place, since its tiles still read the old ones.
    """
    cdef Py_ssize_t H = F.H, D = F.D, wide = LSTM_GATES * H, depth = D + H, stride = depth + K.lanes, nr = K.nr, tile = K.mr * nr
    cdef Py_ssize_t start = part_start(B, part), end = part_start(B, part + 1), running = end - start
    cdef Py_ssize_t step, width, block, j, i, units, s, first, last
    cdef int gate
    cdef long row[MOST_ROWS]        # of a tile's sequences: where they stand, and which they are
    cdef long order[MOST_ROWS]
    cdef floating *now = z + LSTM_GATES * tile
    cdef floating *after = now + running * stride
    cdef floating *gates = <floating *> F.gates
    cdef floating *y = <floating *> F.y
    cdef floating *c = <floating *> F.c
    cdef floating *c_prev = <floating *> F.c_prev
    cdef floating *tanh_c = <floating *> F.tanh_c
    cdef floating *states = <floating *> F.states
    cdef const floating *panels = <const floating *> F.panels
    cdef const floating *h0 = <const floating *> F.h0
    cdef floating *beside[LSTM_GATES]   # what the gates write besides themselves; asked for with one gate each
    beside[0], beside[1], beside[2], beside[3] = y, c_prev, tanh_c, states
    if running == 0:
        return
    for s in range(start, end):
        memcpy(now + (s - start) * stride + D, state_before(B, s, 0, y, h0, H), H * sizeof(floating))
    for step in range(length_at(B, start)):
        while length_at(B, start + running - 1) <= step:
            running -= 1
        if folded:
            for s in range(start, start + running):
                memcpy(now + (s - start) * stride, <const floating *> F.x + row_at(B, s, step) * D, D * sizeof(floating))
        width = tile_rows(running, K.mr)
        for block in range((H + nr - 1) // nr):
            j = block * nr
            units = min(nr, H - j)
            for i in range((running + width - 1) // width):
                first, last = start + i * width, min(start + (i + 1) * width, start + running)
                for s in range(first, last):
                    row[s - first], order[s - first] = row_at(B, s, step), B.order[s]
                for gate in range(LSTM_GATES):
                    if keep or not folded:      # what the gates will read and write, on its way meanwhile
                        for s in range(last - first):
                            nc_fetch(gates + row[s] * wide + gate * H + j, units * sizeof(floating))
                    if beside[gate] != NULL:
                        for s in range(last - first):
                            nc_fetch(beside[gate] + row[s] * H + j, units * sizeof(floating))
                    K.gemm_tile(last - first, units, depth, now + (first - start) * stride, stride, 1,
                                panels + (gate * ((H + nr - 1) // nr) + block) * nr * depth, z + gate * tile, nr, NULL, 0, 0)
                K.lstm_forward_tile(
                    last - first, units, H, z, tile, <const floating *> F.bias + j if folded else gates + j, 0 if folded else wide,
                    gates + j if keep else NULL, c + j, c_prev + j if keep else NULL, tanh_c + j if keep else NULL, states + j if keep else NULL,
                    after + (first - start) * stride + D + j, stride, y + j, row, order)
        now, after = after, now
    for s in range(start, end):
        memcpy(<floating *> F.h_n + B.order[s] * H, state_before(B, s, length_at(B, s), y, h0, H), H * sizeof(floating))


def backward(dy, dh, dc, x, lengths, w_ih, w_hh, h0, states, gates, c_prev, tanh_c, bint reverse, needs):
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0, dc0), None where `needs` says no; dy (rows, H) may be None."""
    cdef Py_ssize_t size = x.itemsize
    if size == 4:
        return walked_back(<const float *> numbers(w_ih, size), <const float *> numbers(w_hh, size), dy, dh, dc, x, lengths, h0, states, gates, c_prev, tanh_c, reverse, needs)
    return walked_back(<const double *> numbers(w_ih, size), <const double *> numbers(w_hh, size), dy, dh, dc, x, lengths, h0, states, gates, c_prev, tanh_c, reverse, needs)


cdef tuple walked_back(
    const floating *u_ih, const floating *u_hh, dy, dh, dc, x, lengths, h0, states, gates, c_prev, tanh_c, bint reverse, needs,
):
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t size = sizeof(floating), rows = x.shape[0], H = states.shape[1], depth = LSTM_GATES * H, room_each
    cdef Deal deal = Deal(lengths, rows * H * H * LSTM_GATES, reverse)
    dtype = x.dtype
    da, dh0, dc0 = room(rows, depth, dtype), dh.copy(), dc.copy()
    panels = state_panels(u_hh, depth, H, dtype)
    room_each = apart(deal.most * (depth + K.lanes + H), size)
    scratch = room(deal.batch.parts, room_each, dtype)
    cdef floating *work = <floating *> numbers(scratch, size)
    cdef Backward W = Backward(H, numbers(panels, size), numbers(dy, size), numbers(gates, size),
                               numbers(c_prev, size), numbers(tanh_c, size), numbers(dh0, size), numbers(dc0, size), numbers(da, size))
    cdef int part, threads = deal.batch.parts
    for part in prange(threads, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        walk_back(K, &deal.batch, part, &W, work + part * room_each)
    return (*shared_gradients(u_ih, deal, da, da, x, states, h0, needs), dh0 if needs[5] else None, dc0 if needs[6] else None)


cdef void walk_back(const nc_kernels *K, const Batch *B, int part, const Backward *W, floating *step_da) noexcept nogil:
    """The same steps, last one first; a sequence joins in at its own last step, with the gradient of its last state.

    step_da holds da of this step, one sequence after the other; behind it lies their dh.
    """
    cdef Py_ssize_t H = W.H, depth = LSTM_GATES * H, stride = depth + K.lanes
    cdef Py_ssize_t start = part_start(B, part), end = part_start(B, part + 1), running = 0
    cdef Py_ssize_t step, s, row
    cdef floating *dh = step_da + (end - start) * stride
    cdef const floating *gates
    cdef floating *da
    if start == end:
        return
    for step in range(length_at(B, start) - 1, -1, -1):
        while start + running < end and length_at(B, start + running) > step:
            memcpy(dh + running * H, <floating *> W.dh + B.order[start + running] * H, H * sizeof(floating))
            running += 1
        for s in range(start, start + running):
            row = row_at(B, s, step)
            gates, da = <const floating *> W.gates + row * depth, step_da + (s - start) * stride
            K.lstm_backward_row(
                H, <const floating *> W.dy + row * H if W.dy else NULL, dh + (s - start) * H, <floating *> W.dc + B.order[s] * H,
                gates + LSTM_INPUT * H, gates + LSTM_FORGET * H, gates + LSTM_CANDIDATE * H, gates + LSTM_OUTPUT * H,
                <const floating *> W.c_prev + row * H, <const floating *> W.tanh_c + row * H,
                da + LSTM_INPUT * H, da + LSTM_FORGET * H, da + LSTM_CANDIDATE * H, da + LSTM_OUTPUT * H)
            memcpy(<floating *> W.da + row * depth, da, depth * sizeof(floating))
        K.gemm_in_place(running, H, depth, step_da, stride, 1, W.w_hh, dh, H, NULL, 0, 0)
    for s in range(start, start + running):
        memcpy(<floating *> W.dh + B.order[s] * H, dh + (s - start) * H, H * sizeof(floating))
