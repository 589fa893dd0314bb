"""What the gates of an LSTM or a GRU do, step by step; of a plain RNN, which has none, what its state does.

    LSTM   input, forget, candidate, output; cell          c = f · c + i · g        h = o · tanh c
    GRU    reset, update, new; state                       h = z · h + (1 - z) · n
    RNN    state                                           h = tanh(W x + U h + b)

A forget gate (GRU: an update gate) at 1 keeps what is there, at 0 clears it. Formulas gate by gate: netcore/reference. Read next: bptt.py.
"""

from typing import Any

import numpy as np

from netcore import functional as F
from netcore.errors import ArgumentError, ShapeError
from netcore.gates import GRUGate, rows_of
from netcore.layers import GRU, LSTM, RNN


def gate_trace(rnn: Any, x: np.ndarray, layer: int = 0) -> dict[str, np.ndarray]:
    """Every gate and the state (of an LSTM: the cell) of one layer of an `nc.LSTM`, `nc.GRU` or `nc.RNN` over one sequence
    x (T, D), from a state of zeros: a dict of arrays (T, H). The layers below are run first; the network is not changed.

    Raises ArgumentError for another kind of layer, two directions, or a layer that is not there.

    >>> import netcore as nc
    >>> sorted(gate_trace(nc.LSTM(3, 4), np.zeros((5, 3), np.float32)))
    ['candidate', 'cell', 'forget', 'input', 'output']
    >>> sorted(gate_trace(nc.GRU(3, 4), np.zeros((5, 3), np.float32)))
    ['new', 'reset', 'state', 'update']
    """
    if not isinstance(rnn, (LSTM, GRU, RNN)) or rnn.directions != 1:
        raise ArgumentError("gate_trace looks at an LSTM, GRU or RNN in one direction; take both directions apart to see each")
    if not 0 <= layer < rnn.num_layers:
        raise ArgumentError(f"layer must be in 0..{rnn.num_layers - 1}, got {layer}")
    if x.ndim != 2 or x.shape[1] != rnn.input_size:
        raise ShapeError(f"x must be one sequence (T, D={rnn.input_size}), got shape {x.shape}")
    traces: dict[str, np.ndarray] = {}
    inputs = np.ascontiguousarray(x[None])
    for index in range(layer + 1):
        inputs, traces = _layer(rnn, inputs, [None if p is None else p.data for p in rnn.weights(f"_l{index}")])
    return traces


def _layer(rnn: Any, x: np.ndarray, weights: list[Any]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(y, the traces) of one layer for x (1, T, D)."""
    if isinstance(rnn, LSTM):
        y, _, kept = F.lstm_forward(x, *weights)
        return y, {name: value[0] for name, value in F.lstm_gates(kept).items()}
    if isinstance(rnn, GRU):
        y, _, cache = F.gru_forward(x, *weights)
        gates = {gate.name.lower(): cache.gates[:, rows_of(gate, rnn.hidden_size)] for gate in GRUGate}
        return y, gates | {"state": y[0]}
    w_ih, w_hh, b_ih, b_hh = weights
    y, _, _ = F.rnn_forward(x, w_ih, w_hh, b_ih, b_hh, nonlinearity=rnn.nonlinearity)
    return y, {"state": y[0]}
