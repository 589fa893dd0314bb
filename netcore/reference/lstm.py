"""The LSTM, gate by gate: one layer, one direction, all steps. Compiled twin: csrc/lstm.pyx.

The cell state c runs through the chain of steps; gates, each a sigmoid between 0 (nothing passes) and 1 (everything), take
from it and add to it:

    f = σ(W_f x + U_f h + b_f)        forget gate: what stays of the old cell state
    i = σ(W_i x + U_i h + b_i)        input gate: what enters
    g = tanh(W_g x + U_g h + b_g)     candidate: what could enter
    c' = f · c + i · g                the new cell state
    o = σ(W_o x + U_o h + b_o)        output gate: what shows
    h' = o · tanh(c')                 the new state, which is also the step's output

`w_ih` stacks W_i, W_f, W_g, W_o (4H, D), `w_hh` stacks U_i, U_f, U_g, U_o (4H, H).
Sources: Hochreiter and Schmidhuber (1997), "Long short-term memory"; Gers, Schmidhuber and Cummins (2000) for the forget
gate; Werbos (1990) for the way back through time. Read next: netcore/reference/gru.py, then csrc/lstm.pyx.
"""

import numpy as np

from netcore.gates import LSTMGate as Gate
from netcore.gates import rows_of
from netcore.reference.sequence import project, sigmoid, states_before, steps, steps_back


def forward(x, lengths, w_ih, w_hh, b_ih, b_hh, h0, c0, reverse, keep):
    """(y, h_n, c_n, states, gates, c_prev, tanh_c); x (rows, D) holds the sequences one after the other.

    The last four are for the way back; without `keep` they are None.
    """
    hidden = w_hh.shape[1]
    h, c = h0.copy(), c0.copy()
    y, c_prev, tanh_c = (np.empty((len(x), hidden), x.dtype) for _ in range(3))
    gates = np.empty((len(x), 4 * hidden), x.dtype)
    for n, row in steps(lengths, reverse):
        c_prev[row] = c[n]
        a = project(x[row], w_ih, b_ih) + project(h[n], w_hh, b_hh)
        # What to forget of the old cell state.
        f = sigmoid(a[:, rows_of(Gate.FORGET, hidden)])
        # What could be stored, and how much of it is.
        i = sigmoid(a[:, rows_of(Gate.INPUT, hidden)])
        g = np.tanh(a[:, rows_of(Gate.CANDIDATE, hidden)])
        # The update of the cell state.
        c[n] = f * c[n] + i * g
        # What to show of it.
        o = sigmoid(a[:, rows_of(Gate.OUTPUT, hidden)])
        tanh_c[row] = np.tanh(c[n])
        h[n] = o * tanh_c[row]
        y[row] = h[n]
        gates[row] = np.concatenate([i, f, g, o], axis=1)
    return y, h, c, *((y.copy(), gates, c_prev, tanh_c) if keep else (None,) * 4)


def backward(dy, dh, dc, x, lengths, w_ih, w_hh, h0, states, gates, c_prev, tanh_c, reverse, needs):
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0, dc0), None where `needs` says no.

    dy (rows, H) or None; dh and dc (N, H) are the gradients of the last states. Each line undoes one of forward's.
    """
    hidden = w_hh.shape[1]
    dh, dc = dh.copy(), dc.copy()
    da = np.empty_like(gates)  # gradient of the pre-activations
    for n, row in steps_back(lengths, reverse):
        i, f, g, o = (gates[row, rows_of(gate, hidden)] for gate in Gate)
        # y[row] = h[n]: the state's gradient comes from the output and from the step after.
        dstate = dh[n] if dy is None else dh[n] + dy[row]
        # h = o · tanh(c)
        do = dstate * tanh_c[row]
        dcell = dc[n] + dstate * o * (1 - tanh_c[row] ** 2)
        # c = f · c_prev + i · g
        df = dcell * c_prev[row]
        di = dcell * g
        dg = dcell * i
        dc[n] = dcell * f
        # The gates: a sigmoid's slope is s (1 - s), a tanh's 1 - t².
        da[row] = np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], axis=1)
        # a = … + U h_prev
        dh[n] = da[row] @ w_hh
    # All copies of the cell share their parameters: the gradients of all steps are summed.
    dx = da @ w_ih if needs[0] else None
    dw_ih = da.T @ x if needs[1] else None
    dw_hh = da.T @ states_before(states, h0, lengths, reverse) if needs[2] else None
    db_ih = da.sum(axis=0) if needs[3] else None
    db_hh = da.sum(axis=0) if needs[4] else None
    return dx, dw_ih, dw_hh, db_ih, db_hh, dh if needs[5] else None, dc if needs[6] else None
