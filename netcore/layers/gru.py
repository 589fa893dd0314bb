"""The GRU layer. Its formulas: netcore/reference/gru.py; its kernel: csrc/gru.pyx; the walk over layers: recurrent.py."""

from typing import Any

import numpy as np

from netcore import functional as F
from netcore.gates import GRUGate
from netcore.layers.recurrent import Recurrent, States


class GRU(Recurrent):
    """Gated recurrent units over (N, T, D) sequences; `batch_first` is True by default, unlike PyTorch's.

    Phases, arguments and errors are those of `LSTM`; the state is one array h_n (num_layers · directions, N, H).
    Parameters as those of `LSTM` with 3 H rows, gates in the order r, z, n, all from U(±1/√H).
    Caches x and 5 H numbers a step, layer and direction; 6 H (D + H) FLOPs a step forward, twice that backward.

    >>> import netcore as nc, numpy as np
    >>> nc.GRU(4, 8, bidirectional=True).forward(np.ones((3, 5, 4), np.float32)).shape
    (3, 5, 16)
    """

    gates = len(GRUGate)
    kept_per_step = 5  # three gates, the recurrent part of the candidate, the state

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = True,
        dropout: float = 0.0, bidirectional: bool = False, return_state: bool = False, *, rng: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, return_state, rng)

    def run(self, x: np.ndarray, weights: dict[str, Any], states: States, lengths: Any, reverse: bool) -> tuple[np.ndarray, States, Any]:
        y, h, cache = F.gru_forward(x, **weights, h0=states[0], lengths=lengths, reverse=reverse, keep=self.training)
        return y, (h,), cache

    def run_back(self, dy: np.ndarray | None, cache: Any, dstates: States, needs: tuple[bool, ...]) -> tuple[Any, ...]:
        return F.gru_backward(dy, cache, *dstates, needs=needs)
