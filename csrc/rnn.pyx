# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The simple recurrent layer's walk through time: the shortest of the three, and a good one to read first.

    before the walk      a = x W_ihᵀ + b       one product for all steps
    each step            h = φ(a + h W_hhᵀ)    φ = tanh or max(0, ·); W_hh is packed once
    each step back       da = φ'(a) (dy + dh);  dh = da W_hh
    after the walk back  dx = da W_ih,  dW_ih = daᵀ x,  dW_hh = daᵀ h_prev,  db = Σ da

Kept for the way back, a row: the state, from which φ' follows (H numbers; y is the caller's, who may change it).
Cost: 2 H (D + H) FLOPs a row forward, twice that backward. Formulas in NumPy: netcore/reference/rnn.py; next: csrc/lstm.pyx.
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.string cimport memcpy

from netcore._kernels.dispatch cimport apart, kernels_for, nc_kernels, numbers
from netcore._kernels.recurrent cimport (
    Batch, Deal, gate_panels, input_part, joined, length_at, nc_fetch, part_start, room, row_at, state_before, state_panels, tile_rows,
)
from netcore._kernels.recurrent_gradients cimport shared_gradients


def forward(x, lengths, w_ih, w_hh, b_ih, b_hh, h0, bint relu, bint reverse, bint keep):
    """(y, h_n, states); x (rows, D) holds the sequences one after the other, states is y once more for the way back, None without `keep`."""
    cdef Py_ssize_t size = x.itemsize
    if size == 4:
        return walked(<const float *> numbers(w_ih, size), <const float *> numbers(w_hh, size), x, lengths, joined(b_ih, b_hh), h0, relu, reverse, keep)
    return walked(<const double *> numbers(w_ih, size), <const double *> numbers(w_hh, size), x, lengths, joined(b_ih, b_hh), h0, relu, reverse, keep)


cdef tuple walked(const floating *u_ih, const floating *u_hh, x, lengths, bias, h0, bint relu, bint reverse, bint keep):
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t size = sizeof(floating), rows = x.shape[0], H = h0.shape[1], room_each
    cdef Deal deal = Deal(lengths, rows * H * H, reverse)
    dtype = x.dtype
    y, h_n, panels = input_part(u_ih, x, H, bias), room(deal.batch.count, H, dtype), gate_panels(u_hh, H, 1, u_ih, 0, dtype)
    states = room(rows, H, dtype) if keep else None
    room_each = apart(2 * deal.most * (H + K.lanes) + K.mr * K.nr, size)
    scratch = room(deal.batch.parts, room_each, dtype)
    cdef floating *work = <floating *> numbers(scratch, size)
    cdef floating *y_at = <floating *> numbers(y, size)
    cdef floating *states_at = <floating *> numbers(states, size)
    cdef floating *h_n_at = <floating *> numbers(h_n, size)
    cdef const floating *h0_at = <const floating *> numbers(h0, size)
    cdef const floating *panels_at = <const floating *> numbers(panels, size)
    cdef int part, threads = deal.batch.parts
    for part in prange(threads, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        walk(K, &deal.batch, part, relu, H, panels_at, h0_at, y_at, states_at, h_n_at, work + part * room_each)
    return y, h_n, states


cdef void walk(
    const nc_kernels *K, const Batch *B, int part, bint relu, Py_ssize_t H, const floating *panels, const floating *h0,
    floating *y, floating *states, floating *h_n, floating *z,
) noexcept nogil:
    """One thread's sequences through all their steps; the longest comes first, so those that still run are the first ones.

    y holds a, the input's part, and receives the states. Those that a step reads and those that it writes also lie in two
    places of their own, since its tiles read the old ones to its end.
    """
    cdef Py_ssize_t stride = H + K.lanes, nr = K.nr
    cdef Py_ssize_t start = part_start(B, part), end = part_start(B, part + 1), running = end - start
    cdef Py_ssize_t step, width, block, j, i, units, s, first, last, row
    cdef floating *now = z + K.mr * nr
    cdef floating *after = now + running * stride
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
                for s in range(first, last):
                    nc_fetch(y + row_at(B, s, step) * H + j, units * sizeof(floating))
                K.gemm_tile(last - first, units, H, now + (first - start) * stride, stride, 1, panels + j * H, z, nr, NULL, 0, 0)
                for s in range(first, last):
                    row = row_at(B, s, step)
                    K.rnn_forward_row(units, relu, z + (s - first) * nr, states + row * H + j if states else NULL, after + (s - start) * stride + j, y + row * H + j)
        now, after = after, now
    for s in range(start, end):
        memcpy(h_n + B.order[s] * H, state_before(B, s, length_at(B, s), y, h0, H), H * sizeof(floating))


def backward(dy, dh, x, lengths, w_ih, w_hh, h0, states, bint relu, bint reverse, needs):
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0), None where `needs` says no; dy (rows, H) may be None."""
    cdef Py_ssize_t size = x.itemsize
    if size == 4:
        return walked_back(<const float *> numbers(w_ih, size), <const float *> numbers(w_hh, size), dy, dh, x, lengths, h0, states, relu, reverse, needs)
    return walked_back(<const double *> numbers(w_ih, size), <const double *> numbers(w_hh, size), dy, dh, x, lengths, h0, states, relu, reverse, needs)


cdef tuple walked_back(const floating *u_ih, const floating *u_hh, dy, dh, x, lengths, h0, states, bint relu, bint reverse, needs):
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t size = sizeof(floating), rows = x.shape[0], H = states.shape[1], room_each
    cdef Deal deal = Deal(lengths, rows * H * H, reverse)
    dtype = x.dtype
    da, dh0, panels = room(rows, H, dtype), dh.copy(), state_panels(u_hh, H, H, dtype)
    room_each = apart(deal.most * (2 * H + K.lanes), size)
    scratch = room(deal.batch.parts, room_each, dtype)
    cdef floating *work = <floating *> numbers(scratch, size)
    cdef floating *da_at = <floating *> numbers(da, size)
    cdef floating *dh_at = <floating *> numbers(dh0, size)
    cdef const floating *dy_at = <const floating *> numbers(dy, size)
    cdef const floating *states_at = <const floating *> numbers(states, size)
    cdef const floating *panels_at = <const floating *> numbers(panels, size)
    cdef int part, threads = deal.batch.parts
    for part in prange(threads, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        walk_back(K, &deal.batch, part, relu, H, panels_at, states_at, dy_at, dh_at, da_at, work + part * room_each)
    return (*shared_gradients(u_ih, deal, da, da, x, states, h0, needs), dh0 if needs[5] else None)


cdef void walk_back(
    const nc_kernels *K, const Batch *B, int part, bint relu, Py_ssize_t H, const floating *panels, const floating *states,
    const floating *dy, floating *dh_ends, floating *da, floating *step_da,
) noexcept nogil:
    """The same steps, last one first; a sequence joins in at its own last step, with the gradient of its last state.

    step_da holds da of this step, one sequence after the other; behind it lies their dh.
    """
    cdef Py_ssize_t stride = H + K.lanes
    cdef Py_ssize_t start = part_start(B, part), end = part_start(B, part + 1), running = 0
    cdef Py_ssize_t step, s, row
    cdef floating *dh = step_da + (end - start) * stride
    if start == end:
        return
    for step in range(length_at(B, start) - 1, -1, -1):
        while start + running < end and length_at(B, start + running) > step:
            memcpy(dh + running * H, dh_ends + B.order[start + running] * H, H * sizeof(floating))
            running += 1
        for s in range(start, start + running):
            row = row_at(B, s, step)
            K.rnn_backward_row(H, relu, dy + row * H if dy else NULL, dh + (s - start) * H, states + row * H, step_da + (s - start) * stride)
            memcpy(da + row * H, step_da + (s - start) * stride, H * sizeof(floating))
        K.gemm_in_place(running, H, H, step_da, stride, 1, panels, dh, H, NULL, 0, 0)
    for s in range(start, start + running):
        memcpy(dh_ends + B.order[s] * H, dh + (s - start) * H, H * sizeof(floating))
