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
h and c as the step found them, and tanh c (7 H numbers); backward computes no function again. Where nobody will walk
back, nothing is kept: those writes are a fifth of the time of a narrow layer.
Cost: 8 H (D + H) FLOPs a row forward, twice that backward. Formulas in NumPy: netcore/reference/lstm.py; the gates'
arithmetic: csrc/kernels/recurrent.h; who walks where: csrc/recurrent.pyx.
"""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from netcore._kernels.dispatch cimport kernels_for, nc_kernels
from netcore._kernels.recurrent cimport Batch, length_at, nc_fetch, part_start, row_at, tile_rows

from netcore._kernels.recurrent import by_position, by_sequence, deal, folds, gate_panels, input_part, shared_gradients, state_panels
from netcore import memory

cdef extern from "kernels/gates.h":
    enum:
        LSTM_INPUT, LSTM_FORGET, LSTM_CANDIDATE, LSTM_OUTPUT, LSTM_GATES


def forward(x, lengths, const floating[:, ::1] w_ih, const floating[:, ::1] w_hh, b_ih, b_hh, h0, c0, bint reverse, bint keep):
    """(y, h_n, c_n, gates, h_prev, c_prev, tanh_c); x (rows, D) holds the sequences one after the other.

    The last four are for the way back; without `keep` they are None.
    """
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], H = w_hh.shape[1]
    order, first, parts = deal(lengths, rows * H * H * LSTM_GATES)
    bias = b_hh if b_ih is None else b_ih if b_hh is None else b_ih + b_hh
    cdef bint folded = folds(len(lengths), np.asarray(w_ih), np.asarray(w_hh))
    if folded:
        bias = np.zeros(LSTM_GATES * H, x.dtype) if bias is None else bias
        a = memory.empty((rows if keep else 0, LSTM_GATES * H), x.dtype)
    else:
        a = input_part(x, np.asarray(w_ih), bias)
    y = memory.empty((rows, H), x.dtype)
    h_prev, c_prev, tanh_c = [memory.empty((rows if keep else 0, H), x.dtype) for _ in range(3)]
    h_state, c_state = by_position(h0, order), by_position(c0, order)
    most = -(-len(lengths) // parts)
    cdef Py_ssize_t D = w_ih.shape[1] if folded else 0
    scratch = memory.empty((parts, most * (D + H + K.lanes) + LSTM_GATES * K.mr * K.nr), x.dtype)

    cdef const int64_t[::1] orders = order, starts = first, counts = lengths
    cdef const floating[:, ::1] panels = gate_panels(w_hh, LSTM_GATES, w_ih if folded else None), inputs = x if folded else None
    cdef const floating[::1] biases = bias if folded else None
    cdef floating[:, ::1] gates = a, hp = h_prev, cp = c_prev, tc = tanh_c, out = y, h = h_state, c = c_state, work = scratch
    cdef Batch B = Batch(counts.shape[0], parts, reverse, &orders[0], &counts[0], &starts[0])
    cdef int part, threads = parts
    for part in prange(threads, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        walk(K, &B, part, panels, inputs, biases, gates, h, c, keep, hp, cp, tc, out, work)
    kept = (a, h_prev, c_prev, tanh_c) if keep else (None, None, None, None)
    return y, by_sequence(h_state, order), by_sequence(c_state, order), *kept


cdef void walk(
    const nc_kernels *K, const Batch *B, int part, const floating[:, ::1] panels, const floating[:, ::1] x, const floating[::1] bias,
    floating[:, ::1] gates, floating[:, ::1] h, floating[:, ::1] c, bint keep, floating[:, ::1] h_prev, floating[:, ::1] c_prev, floating[:, ::1] tanh_c,
    floating[:, ::1] y, floating[:, ::1] work,
) noexcept nogil:
    """One thread's sequences through all their steps; the longest comes first, so those that still run are the first ones.

    x and bias are None where gates hold the input's part of the pre-activations already.
    """
    cdef bint folded = x is not None
    cdef Py_ssize_t H = h.shape[1], D = x.shape[1] if folded else 0, depth = D + H, stride = depth + K.lanes, nr = K.nr, tile = K.mr * nr
    cdef Py_ssize_t start = part_start(B, part), running = part_start(B, part + 1) - start
    cdef Py_ssize_t step, width, block, j, i, units, tile_height, s, row
    cdef int gate
    cdef floating *z = &work[part, 0]
    cdef floating *state = z + LSTM_GATES * tile # x, if folded, and h as the step finds it, which its tiles overwrite
    if running == 0:
        return
    for step in range(length_at(B, start)):
        while length_at(B, start + running - 1) <= step:
            running -= 1
        for s in range(start, start + running):
            row = row_at(B, s, step)
            if keep:
                memcpy(&h_prev[row, 0], &h[s, 0], H * sizeof(floating))
            if folded:
                memcpy(state + (s - start) * stride, &x[row, 0], D * sizeof(floating))
            memcpy(state + (s - start) * stride + D, &h[s, 0], H * sizeof(floating))
        width = tile_rows(running, K.mr)
        for block in range((H + nr - 1) // nr):
            j = block * nr
            units = min(nr, H - j)
            for i in range((running + width - 1) // width):
                tile_height = min(width, running - i * width)
                for gate in range(LSTM_GATES):
                    for s in range(start + i * width, start + i * width + tile_height):
                        row = row_at(B, s, step)
                        if keep or not folded:
                            nc_fetch(&gates[row, gate * H + j], units * sizeof(floating))
                        if gate == 0:
                            nc_fetch(&y[row, j], units * sizeof(floating))
                        elif keep and gate == 1:
                            nc_fetch(&c_prev[row, j], units * sizeof(floating))
                        elif keep and gate == 2:
                            nc_fetch(&tanh_c[row, j], units * sizeof(floating))
                    K.gemm_tile(tile_height, units, depth, state + i * width * stride, stride, 1, &panels[gate, j * depth], z + gate * tile, nr, NULL, 0, 0)
                for s in range(start + i * width, start + i * width + tile_height):
                    row = row_at(B, s, step)
                    K.lstm_forward_row(
                        units, H, z + (s - start - i * width) * nr, tile, &bias[j] if folded else &gates[row, j],
                        &gates[row, j] if keep else NULL, &c[s, j],
                        &c_prev[row, j] if keep else NULL, &tanh_c[row, j] if keep else NULL, &h[s, j], &y[row, j])


def backward(dy, dh, dc, x, lengths, const floating[:, ::1] w_ih, const floating[:, ::1] w_hh, gates, h_prev, c_prev, tanh_c, bint reverse, needs):
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0, dc0), None where `needs` says no; dy (rows, H) may be None."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], H = w_hh.shape[1]
    order, first, parts = deal(lengths, rows * H * H * LSTM_GATES)
    da = memory.empty((rows, LSTM_GATES * H), x.dtype)
    dh_state, dc_state = by_position(dh, order), by_position(dc, order)
    most = -(-len(lengths) // parts)
    scratch = memory.empty((parts, most * (LSTM_GATES * H + K.lanes)), x.dtype)

    cdef const int64_t[::1] orders = order, starts = first, counts = lengths
    cdef const floating[::1] panels = state_panels(w_hh)
    cdef const floating[:, ::1] kept = gates, cp = c_prev, tc = tanh_c, dout = dh_state if dy is None else dy
    cdef floating[:, ::1] da_rows = da, dh_view = dh_state, dc_view = dc_state, work = scratch
    cdef Batch B = Batch(counts.shape[0], parts, reverse, &orders[0], &counts[0], &starts[0])
    cdef bint has_dy = dy is not None
    cdef int part, threads = parts
    for part in prange(threads, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        walk_back(K, &B, part, panels, kept, cp, tc, has_dy, dout, dh_view, dc_view, da_rows, work)
    return (*shared_gradients(da, da, x, h_prev, np.asarray(w_ih), needs),
            by_sequence(dh_state, order) if needs[5] else None, by_sequence(dc_state, order) if needs[6] else None)


cdef void walk_back(
    const nc_kernels *K, const Batch *B, int part, const floating[::1] panels, const floating[:, ::1] gates,
    const floating[:, ::1] c_prev, const floating[:, ::1] tanh_c, bint has_dy, const floating[:, ::1] dy,
    floating[:, ::1] dh, floating[:, ::1] dc, floating[:, ::1] da, floating[:, ::1] work,
) noexcept nogil:
    """The same steps, last one first; a sequence joins in at its own last step, with the gradient of its last state."""
    cdef Py_ssize_t H = dh.shape[1], depth = LSTM_GATES * H, stride = depth + K.lanes
    cdef Py_ssize_t start = part_start(B, part), end = part_start(B, part + 1), running = 0
    cdef Py_ssize_t step, s, row
    cdef floating *step_da = &work[part, 0]                 # da of this step, one sequence after the other
    if start == end:
        return
    for step in range(length_at(B, start) - 1, -1, -1):
        while start + running < end and length_at(B, start + running) > step:
            running += 1
        for s in range(start, start + running):
            row = row_at(B, s, step)
            K.lstm_backward_row(
                H, &dy[row, 0] if has_dy else NULL, &dh[s, 0], &dc[s, 0],
                &gates[row, LSTM_INPUT * H], &gates[row, LSTM_FORGET * H], &gates[row, LSTM_CANDIDATE * H], &gates[row, LSTM_OUTPUT * H],
                &c_prev[row, 0], &tanh_c[row, 0],
                &da[row, LSTM_INPUT * H], &da[row, LSTM_FORGET * H], &da[row, LSTM_CANDIDATE * H], &da[row, LSTM_OUTPUT * H])
            memcpy(step_da + (s - start) * stride, &da[row, 0], depth * sizeof(floating))
        K.gemm_in_place(running, H, depth, step_da, stride, 1, &panels[0], &dh[start, 0], H, NULL, 0, 0)
