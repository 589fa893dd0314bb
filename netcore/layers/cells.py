"""One step of a recurrent layer at a time, to unroll by hand.

    for t in range(T):            state = cell.forward(x[:, t], state)
    for t in reversed(range(T)):  dx[:, t], dstate = cell.backward(dstate)      # the newest cache first

All copies of the cell share their parameters, so backward phases add their gradients up: that is backpropagation through
time (Werbos, 1990). The fused layers of rnn.py, lstm.py and gru.py do the same in one call.
"""

from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ArgumentError, ShapeError
from netcore.functional.rnn import NONLINEARITIES
from netcore.functional.sequence import named
from netcore.gates import GRUGate, LSTMGate
from netcore.layers.base import Layer, Shape
from netcore.layers.initial import uniform
from netcore.layers.lstm import forget_bias_one
from netcore.layers.recurrent import WEIGHTS
from netcore.parameter import Parameter
from netcore.rng import as_generator


class Cell(Layer):
    """Base of the cells: parameters, checks, and what they have in common of the two phases."""

    gates = 1
    returns_state = True  # backward takes what forward returned, pair or not, as one argument

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, rng: Any = None) -> None:
        self.input_size = checks.positive("input_size", input_size)
        self.hidden_size = checks.positive("hidden_size", hidden_size)
        generator, bound, rows = as_generator(rng), 1 / np.sqrt(hidden_size), self.gates * hidden_size
        self.weight_ih = uniform((rows, input_size), bound, generator)
        self.weight_hh = uniform((rows, hidden_size), bound, generator)
        self.bias_ih = uniform((rows,), bound, generator) if bias else None
        self.bias_hh = uniform((rows,), bound, generator) if bias else None

    def _parameters(self) -> tuple[Parameter | None, ...]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _weights(self) -> dict[str, Any]:
        return {name: None if p is None else p.data for name, p in zip(WEIGHTS, self._parameters(), strict=True)}

    def _check(self, x: Any) -> np.ndarray:
        x = checks.floats("input", x, 2, self.weight_ih.dtype)
        if x.shape[1] != self.input_size:
            raise ShapeError(f"got {named(x.shape, 'N D')}, D must be {self.input_size}")
        return x

    def _needs(self, needs_input: bool, states: int) -> tuple[bool, ...]:
        return (needs_input, *(True,) * states, *(p is not None and p.requires_grad for p in self._parameters()))

    def _accumulate(self, gradients: tuple[Any, ...]) -> None:
        for parameter, gradient in zip(self._parameters(), gradients, strict=True):
            if parameter is not None:
                parameter.accumulate(gradient)

    def output_shape(self, input_shape: Shape, *states: Shape) -> Shape:
        if input_shape != (self.input_size,):
            raise ShapeError(f"input must have shape (D={self.input_size},) without the batch axis, got {input_shape}")
        return (self.hidden_size,)

    def multiply_adds(self, input_shape: Shape, *states: Shape) -> int:
        return self.gates * self.hidden_size * (self.input_size + self.hidden_size)

    def input_multiply_adds(self, input_shape: Shape, *states: Shape) -> int:
        return self.gates * self.hidden_size * self.input_size

    def _describe(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias_ih is not None else ", bias=False")


class RNNCell(Cell):
    """`forward(x, h=None) -> h'`, `backward(dh') -> (dx, dh)`; x (N, D), h (N, H), φ 'tanh' or 'relu'.

    >>> import netcore as nc, numpy as np
    >>> cell = nc.RNNCell(3, 4)
    >>> h = cell.forward(np.ones((2, 3), np.float32), cell.forward(np.ones((2, 3), np.float32)))
    >>> h.shape, cell.pending
    ((2, 4), 2)
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", *, rng: Any = None) -> None:
        self.nonlinearity = checks.one_of("nonlinearity", nonlinearity, NONLINEARITIES)
        super().__init__(input_size, hidden_size, bias, rng=rng)

    def _forward(self, x: np.ndarray, state: Any = None) -> tuple[np.ndarray, Any]:
        return F.rnn_cell_forward(self._check(x), state, **self._weights(), nonlinearity=self.nonlinearity)

    def _backward(self, dstate: np.ndarray, cache: Any, needs_input: bool = True) -> tuple[Any, Any]:
        dx, dh, *gradients = F.rnn_cell_backward(dstate, cache, needs=self._needs(needs_input, 1))
        self._accumulate(tuple(gradients))
        return dx, dh


class GRUCell(Cell):
    """`forward(x, h=None) -> h'`, `backward(dh') -> (dx, dh)`; x (N, D), h (N, H)."""

    gates = len(GRUGate)

    def _forward(self, x: np.ndarray, state: Any = None) -> tuple[np.ndarray, Any]:
        return F.gru_cell_forward(self._check(x), state, **self._weights())

    def _backward(self, dstate: np.ndarray, cache: Any, needs_input: bool = True) -> tuple[Any, Any]:
        dx, dh, *gradients = F.gru_cell_backward(dstate, cache, needs=self._needs(needs_input, 1))
        self._accumulate(tuple(gradients))
        return dx, dh


class LSTMCell(Cell):
    """`forward(x, (h, c)=None) -> (h', c')`, `backward((dh', dc')) -> (dx, (dh, dc))`; x (N, D), h and c (N, H).

    Either of dh' and dc' may be None, for zeros. New cells start with forget bias 1, as the layer `LSTM`.
    """

    gates = len(LSTMGate)

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, rng: Any = None) -> None:
        super().__init__(input_size, hidden_size, bias, rng=rng)
        forget_bias_one(self.bias_ih, self.bias_hh, self.hidden_size)

    def _forward(self, x: np.ndarray, state: Any = None) -> tuple[tuple[np.ndarray, np.ndarray], Any]:
        h, c, cache = F.lstm_cell_forward(self._check(x), *_pair("state", state), **self._weights())
        return (h, c), cache

    def _backward(self, dstate: Any, cache: Any, needs_input: bool = True) -> tuple[Any, tuple[Any, Any]]:
        dx, dh, dc, *gradients = F.lstm_cell_backward(*_pair("dstate", dstate), cache, needs=self._needs(needs_input, 2))
        self._accumulate(tuple(gradients))
        return dx, (dh, dc)


def _pair(name: str, state: Any) -> tuple[Any, Any]:
    if state is None:
        return None, None
    if not isinstance(state, (tuple, list)) or len(state) != 2:
        raise ArgumentError(f"{name} must be a pair (h, c), got {type(state).__name__}")
    return state[0], state[1]
