"""A stopwatch in every layer: how long each phase takes by itself, what it computes, what it moves, which kernels it calls.

    layer._forward, layer._backward, loss.forward, loss.backward     are wrapped while the stopwatch is open
    kernels.<family>.<function>                                      likewise: what is recorded is what really ran

Phases nest (a network's holds those of its layers); each is charged with its own time, without that of the phases inside.

    FLOPs     2 a multiply-add forward; backward once that for the input's gradient, once for the parameters', where they
              are wanted. Counted as the direct computation does them, whatever algorithm was chosen.
    bytes     forward: the inputs, the output and what is cached, each array once. Backward: the gradient that comes in, the
              cache, the gradients that go out. Parameters count wherever they are read or their gradients written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import numpy as np

from netcore.backend import FAMILIES, kernels
from netcore.layers.base import Layer

Key = tuple[str, str, str]  # path in the network, class, phase


@dataclass
class Entry:
    """What one phase of one layer took in one step."""

    seconds: float = 0.0
    flops: float = 0.0
    nbytes: float = 0.0
    kernels: dict[str, float] = field(default_factory=dict)  # 'conv.forward' -> seconds, in the order of the first call


class Stopwatch:
    """Watches a network and its loss, from `with` to the end of its block; `lap()` gives a step's entries and starts anew."""

    def __init__(self, net: Layer, loss: Any = None) -> None:
        self.net, self.loss = net, loss
        self.bookkeeping = 0.0  # seconds that the stopwatch itself took, in all
        self._entries: dict[Key, Entry] = {}
        self._inside: list[tuple[Entry, float]] = []  # phases that are under way, each with the time of the phases in it
        self._shapes: dict[int, list[tuple[tuple[int, ...], ...]]] = {}  # of a layer's inputs, newest forward phase last

    def __enter__(self) -> Stopwatch:
        with ExitStack() as stack:
            for layer in self.net.layers():
                stack.enter_context(replaced(layer, "_forward", self._forward_of(layer)))
                stack.enter_context(replaced(layer, "_backward", self._backward_of(layer)))
            if self.loss is not None:
                stack.enter_context(replaced(self.loss, "forward", self._of_loss("forward")))
                stack.enter_context(replaced(self.loss, "backward", self._of_loss("backward")))
            for family in FAMILIES:
                stack.enter_context(replaced(kernels, family, self._kernels_of(family)))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def lap(self) -> dict[Key, Entry]:
        """The entries since the last lap, in the order in which the phases began."""
        entries, self._entries = self._entries, {}
        self._shapes.clear()
        return entries

    @contextmanager
    def phase(self, *key: str) -> Iterator[Entry]:
        """Charge the time of the block, but for that of phases inside it, to an entry."""
        entry = self._entries.setdefault((key[0], key[1], key[2]), Entry())
        self._inside.append((entry, 0.0))
        began = perf_counter()
        try:
            yield entry
        finally:
            took = perf_counter() - began
            _, inner = self._inside.pop()
            entry.seconds += took - inner
            self._charge_outer(took)

    def _own_time(self, began: float) -> None:
        """What the stopwatch itself did since then is nobody's time."""
        took = perf_counter() - began
        self.bookkeeping += took
        self._charge_outer(took)

    def _charge_outer(self, seconds: float) -> None:
        """Time that the phase around the present place is not to be charged with."""
        if self._inside:
            entry, inner = self._inside[-1]
            self._inside[-1] = (entry, inner + seconds)

    # ---- what is wrapped --------------------------------------------------------------------------------------------

    def _forward_of(self, layer: Layer) -> Callable[..., Any]:
        own, leaf = layer._forward, not any(True for _ in layer.children())

        def forward(*inputs: Any, **options: Any) -> Any:
            with self.phase(layer.path, type(layer).__name__, "forward") as entry:
                y, cache = own(*inputs, **options)
            began = perf_counter()
            shapes = tuple(np.shape(x)[1:] for x in inputs if isinstance(x, np.ndarray))
            if layer.training:
                self._shapes.setdefault(id(layer), []).append(shapes)
            if leaf:
                entry.flops += 2 * samples(inputs) * multiply_adds(layer, shapes)
                entry.nbytes += size_of(inputs, y, cache, [p.data for p in layer.parameters()])
            self._own_time(began)
            return y, cache

        return forward

    def _backward_of(self, layer: Layer) -> Callable[..., Any]:
        own, leaf = layer._backward, not any(True for _ in layer.children())

        def backward(*gradients: Any, cache: Any, needs_input: bool = True) -> Any:
            with self.phase(layer.path, type(layer).__name__, "backward") as entry:
                dx = own(*gradients, cache=cache, needs_input=needs_input)
            began = perf_counter()
            shapes = self._shapes[id(layer)].pop() if self._shapes.get(id(layer)) else ()
            if leaf:
                trained = [p for p in layer.parameters() if p.requires_grad]
                products = (1 + bool(trained)) * multiply_adds(layer, shapes) - (0 if needs_input else spared(layer, shapes))
                entry.flops += 2 * samples(gradients) * products
                entry.nbytes += size_of(gradients, cache, dx if needs_input else None) + sum(p.data.nbytes for p in trained)
            self._own_time(began)
            return dx

        return backward

    def _of_loss(self, name: str) -> Callable[..., Any]:
        own, kind = getattr(self.loss, name), type(self.loss).__name__

        def timed(*arguments: Any, **options: Any) -> Any:
            with self.phase("loss", kind, name) as entry:
                result = own(*arguments, **options)
            began = perf_counter()
            entry.nbytes += size_of(arguments, result)
            self._own_time(began)
            return result

        return timed

    def _kernels_of(self, family: str) -> SimpleNamespace:
        """The family with every function timed; what is no function stays."""
        return SimpleNamespace(
            **{
                name: self._of_kernel(f"{family}.{name}", value) if callable(value) else value
                for name, value in vars(getattr(kernels, family)).items()
                if not name.startswith("_")
            }
        )

    def _of_kernel(self, name: str, own: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            began = perf_counter()
            result = own(*arguments, **options)
            took = perf_counter() - began
            if self._inside:
                called = self._inside[-1][0].kernels
                called[name] = called.get(name, 0.0) + took
            return result

        return timed


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Set an attribute of the object itself for the length of the block; what the class says comes back."""
    had, before = name in vars(owner), vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before) if had else delattr(owner, name)


def multiply_adds(layer: Layer, shapes: tuple[tuple[int, ...], ...]) -> int:
    """Of one sample's forward phase; a recurrent layer is asked with its sequence alone, not with its state."""
    return layer.multiply_adds(*asked(layer, shapes)) if shapes else 0


def spared(layer: Layer, shapes: tuple[tuple[int, ...], ...]) -> int:
    """The same, of what a layer need not do whose input's gradient nobody wants."""
    return layer.input_multiply_adds(*asked(layer, shapes)) if shapes else 0


def asked(layer: Layer, shapes: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    from netcore.layers.recurrent import Recurrent

    return shapes[:1] if isinstance(layer, Recurrent) else shapes


def samples(arrays: Any) -> int:
    """The batch axis of the first array in nested tuples."""
    for x in arrays:
        if isinstance(x, tuple):
            return samples(x)
        if isinstance(x, np.ndarray) and x.ndim:
            return len(x)
    return 1


def size_of(*values: Any) -> int:
    """Bytes of all arrays in nested tuples, each piece of memory once."""
    seen: dict[int, int] = {}
    stack: list[Any] = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, np.ndarray):
            place = value.__array_interface__["data"][0]
            seen[place] = max(seen.get(place, 0), value.nbytes)
        elif isinstance(value, (tuple, list)):
            stack.extend(value)
        elif isinstance(value, dict):
            stack.extend(value.values())
    return sum(seen.values())
