"""Layers one after the other: forward in order, backward in reverse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netcore.errors import ArgumentError, NetcoreError
from netcore.layers.base import Layer, Shape
from netcore.layers.network import Network


class Sequential(Network):
    """`Sequential(*layers)` names its layers '0', '1', …; `Sequential(name=layer, …)` as you say.

    Index by number, name or slice; a slice shares its layers with the whole.

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Linear(4, 8), nc.Linear(8, 2))
    >>> net.output_shape((4,)), len(net[:1])
    ((2,), 1)
    """

    def __init__(self, *layers: Layer, **named: Layer) -> None:
        if layers and named:
            raise ArgumentError("Sequential takes layers by position or by name, not both")
        self._layers: dict[str, Layer] = {str(i): layer for i, layer in enumerate(layers)} if layers else dict(named)
        for name, layer in self._layers.items():
            if not isinstance(layer, Layer):
                raise ArgumentError(f"Sequential: {name!r} is {layer!r}, not a layer")
        self.assign_paths()

    def _forward(self, x: Any) -> tuple[Any, None]:
        for layer in self._layers.values():
            x = layer._run_forward(x)
        return x, None

    def _backward(self, dy: Any, cache: None, needs_input: bool = True) -> Any:
        layers = list(self._layers.values())
        # The first layer that something below still waits for: everything before it only gives up its cache.
        first = 0 if needs_input else next((i for i, layer in enumerate(layers) if self.trainable(layer)), len(layers))
        for i in range(len(layers) - 1, first - 1, -1):
            dy = layers[i]._run_backward(dy, needs_input=needs_input or i > first)
        for layer in layers[:first]:
            layer._drop_newest()
        return dy

    def output_shape(self, input_shape: Shape) -> Shape:
        shape = input_shape
        for layer in self._layers.values():
            try:
                shape = layer.output_shape(shape)
            except NetcoreError as error:
                raise error.at(layer.where)
        return shape

    def multiply_adds(self, input_shape: Shape) -> int:
        total, shape = 0, input_shape
        for layer in self._layers.values():
            total += layer.multiply_adds(shape)
            shape = layer.output_shape(shape)
        return total

    def children(self) -> Iterator[tuple[str, Layer]]:
        yield from self._layers.items()

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers.values())

    def __getitem__(self, key: int | str | slice) -> Layer:
        if isinstance(key, str):
            return self._layers[key]
        if isinstance(key, slice):
            return _slice(self, key)
        return list(self._layers.values())[key]


def _slice(whole: Sequential, key: slice) -> Sequential:
    """A part that shares its layers; they keep the names that they have in the whole."""
    part = Sequential()
    part._layers = dict(list(whole._layers.items())[key])
    part.training = whole.training
    return part
