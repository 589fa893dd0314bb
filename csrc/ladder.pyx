# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Rungs of the teaching ladder that need a compiler: the loops as they are in a textbook, and the same loops in another order.

Nothing of the engine uses these. No vectors by hand, no threads, no tiles: what the C compiler makes of plain loops.
Read them beside bench/ladder, which times them; what the engine does instead is in csrc/conv.pyx, pool.pyx and lstm.pyx.
"""

from cython cimport floating
from libc.math cimport exp, expf, tanh, tanhf
from libc.stdint cimport uint8_t


# ---- convolution: x comes in padded, the stride is 1 --------------------------------------------------------------------

def conv_loops(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] w, const floating[::1] b, floating[:, :, :, ::1] y):
    """One output at a time: its sum stays in a register, but x is read at three strides and nothing is a vector."""
    cdef Py_ssize_t n, k, oh, ow, c, r, s
    cdef floating total
    with nogil:
        for n in range(y.shape[0]):
            for k in range(y.shape[1]):
                for oh in range(y.shape[2]):
                    for ow in range(y.shape[3]):
                        total = b[k]
                        for c in range(w.shape[1]):
                            for r in range(w.shape[2]):
                                for s in range(w.shape[3]):
                                    total = total + x[n, c, oh + r, ow + s] * w[k, c, r, s]
                        y[n, k, oh, ow] = total


def conv_rows(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] w, const floating[::1] b, floating[:, :, :, ::1] y):
    """One weight at a time over a whole row of outputs: the innermost loop is contiguous, so the compiler makes vectors of it."""
    cdef Py_ssize_t n, k, oh, ow, c, r, s, width = y.shape[3]
    cdef floating weight
    cdef const floating *source
    cdef floating *row
    with nogil:
        for n in range(y.shape[0]):
            for k in range(y.shape[1]):
                for oh in range(y.shape[2]):
                    row = &y[n, k, oh, 0]
                    for ow in range(width):
                        row[ow] = b[k]
                    for c in range(w.shape[1]):
                        for r in range(w.shape[2]):
                            for s in range(w.shape[3]):
                                weight, source = w[k, c, r, s], &x[n, c, oh + r, s]
                                for ow in range(width):
                                    row[ow] = row[ow] + source[ow] * weight


def conv_loops_back(
    const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] w, const floating[:, :, :, ::1] dy,
    floating[:, :, :, ::1] dx, floating[:, :, :, ::1] dw, floating[::1] db,
):
    """Each dy goes to the inputs and the weights that made its output; dx (padded), dw and db come in as zeros."""
    cdef Py_ssize_t n, k, oh, ow, c, r, s
    cdef floating d
    with nogil:
        for n in range(dy.shape[0]):
            for k in range(dy.shape[1]):
                for oh in range(dy.shape[2]):
                    for ow in range(dy.shape[3]):
                        d = dy[n, k, oh, ow]
                        db[k] = db[k] + d
                        for c in range(w.shape[1]):
                            for r in range(w.shape[2]):
                                for s in range(w.shape[3]):
                                    dx[n, c, oh + r, ow + s] = dx[n, c, oh + r, ow + s] + d * w[k, c, r, s]
                                    dw[k, c, r, s] = dw[k, c, r, s] + d * x[n, c, oh + r, ow + s]


# ---- max-pool: windows of 2 x 2 side by side ----------------------------------------------------------------------------

def pool_loops(const floating[:, :, ::1] x, floating[:, :, ::1] y, uint8_t[:, :, ::1] which):
    """The greatest number of each window of the planes x (P, H, W), and its place 0 … 3."""
    cdef Py_ssize_t p, oh, ow, place
    cdef floating value
    with nogil:
        for p in range(y.shape[0]):
            for oh in range(y.shape[1]):
                for ow in range(y.shape[2]):
                    y[p, oh, ow], which[p, oh, ow] = x[p, 2 * oh, 2 * ow], 0
                    for place in range(1, 4):
                        value = x[p, 2 * oh + place // 2, 2 * ow + place % 2]
                        if value > y[p, oh, ow]:
                            y[p, oh, ow], which[p, oh, ow] = value, <uint8_t> place


def pool_loops_back(const floating[:, :, ::1] dy, const uint8_t[:, :, ::1] which, floating[:, :, ::1] dx):
    """Each dy goes to the place that won; dx comes in as zeros."""
    cdef Py_ssize_t p, oh, ow, place
    with nogil:
        for p in range(dy.shape[0]):
            for oh in range(dy.shape[1]):
                for ow in range(dy.shape[2]):
                    place = which[p, oh, ow]
                    dx[p, 2 * oh + place // 2, 2 * ow + place % 2] = dy[p, oh, ow]


# ---- LSTM: z holds the four pre-activations of a step, gates in the order i, f, g, o -------------------------------------

cdef inline floating sigmoid(floating z) noexcept nogil:
    return 1 / (1 + (expf(-z) if floating is float else exp(-z)))


cdef inline floating tangent(floating z) noexcept nogil:
    return tanhf(z) if floating is float else tanh(z)


cdef inline void cell(floating[::1] z, floating[::1] h, floating[::1] c, floating[::1] y) noexcept nogil:
    """From pre-activations and the old state to the new one, and the output."""
    cdef Py_ssize_t j, H = h.shape[0]
    for j in range(H):
        c[j] = sigmoid(z[H + j]) * c[j] + sigmoid(z[j]) * tangent(z[2 * H + j])
        h[j] = y[j] = sigmoid(z[3 * H + j]) * tangent(c[j])


def lstm_loops(
    const floating[:, :, ::1] x, const floating[:, ::1] w_ih, const floating[:, ::1] w_hh, const floating[::1] b,
    floating[:, :, ::1] y, floating[::1] z, floating[::1] h, floating[::1] c,
):
    """Sequence by sequence, step by step: each pre-activation is two dot products along a row of the weights."""
    cdef Py_ssize_t n, t, row, d, H = h.shape[0]
    cdef floating total
    with nogil:
        for n in range(x.shape[0]):
            h[:], c[:] = 0, 0
            for t in range(x.shape[1]):
                for row in range(4 * H):
                    total = b[row]
                    for d in range(x.shape[2]):
                        total = total + x[n, t, d] * w_ih[row, d]
                    for d in range(H):
                        total = total + h[d] * w_hh[row, d]
                    z[row] = total
                cell(z, h, c, y[n, t])


def lstm_columns(
    const floating[:, :, ::1] x, const floating[:, ::1] columns, const floating[::1] b,
    floating[:, :, ::1] y, floating[::1] z, floating[::1] h, floating[::1] c,
):
    """The same with the weights transposed once, [w_ih; w_hh]ᵀ (D + H, 4H): all pre-activations grow together, as vectors."""
    cdef Py_ssize_t n, t, row, d, H = h.shape[0], D = x.shape[2]
    cdef floating number
    cdef const floating *weights
    cdef floating *sums = &z[0]
    with nogil:
        for n in range(x.shape[0]):
            h[:], c[:] = 0, 0
            for t in range(x.shape[1]):
                z[:] = b
                for d in range(D + H):
                    number, weights = x[n, t, d] if d < D else h[d - D], &columns[d, 0]
                    for row in range(4 * H):
                        sums[row] = sums[row] + number * weights[row]
                cell(z, h, c, y[n, t])
