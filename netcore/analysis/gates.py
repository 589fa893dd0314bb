"""What the gates of an LSTM do, step by step."""

from typing import Any

import numpy as np

from netcore import functional as F
from netcore.gates import LSTMGate, rows_of


def gate_trace(lstm: Any, x: np.ndarray, layer: int = 0) -> dict[str, np.ndarray]:
    """Input, forget and output gate, candidate and cell state of one layer of an `nc.LSTM` over one sequence x (T, D):
    a dict of arrays (T, H). The layers below are run first; the network is not changed.

    >>> import netcore as nc
    >>> sorted(gate_trace(nc.LSTM(3, 4), np.zeros((5, 3), np.float32)))
    ['candidate', 'cell', 'forget', 'input', 'output']
    """
    inputs = np.ascontiguousarray(x[None])
    for index in range(layer + 1):
        weights: list[Any] = [None if p is None else p.data for p in lstm.weights(f"_l{index}")]
        w_ih, w_hh, b_ih, b_hh = weights
        inputs, _, cache = F.lstm_forward(inputs, w_ih, w_hh, b_ih, b_hh)
    gates = {gate.name.lower(): cache.gates[:, rows_of(gate, lstm.hidden_size)] for gate in LSTMGate}
    cell = gates["forget"] * cache.c_prev + gates["input"] * gates["candidate"]
    return gates | {"cell": cell}
