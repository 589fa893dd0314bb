"""The LSTM layer. Its formulas: netcore/reference/lstm.py; its kernel: csrc/lstm.pyx; the walk over layers: recurrent.py."""

from typing import Any

import numpy as np

from netcore import functional as F
from netcore.gates import LSTMGate, rows_of
from netcore.layers.recurrent import Recurrent, States
from netcore.parameter import Parameter


class LSTM(Recurrent):
    """Long short-term memory over (N, T, D) sequences; `batch_first` is True by default, unlike PyTorch's.

    `forward(x, state=None, lengths=None)` gives y (N, T, directions · H), or (y, (h_n, c_n)) with `return_state=True`, each
    state (num_layers · directions, N, H). `backward(dy)` gives dx; with `return_state=True`, `backward(dy, (dh, dc))` gives
    (dx, (dh0, dc0)); None stands for zero gradients. With `lengths` (N,), in any order, steps on padding do nothing: y is zero
    there, and the state is that of the last valid step.

    Truncated backpropagation through time: pass a chunk's last state as the next chunk's `state`.

    Parameters for each layer k and direction ('' or '_reverse'), gates in the order i, f, g, o:
    weight_ih_l{k} (4H, D), weight_hh_l{k} (4H, H), bias_ih_l{k}, bias_hh_l{k} (4H,), from U(±1/√H). New layers start with
    forget bias 1: bias_ih holds the 1 and bias_hh a 0 (Gers et al., 2000; Jozefowicz et al., 2015), so that gradients
    pass through the cell from the first step of training on.

    Caches x and 7 H numbers a step, layer and direction; 8 H (D + H) FLOPs a step forward, twice that backward.
    Raises ShapeError, DTypeError, ArgumentError (constructor, lengths, a state that is not a pair).

    >>> import netcore as nc, numpy as np
    >>> lstm = nc.LSTM(4, 8, num_layers=2, return_state=True)
    >>> y, (h, c) = lstm.forward(np.ones((3, 5, 4), np.float32))
    >>> y.shape, h.shape
    ((3, 5, 8), (2, 3, 8))
    """

    gates = len(LSTMGate)
    kept_per_step = 7  # four gates, the cell state before the step, tanh of the one after it, and the state
    state_names = ("h", "c")

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = True,
        dropout: float = 0.0, bidirectional: bool = False, return_state: bool = False, *, rng: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, return_state, rng)
        for suffix in self.suffixes:
            _, _, b_ih, b_hh = self.weights(suffix)
            forget_bias_one(b_ih, b_hh, self.hidden_size)

    def run(self, x: np.ndarray, weights: dict[str, Any], states: States, lengths: Any, reverse: bool) -> tuple[np.ndarray, States, Any]:
        h0, c0 = states
        return F.lstm_forward(x, **weights, h0=h0, c0=c0, lengths=lengths, reverse=reverse, keep=self.training)

    def run_back(self, dy: np.ndarray | None, cache: Any, dstates: States, needs: tuple[bool, ...]) -> tuple[Any, ...]:
        return F.lstm_backward(dy, cache, *dstates, needs=needs)


def forget_bias_one(b_ih: Parameter | None, b_hh: Parameter | None, hidden: int) -> None:
    """Let new cells remember: the forget gate's two biases sum to 1."""
    forget = rows_of(LSTMGate.FORGET, hidden)
    if b_ih is not None and b_hh is not None:
        b_ih.data[forget] = 1
        b_hh.data[forget] = 0
