"""The simple recurrent layer. Its formula: netcore/reference/rnn.py; its kernel: csrc/rnn.pyx; the walk over layers: recurrent.py."""

from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.functional.rnn import NONLINEARITIES
from netcore.layers.recurrent import Recurrent, States


class RNN(Recurrent):
    """h' = φ(W x + b + U h + d) over (N, T, D) sequences, φ 'tanh' or 'relu'; `batch_first` is True by default, unlike PyTorch's.

    Phases, arguments and errors are those of `LSTM`; the state is one array h_n (num_layers · directions, N, H).
    Parameters as those of `LSTM` with H rows, all from U(±1/√H).
    Caches x and H numbers a step, layer and direction; 2 H (D + H) FLOPs a step forward, twice that backward.

    >>> import netcore as nc, numpy as np
    >>> nc.RNN(4, 8, nonlinearity="relu").forward(np.ones((3, 5, 4), np.float32)).shape
    (3, 5, 8)
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = True, dropout: float = 0.0, bidirectional: bool = False, return_state: bool = False, *, rng: Any = None,
    ) -> None:
        self.nonlinearity = checks.one_of("nonlinearity", nonlinearity, NONLINEARITIES)
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, return_state, rng)

    def run(self, x: np.ndarray, weights: dict[str, Any], states: States, lengths: Any, reverse: bool) -> tuple[np.ndarray, States, Any]:
        y, h, cache = F.rnn_forward(
            x, **weights, h0=states[0], lengths=lengths, reverse=reverse, nonlinearity=self.nonlinearity, keep=self.training
        )
        return y, (h,), cache

    def run_back(self, dy: np.ndarray | None, cache: Any, dstates: States, needs: tuple[bool, ...]) -> tuple[Any, ...]:
        return F.rnn_backward(dy, cache, *dstates, needs=needs)

    def _describe(self) -> str:
        return super()._describe() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity!r}")
