"""A still copy of a network: look at any layer, change it, send a gradient down from it; the network itself never notices.

    still = Still(net)                     eval mode, the weights shared (no copy of their numbers), caches of its own
    still.watch("features.2")              keep what that layer puts out
    still.edit("features.2", function)     put function(y) in place of what it puts out
    y = still.forward(x)                   still.outputs["features.2"]
    dx = still.input_gradient(x, {"features.2": dy})      d <dy, output of the layer> / dx

Layers are named by their place, as in `state_dict`: '0', 'encoder.1', 'rnn'. A layer that is called several times in a pass
shows its last call. It works on every network whose layers follow the phase protocol: `Sequential`, `Graph`, nested, own.
All tools of this package look through it. Read next: probe.py, saliency.py, ablation.py.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from netcore import checks
from netcore.errors import ArgumentError
from netcore.layers import Dropout, Gaussian, Layer
from netcore.layers.norm import BatchNorm2d
from netcore.layers.recurrent import Recurrent
from netcore.parameter import Parameter

BATCH = 500  # inputs that go through the network at a time


class Still:
    """The copy. Parameters are frozen and share their arrays with the network's; modes, caches, random generators, running
    statistics and gradients of the network stay as they are. Raises ArgumentError for a name that no layer has."""

    def __init__(self, net: Layer) -> None:
        if not isinstance(net, Layer):
            raise ArgumentError(f"a network is due (an nc.Layer), got {type(net).__name__}")
        memo: dict[int, Any] = {id(p): Parameter(p.data, requires_grad=False, name=p.name) for p in net.parameters()}
        memo |= {id(layer._caches): [] for layer in net.layers()}
        self.net = copy.deepcopy(net, memo)
        self.layers = dict(_named(self.net))
        self.outputs: dict[str, Any] = {}  # of watched layers, in the newest forward phase
        self.gradients: dict[str, Any] = {}  # that arrived at them, in the newest backward phase
        self._seeds: dict[int, np.ndarray] = {}
        self._watched: set[str] = set()
        self.net.eval()

    # ---- what happens at a layer ------------------------------------------------------------------------------------

    def layer(self, name: str) -> Layer:
        """The copy's layer of that name; '' is the whole network."""
        if name not in self.layers:
            raise ArgumentError(f"no layer is called {name!r}; this network has {', '.join(map(repr, self.layers))}")
        return self.layers[name]

    def watch(self, *names: str) -> "Still":
        """Keep these layers' outputs, and in backward phases the gradients that arrive at them."""
        for name in names:
            self._behind(name, self._keeping(name))
            self._watched.add(name)
            layer = self.layer(name)
            layer._run_backward = self._noting(name, layer._run_backward)  # type: ignore[method-assign]
        return self

    def _keeping(self, name: str) -> Callable[[Any], None]:
        def keep(y: Any) -> None:
            self.outputs[name] = output(y)

        return keep

    def edit(self, name: str, function: Callable[[np.ndarray], np.ndarray]) -> "Still":
        """From now on that layer puts out `function(y)`; None from the function leaves y as it is."""
        self._behind(name, function)
        return self

    def _behind(self, name: str, function: Callable[[Any], Any]) -> None:
        layer = self.layer(name)
        run = layer._run_forward

        def run_forward(*inputs: Any, **options: Any) -> Any:
            y = run(*inputs, **options)
            changed = function(y)
            return y if changed is None else changed

        layer._run_forward = run_forward  # type: ignore[method-assign]

    def _noting(self, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        """A backward phase that keeps the gradient which arrives, and adds to it what `input_gradient` sends from here."""

        def run_backward(*gradients: Any, **options: Any) -> Any:
            seed = self._seeds.get(id(self.layers[name]))
            if seed is not None:
                checks.shape_is(f"the gradient for layer {name!r}", seed, gradients[0].shape, "(that of its output)")
                gradients = (gradients[0] + seed, *gradients[1:])
            self.gradients[name] = gradients[0]
            return run(*gradients, **options)

        return run_backward

    # ---- the two phases ---------------------------------------------------------------------------------------------

    def forward(self, *inputs: Any) -> Any:
        """The network's output in eval mode; nothing is cached."""
        self.net.eval()
        return self.net.forward(*inputs)

    def backward(self, dy: Any, *inputs: Any) -> Any:
        """Forward with caches, dropout off and running statistics in use, then backward from `dy`, or from what a function
        `dy(output)` makes of the output. Returns the gradient of the inputs; those of watched layers are in `gradients`."""
        hold_still(self.net)
        self.net.reset()
        y = self.net.forward(*inputs)
        gradient = dy(y) if callable(dy) else dy
        return self.net.backward(*gradient) if isinstance(gradient, tuple) else self.net.backward(gradient)

    def input_gradient(self, x: np.ndarray, gradients: Mapping[str, np.ndarray]) -> np.ndarray:
        """d Σ <gradients[name], output of layer name> / dx, in x's dtype and shape. The layers must be watched."""
        self._seeds = {id(self.layer(name)): dy for name, dy in gradients.items()}
        if unwatched := [name for name in gradients if name not in self._watched]:
            raise ArgumentError(f"no gradient can be sent from {unwatched[0]!r}: call watch({unwatched[0]!r}) first")
        try:
            dx = self.backward(lambda y: tuple(map(np.zeros_like, y)) if isinstance(y, tuple) else np.zeros_like(y), x)
        finally:
            self._seeds = {}
        if dx is None:
            raise ArgumentError("the network takes integers (tokens), which have no gradient; look at the layer behind its embedding")
        return dx


def layer_names(net: Layer) -> list[str]:
    """The names of all layers inside a network, outermost first, in its own order.

    >>> import netcore as nc
    >>> layer_names(nc.Sequential(encoder=nc.Sequential(nc.Linear(4, 2), nc.ReLU()), head=nc.Linear(2, 2)))
    ['encoder', 'encoder.0', 'encoder.1', 'head']
    """
    return [name for name, _ in _named(net) if name]


def activations(net: Layer, x: np.ndarray, names: Sequence[str], batch: int = BATCH) -> dict[str, np.ndarray]:
    """What the named layers put out for x (N, …), in eval mode: a dict from name to an array (N, …).

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Linear(4, 3), nc.ReLU())
    >>> {name: y.shape for name, y in activations(net, np.ones((5, 4), np.float32), ["0", "1"]).items()}
    {'0': (5, 3), '1': (5, 3)}
    """
    if isinstance(names, str):
        raise ArgumentError(f"names is a list of layers' names, got {names!r}; for one layer write [{names!r}]")
    still = Still(net).watch(*names)
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for k in range(0, max(len(x), 1), checks.positive("batch", batch)):
        still.forward(x[k : k + batch])
        for name in names:
            found[name].append(still.outputs[name])
    return {name: np.concatenate(parts) for name, parts in found.items()}


def features(net: Layer, x: np.ndarray, name: str, batch: int = BATCH) -> np.ndarray:
    """What one layer puts out for x (N, …), as rows (N, F): the representation ψ(x) of the lecture."""
    y = activations(net, x, [name], batch)[name]
    return y.reshape(len(y), prod(y.shape[1:]))


def _named(net: Layer, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    yield prefix, net
    for name, child in net.children():
        yield from _named(child, f"{prefix}.{name}" if prefix else name)


def output(y: Any) -> np.ndarray:
    """A recurrent layer with `return_state=True` gives (y, state): its y."""
    return y[0] if isinstance(y, tuple) else y


# ---- eval mode, but with caches: a gradient of the network as it is used -------------------------------------------------


def hold_still(net: Layer) -> None:
    """Let a private copy cache as in training and compute as in evaluation."""
    net.train()
    for layer in net.layers():
        if isinstance(layer, Dropout):
            layer._forward, layer._backward = (lambda x: (x, None)), (lambda dy, cache, needs_input=True: dy)  # type: ignore[method-assign]
        elif isinstance(layer, Recurrent):
            layer.dropout = 0.0
        elif isinstance(layer, (BatchNorm2d, Gaussian)):
            layer._forward = _as_in_evaluation(layer)  # type: ignore[method-assign]
            layer._backward = _norm_backward(layer) if isinstance(layer, BatchNorm2d) else _mean_backward  # type: ignore[method-assign]


def _as_in_evaluation(layer: Layer) -> Any:
    def forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
        mode, layer.training = layer.training, False
        try:
            return type(layer)._forward(layer, x)[0], None
        finally:
            layer.training = mode

    return forward


def _norm_backward(layer: BatchNorm2d) -> Callable[..., np.ndarray]:
    """y = (x - running mean) / √(running var + eps) · w + b is a line in x, its slope w / √(running var + eps)."""

    def backward(dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray:
        slope = 1 / np.sqrt(layer.running_var + layer.eps) * (layer.weight.data if layer.weight else 1)  # type: ignore[attr-defined]
        return dy * slope.astype(dy.dtype).reshape(1, -1, *(1,) * (dy.ndim - 2))

    return backward


def _mean_backward(dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray:
    """In evaluation z is the mean: nothing goes to the log-variance."""
    return np.concatenate([dy, np.zeros_like(dy)], axis=1)
