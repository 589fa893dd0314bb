"""What recurrent layers share: layers stacked on one another, directions side by side, state carried from chunk to chunk.

    layer 0, forward in time   \\                   / layer 1, forward in time   \\
                                 y of both, dropout                               y of both
    layer 0, backward in time  /                   \\ layer 1, backward in time  /

One layer in one direction is one call of a function of netcore/functional; this class walks over them, once for all
kinds. Next: netcore/layers/lstm.py.
"""

from typing import Any, NamedTuple

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ArgumentError, ShapeError
from netcore.functional.sequence import check_lengths, named
from netcore.layers.base import Layer, Shape
from netcore.layers.initial import uniform
from netcore.parameter import Parameter
from netcore.rng import as_generator

States = tuple[np.ndarray | None, ...]
WEIGHTS = ("w_ih", "w_hh", "b_ih", "b_hh")  # as the functional pairs call them


class RecurrentCache(NamedTuple):
    caches: list[Any]  # one for each layer and direction
    drops: list[Any]  # of the dropout behind each layer, None where there is none
    shape: tuple[int, ...]  # of y
    sequences: int


class Recurrent(Layer):
    """Base of RNN, LSTM and GRU. A kind says how many gates it has, what its state consists of, and what it calls."""

    gates = 1
    kept_per_step = 1  # numbers that a unit's step leaves in the cache, besides x
    state_names: tuple[str, ...] = ("h",)
    weight_ih_l0: Parameter

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int, bias: bool, batch_first: bool, dropout: float,
        bidirectional: bool, return_state: bool, rng: Any,
    ) -> None:
        self.input_size = checks.positive("input_size", input_size)
        self.hidden_size = checks.positive("hidden_size", hidden_size)
        self.num_layers = checks.positive("num_layers", num_layers)
        self.has_bias, self.batch_first, self.return_state = bool(bias), bool(batch_first), bool(return_state)
        self.dropout = checks.number("dropout", dropout, 0, 1)
        self.directions = 2 if bidirectional else 1
        self.rng = as_generator(rng)
        ends = ("", "_reverse")[: self.directions]
        self.suffixes = [f"_l{layer}{end}" for layer in range(num_layers) for end in ends]  # of parameter names, as the state's first axis
        bound, rows = 1 / np.sqrt(hidden_size), self.gates * hidden_size
        for index, suffix in enumerate(self.suffixes):
            setattr(self, f"weight_ih{suffix}", uniform((rows, self.width(index // self.directions)), bound, self.rng))
            setattr(self, f"weight_hh{suffix}", uniform((rows, hidden_size), bound, self.rng))
            if bias:
                setattr(self, f"bias_ih{suffix}", uniform((rows,), bound, self.rng))
                setattr(self, f"bias_hh{suffix}", uniform((rows,), bound, self.rng))

    def width(self, layer: int) -> int:
        """Features that a layer takes in."""
        return self.input_size if layer == 0 else self.directions * self.hidden_size

    def weights(self, suffix: str) -> list[Parameter | None]:
        """w_ih, w_hh, b_ih, b_hh of one layer and direction."""
        return [getattr(self, name + suffix, None) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]

    def run(self, x: np.ndarray, weights: dict[str, Any], states: States, lengths: Any, reverse: bool) -> tuple[np.ndarray, States, Any]:
        """One layer in one direction: (y, last states, cache)."""
        raise NotImplementedError

    def run_back(self, dy: np.ndarray | None, cache: Any, dstates: States, needs: tuple[bool, ...]) -> tuple[Any, ...]:
        """Its backward phase: (dx, dw_ih, dw_hh, db_ih, db_hh, gradients of the initial states…)."""
        raise NotImplementedError

    # ---- the two phases ---------------------------------------------------------------------------------------------

    def _forward(self, x: np.ndarray, state: Any = None, lengths: Any = None) -> tuple[Any, RecurrentCache]:
        x = self._check_input(x)
        n, t = x.shape[:2]
        states = self._split("state", state, n)
        lengths = None if lengths is None else check_lengths(lengths, n, t)
        caches: list[Any] = []
        drops: list[Any] = []
        last: list[States] = []
        for layer in range(self.num_layers):
            outputs = []
            for suffix in self.suffixes[layer * self.directions : (layer + 1) * self.directions]:
                weights = {name: None if p is None else p.data for name, p in zip(WEIGHTS, self.weights(suffix), strict=True)}
                own = tuple(None if s is None else s[len(caches)] for s in states)
                y, final, cache = self.run(x, weights, own, lengths, suffix.endswith("_reverse"))
                outputs.append(y)
                last.append(final)
                caches.append(cache)
            x = outputs[0] if self.directions == 1 else np.concatenate(outputs, axis=2)
            dropping = self.training and self.dropout > 0 and layer < self.num_layers - 1
            x, drop = F.dropout_forward(x, self.dropout, self.rng) if dropping else (x, None)
            drops.append(drop)
        y = self._turned(x)
        cache = RecurrentCache(caches, drops, y.shape, n)
        return ((y, self._joined(last)) if self.return_state else y), cache

    def _backward(self, dy: np.ndarray | None = None, dstate: Any = None, *, cache: RecurrentCache, needs_input: bool = True) -> Any:
        if dstate is not None and not self.return_state:
            raise ArgumentError("backward takes a gradient of the state only where forward returned it (return_state=True)")
        if dy is None and dstate is None:
            raise ArgumentError("backward needs the gradient of the output, dy, or of the state")
        dtype, n = self.weight_ih_l0.dtype, cache.sequences
        dstates = self._split("dstate", dstate, n)
        d_out = None if dy is None else self._turned(checks.gradient("dy", dy, cache.shape, dtype))
        first: list[States] = []
        for layer in reversed(range(self.num_layers)):
            if d_out is not None and cache.drops[layer] is not None:
                d_out = F.dropout_backward(d_out, cache.drops[layer])
            dx = None
            for direction in reversed(range(self.directions)):
                index = layer * self.directions + direction
                parameters = self.weights(self.suffixes[index])
                own = tuple(None if s is None else s[index] for s in dstates)
                part = None if d_out is None else d_out[:, :, direction * self.hidden_size : (direction + 1) * self.hidden_size]
                needs = (layer > 0 or needs_input, *(p is not None and p.requires_grad for p in parameters))
                d_input, *gradients = self.run_back(part, cache.caches[index], own, (*needs, *(self.return_state for _ in own)))
                for parameter, gradient in zip(parameters, gradients[:4], strict=True):
                    if parameter is not None:
                        parameter.accumulate(gradient)
                first.insert(0, tuple(gradients[4:]))
                dx = d_input if dx is None else dx + d_input
            d_out = dx
        dx = None if d_out is None else self._turned(d_out)
        return (dx, self._joined(first)) if self.return_state else dx

    # ---- what the phases need ---------------------------------------------------------------------------------------

    def _check_input(self, x: Any) -> np.ndarray:
        axes = "N T D" if self.batch_first else "T N D"
        x = checks.floats("input", x, dtype=self.weight_ih_l0.dtype)
        if x.ndim != 3:
            raise ShapeError(f"input must have 3 axes ({', '.join(axes.split())}), got shape {x.shape}")
        if x.shape[2] != self.input_size:
            raise ShapeError(f"got {named(x.shape, axes)}, D must be {self.input_size}")
        return self._turned(x)

    def _turned(self, x: np.ndarray) -> np.ndarray:
        """From or to (T, N, …) where the user wants time first."""
        return x if self.batch_first else np.ascontiguousarray(x.swapaxes(0, 1))

    def _split(self, name: str, state: Any, n: int) -> States:
        """A user's state, or its gradient, as a tuple of checked arrays (num_layers · directions, N, H) or None."""
        if state is None:
            return (None,) * len(self.state_names)
        names = [f"{name} {part}" for part in self.state_names] if len(self.state_names) > 1 else [name]
        parts = tuple(state) if len(names) > 1 and isinstance(state, (tuple, list)) else (state,)
        if len(parts) != len(names):
            raise ArgumentError(f"{name} must be a pair ({', '.join(self.state_names)}), got {type(state).__name__}")
        return tuple(self._check_state(each, part, n) for each, part in zip(names, parts, strict=True))

    def _check_state(self, name: str, state: Any, n: int) -> np.ndarray | None:
        if state is None:
            return None
        state = checks.floats(name, state, dtype=self.weight_ih_l0.dtype)
        count = self.num_layers * self.directions
        if state.shape != (count, n, self.hidden_size):
            raise ShapeError(f"{name} must have shape (num_layers · directions={count}, N={n}, H={self.hidden_size}), got {state.shape}")
        return state

    def _joined(self, states: list[States]) -> Any:
        """The states of all layers and directions, each part in one array."""
        joined = tuple(np.stack(part) for part in zip(*states, strict=True))
        return joined if len(joined) > 1 else joined[0]

    def output_shape(self, input_shape: Shape) -> Shape:
        if self.return_state:
            raise ArgumentError("return_state=True gives a pair (y, state), which a network cannot pass on; use it on its own")
        if len(input_shape) != 2 or input_shape[1] != self.input_size:
            raise ShapeError(f"input must have shape (T, D={self.input_size}) without the batch axis, got {input_shape}")
        return input_shape[0], self.directions * self.hidden_size

    def multiply_adds(self, input_shape: Shape) -> int:
        a_step = sum(self.directions * self.gates * self.hidden_size * (self.width(k) + self.hidden_size) for k in range(self.num_layers))
        return (input_shape[0] or 1) * a_step

    def input_multiply_adds(self, input_shape: Shape) -> int:
        return (input_shape[0] or 1) * self.directions * self.gates * self.hidden_size * self.width(0)  # h goes back in any case

    def cache_numbers(self, input_shape: Shape) -> float:
        a_step = sum(self.width(k) + self.kept_per_step * self.hidden_size for k in range(self.num_layers))
        return (input_shape[0] or 1) * self.directions * a_step

    def _describe(self) -> str:
        options = {"num_layers": (self.num_layers, 1), "bias": (self.has_bias, True), "batch_first": (self.batch_first, True),
                   "dropout": (self.dropout, 0.0), "bidirectional": (self.directions == 2, False), "return_state": (self.return_state, False)}
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *(f"{k}={v}" for k, (v, default) in options.items() if v != default)])
