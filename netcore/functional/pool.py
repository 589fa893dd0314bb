"""Max- and average-pooling in two dimensions and one: a window slides over each channel by itself.

Kernels: csrc/pool.pyx, readable in NumPy in netcore/reference/pool.py. The max caches which place of each window won (a byte
an output); the average caches nothing but sizes.
"""

from typing import NamedTuple

import numpy as np

from netcore import checks, memory
from netcore.backend import kernels
from netcore.errors import ArgumentError, ShapeError
from netcore.functional.conv import Pair, Size
from netcore.shapes import pool_output

LARGEST = 2**31  # places of a window are counted in int32 at most


class MaxPoolCache(NamedTuple):
    which: np.ndarray  # (planes, OH, OW), uint8, or int32 for windows of more than 256 places
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    dtype: np.dtype
    geometry: tuple[Pair, Pair, Pair, Pair]  # kernel, stride, padding, dilation


class AvgPoolCache(NamedTuple):
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    dtype: np.dtype
    geometry: tuple[Pair, Pair, Pair, bool]  # kernel, stride, padding, count_include_pad


def window_geometry(kernel_size: Size, stride: Size | None, padding: Size) -> tuple[Pair, Pair, Pair]:
    """Kernel, stride (the kernel's size unless given) and padding (at most half the kernel) as pairs."""
    kernel = checks.pair("kernel_size", kernel_size)
    steps = kernel if stride is None else checks.pair("stride", stride)
    pads = checks.pair("padding", padding, 0)
    if any(2 * pads[i] > kernel[i] for i in (0, 1)):
        raise ArgumentError(f"padding {pads} must be at most half the kernel_size {kernel}, so that no window lies outside the image")
    if kernel[0] * kernel[1] >= LARGEST or max(steps) >= LARGEST:
        raise ArgumentError(f"kernel_size {kernel} and stride {steps} must stay below 2³¹ places")
    return kernel, steps, pads


def _planes(x: np.ndarray) -> np.ndarray:
    return x.reshape(x.shape[0] * x.shape[1], *x.shape[2:])


def max_pool2d_forward(
    x: np.ndarray, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1, ceil_mode: bool = False
) -> tuple[np.ndarray, MaxPoolCache]:
    """y (N, C, OH, OW), the greatest number of each window of x (N, C, H, W). A NaN wins; ties go to the first.

    A window that holds nothing but padding (dilation can make one) gives -inf, and its gradient goes nowhere.

    >>> import numpy as np, netcore.functional as F
    >>> y, cache = F.max_pool2d_forward(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    >>> y[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    x = checks.floats("x", x, 4)
    kernel, stride, padding = window_geometry(kernel_size, stride, padding)
    geometry = (kernel, stride, padding, checks.pair("dilation", dilation))
    out = tuple(pool_output(x.shape[2 + i], kernel[i], stride[i], padding[i], geometry[3][i], ceil_mode) for i in (0, 1))
    y = memory.empty((*x.shape[:2], *out), x.dtype)
    which = np.empty((x.shape[0] * x.shape[1], *out), np.uint8 if kernel[0] * kernel[1] <= 256 else np.int32)
    kernels.pool.max_forward(_planes(x), _planes(y), which, *geometry)
    return y, MaxPoolCache(which, x.shape, y.shape, x.dtype, geometry)


def max_pool2d_backward(dy: np.ndarray, cache: MaxPoolCache) -> np.ndarray:
    """dx (N, C, H, W): each dy goes to the place that won; overlapping windows add up."""
    dy = checks.gradient("dy", dy, cache.y_shape, cache.dtype)
    dx = memory.empty(cache.x_shape, cache.dtype)
    kernels.pool.max_backward(_planes(dy), cache.which, _planes(dx), *cache.geometry)
    return dx


def avg_pool2d_forward(
    x: np.ndarray,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> tuple[np.ndarray, AvgPoolCache]:
    """y (N, C, OH, OW), the mean of each window of x (N, C, H, W); padding counts as zeros unless count_include_pad=False."""
    x = checks.floats("x", x, 4)
    kernel, stride, padding = window_geometry(kernel_size, stride, padding)
    out = tuple(pool_output(x.shape[2 + i], kernel[i], stride[i], padding[i], 1, ceil_mode) for i in (0, 1))
    y = memory.empty((*x.shape[:2], *out), x.dtype)
    geometry = (kernel, stride, padding, bool(count_include_pad))
    kernels.pool.average_forward(_planes(x), _planes(y), *geometry)
    return y, AvgPoolCache(x.shape, y.shape, x.dtype, geometry)


def avg_pool2d_backward(dy: np.ndarray, cache: AvgPoolCache) -> np.ndarray:
    """dx (N, C, H, W): each dy is shared out over its window."""
    dy = checks.gradient("dy", dy, cache.y_shape, cache.dtype)
    dx = memory.empty(cache.x_shape, cache.dtype)
    kernels.pool.average_backward(_planes(dy), _planes(dx), *cache.geometry)
    return dx


def _row(name: str, value: int | tuple[int, ...] | None, height: int) -> tuple[int, int] | None:
    """The argument of a pooling along one axis as that of windows of height 1; None stays."""
    if isinstance(value, (tuple, list)) and len(value) == 1:
        value = value[0]
    return None if value is None else (height, checks.at_least(name, value, height))


def max_pool1d_forward(
    x: np.ndarray, kernel_size: int, stride: int | None = None, padding: int = 0, dilation: int = 1, ceil_mode: bool = False
) -> tuple[np.ndarray, MaxPoolCache]:
    """y (N, C, OL) for x (N, C, L): max_pool2d with windows of height 1."""
    image = checks.floats("x", x, 3)[:, :, None]
    rows = (_row("kernel_size", kernel_size, 1), _row("stride", stride, 1), _row("padding", padding, 0), _row("dilation", dilation, 1))
    y, cache = max_pool2d_forward(image, *rows, ceil_mode)  # type: ignore[arg-type]
    return y[:, :, 0], cache


def max_pool1d_backward(dy: np.ndarray, cache: MaxPoolCache) -> np.ndarray:
    """dx (N, C, L)."""
    return max_pool2d_backward(checks.floats("dy", dy, 3)[:, :, None], cache)[:, :, 0]


def avg_pool1d_forward(
    x: np.ndarray, kernel_size: int, stride: int | None = None, padding: int = 0, ceil_mode: bool = False, count_include_pad: bool = True
) -> tuple[np.ndarray, AvgPoolCache]:
    """y (N, C, OL) for x (N, C, L): avg_pool2d with windows of height 1."""
    image = checks.floats("x", x, 3)[:, :, None]
    rows = (_row("kernel_size", kernel_size, 1), _row("stride", stride, 1), _row("padding", padding, 0))
    y, cache = avg_pool2d_forward(image, *rows, ceil_mode, count_include_pad)  # type: ignore[arg-type]
    return y[:, :, 0], cache


def avg_pool1d_backward(dy: np.ndarray, cache: AvgPoolCache) -> np.ndarray:
    """dx (N, C, L)."""
    return avg_pool2d_backward(checks.floats("dy", dy, 3)[:, :, None], cache)[:, :, 0]


class AdaptiveCache(NamedTuple):
    x_shape: tuple[int, ...]
    dtype: np.dtype
    out: Pair


def _adaptive_windows(size: int, out: int) -> list[slice]:
    """Output i averages the places ⌊i size / out⌋ … ⌈(i + 1) size / out⌉ - 1."""
    return [slice(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]


def adaptive_avg_pool2d_forward(x: np.ndarray, output_size: int | tuple[int | None, int | None]) -> tuple[np.ndarray, AdaptiveCache]:
    """y (N, C, *output_size): the mean over windows that cover x evenly; None keeps a size."""
    x = checks.floats("x", x, 4)
    sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    if len(sizes) != 2:
        raise ArgumentError(f"output_size must be one whole number or None, or two of them (height, width), got {output_size!r}")
    if 0 in x.shape[2:]:
        raise ShapeError(f"pooling needs an image of at least one row and column, got x {x.shape}")
    height, width = checks.pair("output_size", [x.shape[2 + i] if size is None else size for i, size in enumerate(sizes)])
    rows, columns = _adaptive_windows(x.shape[2], height), _adaptive_windows(x.shape[3], width)
    y = memory.empty((*x.shape[:2], height, width), x.dtype)
    window = (x.shape[2] // height, x.shape[3] // width)
    if (window[0] * height, window[1] * width) == x.shape[2:]:  # windows side by side, all of one size
        kernels.pool.average_forward(_planes(x), _planes(y), window, window, (0, 0), False)
        return y, AdaptiveCache(x.shape, x.dtype, (height, width))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            y[:, :, i, j] = x[:, :, row, column].mean(axis=(2, 3))
    return y, AdaptiveCache(x.shape, x.dtype, (height, width))


def adaptive_avg_pool2d_backward(dy: np.ndarray, cache: AdaptiveCache) -> np.ndarray:
    """dx (N, C, H, W): each dy is shared out over its window."""
    dy = checks.gradient("dy", dy, (*cache.x_shape[:2], *cache.out), cache.dtype)
    dx = memory.zeros(cache.x_shape, cache.dtype)
    for i, row in enumerate(_adaptive_windows(cache.x_shape[2], cache.out[0])):
        for j, column in enumerate(_adaptive_windows(cache.x_shape[3], cache.out[1])):
            count = (row.stop - row.start) * (column.stop - column.start)
            dx[:, :, row, column] += (dy[:, :, i, j] / cache.dtype.type(count))[:, :, None, None]
    return dx
