"""The simple recurrent layer: one layer, one direction, all steps. Compiled twin: csrc/rnn.pyx.

    h' = φ(W x + b + U h + d)       φ = tanh or max(0, ·); the new state is also the step's output

`w_ih` is W (H, D), `w_hh` is U (H, H). The gradient of a step T back goes through T factors Uᵀ φ', which is why it
vanishes or explodes (Bengio, Simard and Frasconi, 1994). Source: Elman (1990), "Finding structure in time".
Read next: netcore/reference/lstm.py, which adds what keeps gradients alive.
"""

import numpy as np

from netcore.reference.sequence import project, states_before, steps, steps_back


def forward(x, lengths, w_ih, w_hh, b_ih, b_hh, h0, relu, reverse, keep):
    """(y, h_n, states); x (rows, D) holds the sequences one after the other, states is y once more for the way back, None without `keep`."""
    h = h0.copy()
    y = np.empty((len(x), w_hh.shape[1]), x.dtype)
    for n, row in steps(lengths, reverse):
        a = project(x[row], w_ih, b_ih) + project(h[n], w_hh, b_hh)
        h[n] = np.maximum(a, 0) if relu else np.tanh(a)
        y[row] = h[n]
    return y, h, y.copy() if keep else None


def backward(dy, dh, x, lengths, w_ih, w_hh, h0, states, relu, reverse, needs):
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0), None where `needs` says no."""
    dh = dh.copy()
    da = np.empty_like(states)
    for n, row in steps_back(lengths, reverse):
        dstate = dh[n] if dy is None else dh[n] + dy[row]
        da[row] = dstate * (states[row] > 0) if relu else dstate * (1 - states[row] ** 2)
        dh[n] = da[row] @ w_hh
    # All copies of the cell share their parameters: the gradients of all steps are summed.
    dx = da @ w_ih if needs[0] else None
    dw_ih = da.T @ x if needs[1] else None
    dw_hh = da.T @ states_before(states, h0, lengths, reverse) if needs[2] else None
    db_ih = da.sum(axis=0) if needs[3] else None
    db_hh = da.sum(axis=0) if needs[4] else None
    return dx, dw_ih, dw_hh, db_ih, db_hh, dh if needs[5] else None
