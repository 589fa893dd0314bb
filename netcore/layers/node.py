"""A place in a graph under construction: which layer, called on which nodes, with what shape.

    x = nc.Input((3, 32, 32))               # a node without a layer
    h = nc.Conv2d(3, 16, 3, padding=1)(x)   # a layer called on a node adds a node
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netcore.errors import ArgumentError, GraphError, NetcoreError

if TYPE_CHECKING:
    from netcore.layers.base import Layer


class Node:
    """One call of a layer in a graph; `shape` is that of its output, without the batch axis."""

    __slots__ = ("inputs", "layer", "shape")

    def __init__(self, layer: Layer | None, inputs: tuple[Node, ...], shape: tuple[int | None, ...]) -> None:
        self.layer, self.inputs, self.shape = layer, inputs, shape

    @classmethod
    def of(cls, layer: Layer, inputs: Sequence[Any]) -> Node:
        """The node for `layer(*inputs)`; its shape is inferred, so that a misfit shows where the graph is written."""
        if not all(isinstance(node, Node) for node in inputs):
            raise GraphError("a layer is called on graph nodes or on arrays, not on both at once").at(layer.where)
        try:
            shape = layer.output_shape(*(node.shape for node in inputs))
        except NetcoreError as error:
            raise error.at(layer.where)
        return cls(layer, tuple(inputs), shape)

    def __repr__(self) -> str:
        return f"Node({self.layer.where if self.layer else 'Input'}, shape={self.shape})"


def Input(shape: Sequence[int | None]) -> Node:
    """The place where a graph's input enters; `shape` without the batch axis, None where a size is free."""
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else None
    if sizes is None or any(size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1) for size in sizes):
        raise ArgumentError(f"Input expects a tuple of whole numbers >= 1 (or None), without the batch axis; got {shape!r}")
    return Node(None, (), sizes)
