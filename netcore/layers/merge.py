"""Layers of several inputs: forward takes them all, backward returns a tuple of their gradients."""

from math import prod
from typing import Any

import numpy as np

from netcore import checks, memory
from netcore.errors import ArgumentError, ShapeError
from netcore.layers.base import Layer, Shape


class Merge(Layer):
    """Two or more inputs of one dtype."""

    def _inputs(self, inputs: tuple[np.ndarray, ...], same_shape: bool = True) -> list[np.ndarray]:
        self._count(len(inputs))
        first = checks.floats("input 0", inputs[0])
        others = [checks.floats(f"input {i}", x, dtype=first.dtype) for i, x in enumerate(inputs[1:], 1)]
        if same_shape:
            for i, x in enumerate(others, 1):
                checks.shape_is(f"input {i}", x, first.shape, "(that of input 0; nothing is broadcast)")
        return [first, *others]

    def _count(self, inputs: int) -> None:
        if inputs < 2:
            raise ArgumentError(f"{type(self).__name__} takes two or more inputs, got {inputs}")

    def output_shape(self, *input_shapes: Shape) -> Shape:
        self._count(len(input_shapes))
        if any(shape != input_shapes[0] for shape in input_shapes):
            raise ShapeError(f"inputs must have one shape, got {', '.join(map(str, input_shapes))}")
        return input_shapes[0]


class Add(Merge):
    """The sum of all inputs; each gets the whole gradient: the same array, which nobody may write to."""

    def _forward(self, *inputs: np.ndarray) -> tuple[np.ndarray, Any]:
        first, *others = self._inputs(inputs)
        y = memory.add(first, others[0])
        for x in others[1:]:
            y = memory.add(y, x)
        return y, (len(inputs), y.shape, y.dtype)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> tuple[np.ndarray, ...]:
        count, shape, dtype = cache
        shared = checks.gradient("dy", dy, shape, dtype).view()
        shared.flags.writeable = False
        return (shared,) * count

    def cache_numbers(self, *input_shapes: Shape) -> float:
        return 0


class Multiply(Merge):
    """The product of all inputs; each gets the gradient times the product of the others."""

    def _forward(self, *inputs: np.ndarray) -> tuple[np.ndarray, Any]:
        arrays = self._inputs(inputs)
        return prod(arrays[1:], start=arrays[0]), arrays

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> tuple[np.ndarray, ...]:
        dy = checks.gradient("dy", dy, cache[0].shape, cache[0].dtype)
        return tuple(prod((x for j, x in enumerate(cache) if j != i), start=dy) for i in range(len(cache)))


class Concat(Merge):
    """The inputs side by side along `dim`; the gradient is cut up again."""

    def __init__(self, dim: int = 1) -> None:
        self.dim = checks.whole("dim", dim)

    def _forward(self, *inputs: np.ndarray) -> tuple[np.ndarray, Any]:
        arrays = self._inputs(inputs, same_shape=False)
        self._check([x.shape for x in arrays])
        return np.concatenate(arrays, axis=self.dim), ([x.shape for x in arrays], arrays[0].dtype)

    def _check(self, shapes: list[Any]) -> int:
        """The axis, counted from the front; all other axes agree."""
        axes = len(shapes[0])
        if not -axes <= self.dim < axes:
            raise ShapeError(f"dim={self.dim} does not exist in an input of shape {shapes[0]}")
        dim = self.dim % axes
        if any(len(shape) != axes or (*shape[:dim], *shape[dim + 1 :]) != (*shapes[0][:dim], *shapes[0][dim + 1 :]) for shape in shapes):
            raise ShapeError(f"inputs must agree in all axes but {self.dim}, got {', '.join(map(str, shapes))}")
        return dim

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> tuple[np.ndarray, ...]:
        shapes, dtype = cache
        dim = self._check(shapes)
        total = sum(shape[dim] for shape in shapes)
        dy = checks.gradient("dy", dy, (*shapes[0][:dim], total, *shapes[0][dim + 1 :]), dtype)
        cuts = np.cumsum([shape[dim] for shape in shapes])[:-1]
        return tuple(memory.copy(part) for part in np.split(dy, cuts, axis=dim))

    def output_shape(self, *input_shapes: Shape) -> Shape:
        self._count(len(input_shapes))
        dim = self._check([(None, *shape) for shape in input_shapes])
        if dim == 0:
            raise ShapeError("Concat along the batch axis has no size before a batch is there; use dim=1 or more in a graph")
        sizes = [(None, *shape)[dim] for shape in input_shapes]
        total = None if any(size is None for size in sizes) else sum(size for size in sizes if size is not None)
        first = (None, *input_shapes[0])
        return (*first[:dim], total, *first[dim + 1 :])[1:]

    def cache_numbers(self, *input_shapes: Shape) -> float:
        return 0

    def _describe(self) -> str:
        return f"dim={self.dim}"
