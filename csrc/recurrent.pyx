# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What csrc/lstm.pyx, gru.pyx and rnn.pyx share.

Sequences lie one after the other, row by row and without padding (netcore/reference/sequence.py). They are dealt out to
threads, and each thread walks through all steps of its own sequences without waiting for the others; what a sequence
gets does not depend on who walks with it, so results are bit-identical for any number of threads.

What does not depend on the state is taken out of the walk, as one product over all rows: the input's part of the
pre-activations in front of it, the gradients of the input and of the parameters after the walk back.
"""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, thread_count
from netcore._kernels.gemm import matmul
from netcore import memory

cdef enum:
    WORTH_A_THREAD = 1 << 20    # multiply-adds for each thread, about ten times what waking it costs


def deal(lengths, work):
    """(order, first, parts): the sequences by position, the first row of each, and how many threads take part.

    Part p gets every parts-th sequence of those sorted by length, so that all parts have about as many steps to walk.
    """
    count = len(lengths)
    first = np.cumsum(lengths) - lengths
    parts = max(1, min(thread_count(), count, work // WORTH_A_THREAD))
    if count == 0 or (lengths == lengths[0]).all():
        return np.arange(count), first, parts
    by_length = np.argsort(-lengths, kind="stable")
    return np.concatenate([by_length[part::parts] for part in range(parts)]), first, parts


def by_position(states, order):
    """A copy of (N, H) states in the order of the walk: neighbours in memory belong to one thread."""
    return np.ascontiguousarray(states[order])


def by_sequence(states, order):
    """The inverse of `by_position`."""
    out = np.empty_like(states)
    out[order] = states
    return out


def input_part(x, w_ih, bias):
    """x W_ihᵀ + bias for all rows at once."""
    out = memory.empty((x.shape[0], w_ih.shape[0]), x.dtype)
    matmul(x, w_ih.T, bias, out)
    return out


def gate_panels(const floating[:, ::1] w_hh, Py_ssize_t gates):
    """W_hhᵀ packed once for all steps: (gates, panels of NR hidden units, each H deep)."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t H = w_hh.shape[1], gate
    out = memory.empty((gates, panel_columns(K, H) * H), np.asarray(w_hh).dtype)
    cdef floating[:, ::1] panels = out
    with nogil:
        for gate in range(gates):
            K.pack(H, H, K.nr, 1, &w_hh[gate * H, 0], H, 1, &panels[gate, 0])
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


cdef void hidden_product(const nc_kernels *K, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t depth, Py_ssize_t width,
                         const floating *a_panels, const floating *b_panels, floating *out, Py_ssize_t ldc, bint add) noexcept nogil:
    """out (rows, columns) = A B, or += with `add`; both packed, A in panels of `width` rows."""
    cdef Py_ssize_t i, j, tile
    for j in range((columns + K.nr - 1) // K.nr):
        for i in range((rows + width - 1) // width):
            tile = i * width * ldc + j * K.nr
            K.gemm_tile(min(width, rows - i * width), min(<Py_ssize_t> K.nr, columns - j * K.nr), depth,
                        a_panels + i * width * depth, b_panels + j * K.nr * depth, out + tile, ldc,
                        out + tile if add else NULL, ldc, 1)


def column_sums(const floating[:, ::1] a):
    """Σ over rows, in an order that depends on the number of rows alone."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t rows = a.shape[0], columns = a.shape[1], strip = 8 * K.lanes, j
    cdef int threads = thread_count() if rows * columns > WORTH_A_THREAD // 4 else 1
    out = np.zeros(columns, np.asarray(a).dtype)
    cdef floating[::1] sums = out
    if rows:
        for j in prange((columns + strip - 1) // strip, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
            K.column_sums(rows, min(strip, columns - j * strip), &a[0, j * strip], columns, &sums[j * strip])
    return out


def shared_gradients(from_input, from_state, x, h_prev, w_ih, needs):
    """(dx, dw_ih, dw_hh, db_ih, db_hh) as products over all rows, from the gradients of the two pre-activations.

    All copies of the cell share their parameters, so their gradients are summed over the steps.
    """
    dx = dw_ih = dw_hh = db_ih = db_hh = None
    if needs[0]:
        dx = memory.empty(x.shape, x.dtype)
        matmul(from_input, w_ih, None, dx)
    if needs[1]:
        dw_ih = memory.empty(w_ih.shape, x.dtype)
        matmul(from_input.T, x, None, dw_ih)
    if needs[2]:
        dw_hh = memory.empty((w_ih.shape[0], h_prev.shape[1]), x.dtype)
        matmul(from_state.T, h_prev, None, dw_hh)
    if needs[3]:
        db_ih = column_sums(from_input)
    if needs[4]:
        db_hh = db_ih.copy() if from_state is from_input and db_ih is not None else column_sums(from_state)
    return dx, dw_ih, dw_hh, db_ih, db_hh
