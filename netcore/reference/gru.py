"""The gated recurrent unit, gate by gate: one layer, one direction, all steps. Compiled twin: csrc/gru.pyx.

It has no cell state; one gate decides both how much of the old state stays and how much of the candidate enters:

    r = σ(W_r x + b_r + U_r h + d_r)               reset gate: what the candidate sees of the old state
    z = σ(W_z x + b_z + U_z h + d_z)               update gate: what stays of the old state
    n = tanh(W_n x + b_n + r · (U_n h + d_n))      candidate
    h' = (1 - z) · n + z · h                       the new state, which is also the step's output

The reset gate stands after the product, as in PyTorch and cuDNN; in the paper it stands before it.
`w_ih` stacks W_r, W_z, W_n (3H, D), `w_hh` stacks U_r, U_z, U_n (3H, H), `b_hh` stacks d_r, d_z, d_n.
Source: Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder". Read next: csrc/gru.pyx.
"""

import numpy as np

from netcore.gates import GRUGate as Gate
from netcore.gates import rows_of
from netcore.reference.sequence import project, sigmoid, states_before, steps, steps_back


def forward(x, lengths, w_ih, w_hh, b_ih, b_hh, h0, reverse, keep):
    """(y, h_n, states, gates, s) with s = U_n h + d_n; x (rows, D) holds the sequences one after the other.

    The last three are for the way back; without `keep` they are None.
    """
    hidden = w_hh.shape[1]
    reset, update, new = (rows_of(gate, hidden) for gate in Gate)
    h = h0.copy()
    y, s = (np.empty((len(x), hidden), x.dtype) for _ in range(2))
    gates = np.empty((len(x), 3 * hidden), x.dtype)
    for k, row in steps(lengths, reverse):
        from_input, from_state = project(x[row], w_ih, b_ih), project(h[k], w_hh, b_hh)
        # What the candidate sees of the old state.
        r = sigmoid(from_input[:, reset] + from_state[:, reset])
        s[row] = from_state[:, new]
        n = np.tanh(from_input[:, new] + r * s[row])
        # A mixture of the candidate and the old state.
        z = sigmoid(from_input[:, update] + from_state[:, update])
        h[k] = (1 - z) * n + z * h[k]
        y[row] = h[k]
        gates[row] = np.concatenate([r, z, n], axis=1)
    return y, h, *((y.copy(), gates, s) if keep else (None,) * 3)


def backward(dy, dh, x, lengths, w_ih, w_hh, h0, states, gates, s, reverse, needs):
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0), None where `needs` says no. Each line undoes one of forward's."""
    hidden = w_hh.shape[1]
    dh, h_prev = dh.copy(), states_before(states, h0, lengths, reverse)
    from_input, from_state = np.empty_like(gates), np.empty_like(gates)  # gradients of the two pre-activations
    for k, row in steps_back(lengths, reverse):
        r, z, n = (gates[row, rows_of(gate, hidden)] for gate in Gate)
        # y[row] = h[k]: the state's gradient comes from the output and from the step after.
        dstate = dh[k] if dy is None else dh[k] + dy[row]
        # h = (1 - z) n + z h_prev
        dz = dstate * (h_prev[row] - n)
        dn = dstate * (1 - z)
        # n = tanh(from_input + r s)
        dn = dn * (1 - n**2)
        dr = dn * s[row]
        ds = dn * r
        # The gates: a sigmoid's slope is s (1 - s).
        dr, dz = dr * r * (1 - r), dz * z * (1 - z)
        from_input[row] = np.concatenate([dr, dz, dn], axis=1)
        from_state[row] = np.concatenate([dr, dz, ds], axis=1)
        # h_prev went into the mixture, and into the products U h.
        dh[k] = dstate * z + from_state[row] @ w_hh
    # All copies of the cell share their parameters: the gradients of all steps are summed.
    dx = from_input @ w_ih if needs[0] else None
    dw_ih = from_input.T @ x if needs[1] else None
    dw_hh = from_state.T @ h_prev if needs[2] else None
    db_ih = from_input.sum(axis=0) if needs[3] else None
    db_hh = from_state.sum(axis=0) if needs[4] else None
    return dx, dw_ih, dw_hh, db_ih, db_hh, dh if needs[5] else None
