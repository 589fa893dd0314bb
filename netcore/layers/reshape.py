"""Layers that only rearrange: their backward phase puts the gradient back into the input's shape."""

from math import prod
from typing import Any

import numpy as np

from netcore import checks, memory
from netcore.errors import ArgumentError, ShapeError
from netcore.layers.base import Layer, Shape
from netcore.shapes import flattened


class Rearrange(Layer):
    """The input in another shape, copied; the cache is the old shape. The gradient is handed on as it is, a view of dy."""

    def _new_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the output, both with the batch axis."""
        raise NotImplementedError

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = checks.floats("input", x)
        return memory.copy(x.reshape(self._new_shape(x.shape))), (x.shape, x.dtype)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray:
        shape, dtype = cache
        return checks.gradient("dy", dy, self._new_shape(shape), dtype).reshape(shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        if any(size is None for size in input_shape):
            raise ShapeError(f"{type(self).__name__} needs all sizes of its input, got {input_shape}")
        shape = self._new_shape((3, *input_shape))  # type: ignore[arg-type]
        if not shape or shape[0] != 3:
            raise ShapeError(f"{type(self).__name__} changes the batch axis, which has no size before a batch is there")
        return shape[1:]

    def cache_numbers(self, input_shape: Shape) -> float:
        return 0


class Identity(Rearrange):
    """y = x."""

    def _new_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape


class Flatten(Rearrange):
    """Axes start_dim..end_dim (inclusive) made one: (N, C, H, W) to (N, C·H·W) unless told otherwise."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = checks.whole("start_dim", start_dim), checks.whole("end_dim", end_dim)

    def _new_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        start, end = (dim + len(shape) if dim < 0 else dim for dim in (self.start_dim, self.end_dim))
        if not 0 <= start <= end < len(shape):
            raise ShapeError(f"start_dim={self.start_dim}, end_dim={self.end_dim} do not fit an input of shape {shape}")
        return flattened(shape, start, end)

    def _describe(self) -> str:
        return "" if (self.start_dim, self.end_dim) == (1, -1) else f"{self.start_dim}, {self.end_dim}"


class Unflatten(Rearrange):
    """Axis `dim` cut into `unflattened_size`, one entry of which may be -1: the opposite of Flatten."""

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        self.dim = checks.whole("dim", dim)
        if not isinstance(unflattened_size, (tuple, list)) or not unflattened_size:
            raise ArgumentError(f"unflattened_size must be a tuple of whole numbers, got {unflattened_size!r}")
        self.unflattened_size = tuple(checks.whole("unflattened_size", size) for size in unflattened_size)
        if self.unflattened_size.count(-1) > 1 or any(size < 1 and size != -1 for size in self.unflattened_size):
            raise ArgumentError(f"unflattened_size must be whole numbers >= 1, one of them -1 at most; got {unflattened_size!r}")

    def _new_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        dim = self.dim + len(shape) if self.dim < 0 else self.dim
        known = prod(size for size in self.unflattened_size if size != -1)
        if not 0 <= dim < len(shape) or (shape[dim] % known if -1 in self.unflattened_size else shape[dim] != known):
            raise ShapeError(f"axis {self.dim} of an input of shape {shape} cannot be cut into {self.unflattened_size}")
        sizes = tuple(shape[dim] // known if size == -1 else size for size in self.unflattened_size)
        return (*shape[:dim], *sizes, *shape[dim + 1 :])

    def _describe(self) -> str:
        return f"{self.dim}, {self.unflattened_size}"
