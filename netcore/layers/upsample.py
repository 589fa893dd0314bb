"""Larger images by repeating pixels: the decoder's opposite of pooling."""

from math import floor
from typing import Any

import numpy as np

from netcore import checks, memory
from netcore.errors import ArgumentError, ShapeError
from netcore.layers.base import Layer, Shape


class Upsample(Layer):
    """y[i, j] = x[⌊i / fh⌋, ⌊j / fw⌋] with (fh, fw) = scale_factor ('nearest'); backward sums over the repetitions.

    On (N, C, H, W), to sizes ⌊H fh⌋ and ⌊W fw⌋. Whole factors repeat every pixel alike; others, below 1 too, as in PyTorch.
    Caches sizes only.

    >>> import netcore as nc, numpy as np
    >>> nc.Upsample(2).forward(np.array([[[[1.0, 2.0]]]]))[0, 0]
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.]])
    """

    def __init__(self, scale_factor: float | tuple[float, float], mode: str = "nearest") -> None:
        factors = tuple(scale_factor) if isinstance(scale_factor, (tuple, list)) else (scale_factor, scale_factor)
        if len(factors) != 2:
            raise ArgumentError(f"scale_factor must be a number or two of them (height, width), got {scale_factor!r}")
        self.scale_factor = tuple(checks.number("scale_factor", factor, 0, open_low=True) for factor in factors)
        self.mode = checks.one_of("mode", mode, ("nearest",))

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = checks.floats("input", x, 4)
        y = memory.empty((*x.shape[:2], *self._sizes(x.shape[2:])), x.dtype)
        if self._whole:
            self._repeated(y, x.shape)[...] = x[:, :, :, None, :, None]
        else:
            rows, columns = self._sources(x.shape[2:])
            y[...] = x[:, :, rows[:, None], columns]
        return y, (x.shape, x.dtype)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray:
        shape, dtype = cache
        dy = checks.gradient("dy", dy, (*shape[:2], *self._sizes(shape[2:])), dtype)
        if self._whole:
            return self._repeated(dy, shape).sum(axis=(3, 5))
        dx = memory.zeros(shape, dtype)
        rows, columns = self._sources(shape[2:])
        planes = shape[0] * shape[1]
        places = (rows[:, None] * shape[3] + columns).reshape(-1)
        np.add.at(dx.reshape(planes, shape[2] * shape[3]).T, places, dy.reshape(planes, places.size).T)
        return dx

    @property
    def _whole(self) -> bool:
        return all(factor.is_integer() for factor in self.scale_factor)

    def _repeated(self, y: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """y as (N, C, H, fh, W, fw): the repetitions on axes of their own."""
        n, c, h, w = shape
        return y.reshape(n, c, h, int(self.scale_factor[0]), w, int(self.scale_factor[1]))

    def _sizes(self, image: tuple[int, ...]) -> list[int]:
        sizes = [floor(size * factor) for size, factor in zip(image, self.scale_factor, strict=True)]
        if 0 in sizes:
            raise ShapeError(f"scale_factor={self.scale_factor} leaves nothing of an image of {image}")
        return sizes

    def _sources(self, image: tuple[int, ...]) -> list[np.ndarray]:
        """For each output row and column, the one it is taken from; divided in float32, as PyTorch does."""
        steps = [np.float32(1 / factor) for factor in self.scale_factor]
        places = [np.floor(np.arange(out, dtype=np.float32) * step) for out, step in zip(self._sizes(image), steps, strict=True)]
        return [np.minimum(place.astype(np.int64), size - 1) for place, size in zip(places, image, strict=True)]

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise ShapeError(f"input must have shape (C, H, W), got {input_shape} (without the batch axis)")
        sizes = zip(input_shape[1:], self.scale_factor, strict=True)
        return (input_shape[0], *(None if size is None else floor(size * factor) for size, factor in sizes))

    def cache_numbers(self, input_shape: Shape) -> float:
        return 0

    def _describe(self) -> str:
        return f"scale_factor={self.scale_factor}"
