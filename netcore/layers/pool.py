"""Pooling layers. Kernels: netcore/functional/pool.py, csrc/pool.pyx."""

from math import prod
from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ShapeError
from netcore.functional.conv import Size
from netcore.functional.pool import window_geometry
from netcore.layers.base import Layer, Shape
from netcore.shapes import pool_output


class Pool(Layer):
    """What pooling layers share: the window, and the output's size. Channels are pooled each by itself."""

    spatial = 2

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1, ceil_mode: bool = False) -> None:
        if self.spatial == 1:  # a window of height 1 over an image of height 1
            kernel_size, stride = (1, _one(kernel_size)), None if stride is None else (1, _one(stride))
            padding, dilation = (0, _one(padding)), (1, _one(dilation))
        self.kernel_size, self.stride, self.padding = window_geometry(kernel_size, stride, padding)
        self.dilation, self.ceil_mode = checks.pair("dilation", dilation), bool(ceil_mode)

    def _image(self, x: np.ndarray) -> np.ndarray:
        """The input as (N, C, H, W)."""
        x = checks.floats("input", x)
        if x.ndim != 2 + self.spatial:
            raise ShapeError(f"input must have shape (N, C, {'H, W' if self.spatial == 2 else 'L'}), got {x.shape}")
        return x if self.spatial == 2 else x[:, :, None]

    def _back(self, image: np.ndarray) -> np.ndarray:
        return image if self.spatial == 2 else image[:, :, 0]

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1 + self.spatial:
            raise ShapeError(f"input must have {1 + self.spatial} axes besides the batch axis, got {input_shape}")
        axes = range(2 - self.spatial, 2)
        window = zip(self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        geometry = list(window)
        sizes = (
            None if size is None else pool_output(size, *geometry[axis], self.ceil_mode)
            for axis, size in zip(axes, input_shape[1:], strict=True)
        )
        return (input_shape[0], *sizes)

    def _describe(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}" + (f", padding={self.padding}" if any(self.padding) else "")


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, (tuple, list)) and len(value) == 1 else value


class MaxPool2d(Pool):
    """The greatest number of each window; a NaN wins, ties go to the first. Caches which place won, a byte an output.

    >>> import netcore as nc, numpy as np
    >>> nc.MaxPool2d(2).forward(np.zeros((1, 3, 8, 8), np.float32)).shape
    (1, 3, 4, 4)
    """

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        y, cache = F.max_pool2d_forward(self._image(x), self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)
        return self._back(y), cache

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        return self._back(F.max_pool2d_backward(self._image(dy), cache)) if needs_input else None

    def cache_numbers(self, input_shape: Shape) -> float:
        places = prod(size or 1 for size in self.output_shape(input_shape))
        return places / 4 if prod(self.kernel_size) <= 256 else places  # a byte an output


class MaxPool1d(MaxPool2d):
    """MaxPool2d along one axis, on (N, C, L)."""

    spatial = 1


class AvgPool2d(Pool):
    """The mean of each window; padding counts as zeros unless count_include_pad=False. Caches only sizes."""

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False, count_include_pad: bool = True
    ) -> None:
        super().__init__(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = bool(count_include_pad)

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        y, cache = F.avg_pool2d_forward(self._image(x), self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)
        return self._back(y), cache

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        return self._back(F.avg_pool2d_backward(self._image(dy), cache)) if needs_input else None

    def cache_numbers(self, input_shape: Shape) -> float:
        return 0


class AvgPool1d(AvgPool2d):
    """AvgPool2d along one axis, on (N, C, L)."""

    spatial = 1


class AdaptiveAvgPool2d(Layer):
    """The mean over windows that cover the image evenly: output (N, C, *output_size), whatever its size; None keeps a size."""

    def __init__(self, output_size: int | tuple[int | None, int | None]) -> None:
        self.output_size = output_size
        sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
        checks.pair("output_size", [1 if size is None else size for size in sizes])  # None keeps the input's size
        self._sizes = (sizes[0], sizes[1])

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return F.adaptive_avg_pool2d_forward(x, self._sizes)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        return F.adaptive_avg_pool2d_backward(dy, cache) if needs_input else None

    def cache_numbers(self, input_shape: Shape) -> float:
        return 0

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise ShapeError(f"input must have shape (C, H, W), got {input_shape} (without the batch axis)")
        return (input_shape[0], *(input_shape[1 + i] if size is None else size for i, size in enumerate(self._sizes)))

    def _describe(self) -> str:
        return f"{self.output_size}"
