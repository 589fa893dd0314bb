# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The gated recurrent unit's walk through time. The same walk as csrc/lstm.pyx (read that first) with other gates:

    reset gate  r = σ(a_r + U_r h)      update gate  z = σ(a_z + U_z h)
    s = U_n h + d_n                     candidate    n = tanh(a_n + r s)
    h = (1 - z) n + z h

The candidate's two halves meet inside the tanh, not before it, so the gradients of the input's part (r, z, n) and of the
state's part (r, z, s) of the pre-activations differ in their last third, and so do the two bias gradients.
Kept for the way back, a row: the three gates, s, and h as the step found it (5 H numbers).
Cost: 6 H (D + H) FLOPs a row forward, twice that backward. Formulas in NumPy: netcore/reference/gru.py.
"""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from netcore._kernels.dispatch cimport kernels_for, nc_kernels
from netcore._kernels.recurrent cimport Batch, length_at, nc_fetch, part_start, row_at, tile_rows

from netcore._kernels.recurrent import by_position, by_sequence, deal, gate_panels, input_part, shared_gradients, state_panels
from netcore import memory

cdef extern from "kernels/gates.h":
    enum:
        GRU_RESET, GRU_UPDATE, GRU_NEW, GRU_GATES


def forward(x, lengths, const floating[:, ::1] w_ih, const floating[:, ::1] w_hh, b_ih, b_hh, h0, bint reverse):
    """(y, h_n, gates, s, h_prev) with s = U_n h + d_n; x (rows, D) holds the sequences one after the other."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], H = w_hh.shape[1]
    order, first, parts = deal(lengths, rows * H * H * GRU_GATES)
    # b_hh joins the input's part, but for the candidate's share d_n, which belongs inside the reset gate's reach.
    d_n = np.zeros(H, x.dtype)
    bias = b_ih
    if b_hh is not None:
        bias = np.zeros(GRU_GATES * H, x.dtype) if b_ih is None else b_ih.copy()
        bias[: GRU_NEW * H] += b_hh[: GRU_NEW * H]
        d_n[:] = b_hh[GRU_NEW * H :]
    a = input_part(x, np.asarray(w_ih), bias)
    h_prev, s, y = [memory.empty((rows, H), x.dtype) for _ in range(3)]
    h_state = by_position(h0, order)
    most = -(-len(lengths) // parts)
    scratch = memory.empty((parts, most * (H + K.lanes) + GRU_GATES * K.mr * K.nr), x.dtype)

    cdef const int64_t[::1] orders = order, starts = first, counts = lengths
    cdef const floating[:, ::1] panels = gate_panels(w_hh, GRU_GATES)
    cdef const floating[::1] bias_n = d_n
    cdef floating[:, ::1] gates = a, hp = h_prev, fs = s, out = y, h = h_state, work = scratch
    cdef Batch B = Batch(counts.shape[0], parts, reverse, &orders[0], &counts[0], &starts[0])
    cdef int part, threads = parts
    for part in prange(threads, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        walk(K, &B, part, panels, bias_n, gates, h, hp, fs, out, work)
    return y, by_sequence(h_state, order), a, s, h_prev


cdef void walk(
    const nc_kernels *K, const Batch *B, int part, const floating[:, ::1] panels, const floating[::1] d_n, floating[:, ::1] gates,
    floating[:, ::1] h, floating[:, ::1] h_prev, floating[:, ::1] from_state, floating[:, ::1] y, floating[:, ::1] work,
) noexcept nogil:
    """One thread's sequences through all their steps; the longest comes first, so those that still run are the first ones."""
    cdef Py_ssize_t H = h.shape[1], stride = H + K.lanes, nr = K.nr, tile = K.mr * nr
    cdef Py_ssize_t start = part_start(B, part), running = part_start(B, part + 1) - start
    cdef Py_ssize_t step, width, block, j, i, units, tile_height, s, row
    cdef int gate
    cdef floating *z = &work[part, 0]
    cdef floating *state = z + GRU_GATES * tile # h as the step finds it, which its tiles overwrite
    if running == 0:
        return
    for step in range(length_at(B, start)):
        while length_at(B, start + running - 1) <= step:
            running -= 1
        for s in range(start, start + running):
            memcpy(&h_prev[row_at(B, s, step), 0], &h[s, 0], H * sizeof(floating))
            memcpy(state + (s - start) * stride, &h[s, 0], H * sizeof(floating))
        width = tile_rows(running, K.mr)
        for block in range((H + nr - 1) // nr):
            j = block * nr
            units = min(nr, H - j)
            for i in range((running + width - 1) // width):
                tile_height = min(width, running - i * width)
                for gate in range(GRU_GATES):
                    for s in range(start + i * width, start + i * width + tile_height):
                        nc_fetch(&gates[row_at(B, s, step), gate * H + j], units * sizeof(floating))
                    K.gemm_tile(tile_height, units, H, state + i * width * stride, stride, 1, &panels[gate, j * H], z + gate * tile, nr, NULL, 0, 0)
                for s in range(start + i * width, start + i * width + tile_height):
                    row = row_at(B, s, step)
                    K.gru_forward_row(
                        units, z + (s - start - i * width) * nr, tile, &d_n[j],
                        &gates[row, GRU_RESET * H + j], &gates[row, GRU_UPDATE * H + j], &gates[row, GRU_NEW * H + j],
                        &from_state[row, j], &h[s, j], &y[row, j])


def backward(dy, dh, x, lengths, const floating[:, ::1] w_ih, const floating[:, ::1] w_hh, gates, s, h_prev, bint reverse, needs):
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0), None where `needs` says no; dy (rows, H) may be None."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = x.shape[0], H = w_hh.shape[1]
    order, first, parts = deal(lengths, rows * H * H * GRU_GATES)
    from_input, from_state = memory.empty((rows, GRU_GATES * H), x.dtype), memory.empty((rows, GRU_GATES * H), x.dtype)
    dh_state = by_position(dh, order)
    most = -(-len(lengths) // parts)
    scratch = memory.empty((parts, most * (GRU_GATES * H + K.lanes)), x.dtype)

    cdef const int64_t[::1] orders = order, starts = first, counts = lengths
    cdef const floating[::1] panels = state_panels(w_hh)
    cdef const floating[:, ::1] kept = gates, fs = s, hp = h_prev, dout = dh_state if dy is None else dy
    cdef floating[:, ::1] d_input = from_input, d_state = from_state, dh_view = dh_state, work = scratch
    cdef Batch B = Batch(counts.shape[0], parts, reverse, &orders[0], &counts[0], &starts[0])
    cdef bint has_dy = dy is not None
    cdef int part, threads = parts
    for part in prange(threads, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        walk_back(K, &B, part, panels, kept, fs, hp, has_dy, dout, dh_view, d_input, d_state, work)
    return (*shared_gradients(from_input, from_state, x, h_prev, np.asarray(w_ih), needs),
            by_sequence(dh_state, order) if needs[5] else None)


cdef void walk_back(
    const nc_kernels *K, const Batch *B, int part, const floating[::1] panels, const floating[:, ::1] gates,
    const floating[:, ::1] s_kept, const floating[:, ::1] h_prev, bint has_dy, const floating[:, ::1] dy,
    floating[:, ::1] dh, floating[:, ::1] d_input, floating[:, ::1] d_state, floating[:, ::1] work,
) noexcept nogil:
    """The same steps, last one first; a sequence joins in at its own last step, with the gradient of its last state."""
    cdef Py_ssize_t H = dh.shape[1], depth = GRU_GATES * H, stride = depth + K.lanes
    cdef Py_ssize_t start = part_start(B, part), end = part_start(B, part + 1), running = 0
    cdef Py_ssize_t step, s, row
    cdef floating *step_d = &work[part, 0]                  # d_state of this step, one sequence after the other
    if start == end:
        return
    for step in range(length_at(B, start) - 1, -1, -1):
        while start + running < end and length_at(B, start + running) > step:
            running += 1
        for s in range(start, start + running):
            row = row_at(B, s, step)
            K.gru_backward_row(
                H, &dy[row, 0] if has_dy else NULL, &dh[s, 0],
                &gates[row, GRU_RESET * H], &gates[row, GRU_UPDATE * H], &gates[row, GRU_NEW * H], &s_kept[row, 0], &h_prev[row, 0],
                &d_input[row, GRU_RESET * H], &d_input[row, GRU_UPDATE * H], &d_input[row, GRU_NEW * H], &d_state[row, GRU_NEW * H])
            memcpy(&d_state[row, 0], &d_input[row, 0], GRU_NEW * H * sizeof(floating))  # reset and update: the same in both
            memcpy(step_d + (s - start) * stride, &d_state[row, 0], depth * sizeof(floating))
        # On top of z dh, which the gates left in dh.
        K.gemm_in_place(running, H, depth, step_d, stride, 1, &panels[0], &dh[start, 0], H, &dh[start, 0], H, 1)
