"""Batch, group and layer norm: (x - mean) / √(var + eps) · w + b, over different averages. Kernels: csrc/norm.pyx.

Caches x by reference and the statistics, in float64.
"""

from math import prod
from typing import NamedTuple

import numpy as np

from netcore import checks, memory
from netcore.backend import kernels
from netcore.errors import ArgumentError, ShapeError

Gradients = tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]


class NormCache(NamedTuple):
    x: np.ndarray
    w: np.ndarray  # empty where there is none
    b_size: int  # 0 where there is none
    mean: np.ndarray
    rstd: np.ndarray
    shape: tuple[int, ...]  # of w and b


def _affine(x: np.ndarray, w: np.ndarray | None, b: np.ndarray | None, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias as flat arrays, empty where there are none."""
    flat = []
    for name, value in (("w", w), ("b", b)):
        if value is None:
            flat.append(np.empty(0, x.dtype))
        else:
            value = checks.floats(name, value, dtype=x.dtype)
            checks.shape_is(name, value, shape)
            flat.append(value.reshape(-1))
    return flat[0], flat[1]


def _channels(x: np.ndarray) -> np.ndarray:
    """(N, C, …) as (N, C, P)."""
    return x.reshape(x.shape[0], x.shape[1], prod(x.shape[2:]))


def _with_channels(x: np.ndarray) -> np.ndarray:
    x = checks.floats("x", x)
    if x.ndim < 2:
        raise ShapeError(f"x must have shape (N, C, …), got {x.shape}")
    return x


def _sums(x: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(count, x.dtype), np.zeros(count, x.dtype)


def batch_norm_forward(
    x: np.ndarray, w: np.ndarray | None = None, b: np.ndarray | None = None, eps: float = 1e-5
) -> tuple[np.ndarray, NormCache, tuple[np.ndarray, np.ndarray]]:
    """(y, cache, (mean, var)): y = (x - mean) / √(var + eps) · w + b for x (N, C, …), with the batch's own mean and biased variance of
    each channel, float64. With no samples they are 0 and 1. Raises ArgumentError for a single value per channel."""
    x = _with_channels(x)
    channels = x.shape[1]
    if x.shape[0] and x.size // max(channels, 1) < 2:
        raise ArgumentError(f"batch norm in training needs more than one value per channel, got shape {x.shape}")
    weight, bias = _affine(x, w, b, (channels,))
    y, (mean, var, rstd) = memory.empty(x.shape, x.dtype), np.empty((3, channels)) if x.size else np.array([[0.0], [1.0], [1.0]]).repeat(channels, 1)
    kernels.norm.batch_forward(_channels(x), eps, weight, bias, _channels(y), mean, var, rstd)
    return y, NormCache(x, weight, bias.size, mean, rstd, (channels,)), (mean, var)


def track_statistics(running_mean: np.ndarray, running_var: np.ndarray, mean: np.ndarray, var: np.ndarray, part: float, count: int) -> None:
    """Move running statistics (C,), in place, that part of the way towards a batch's (C,), float64, of `count` numbers a channel;
    the variance is made unbiased, count / (count - 1)."""
    kernels.norm.track(running_mean, running_var, mean, var, part, count / (count - 1))


def batch_norm_apply(
    x: np.ndarray, w: np.ndarray | None, b: np.ndarray | None, mean: np.ndarray, var: np.ndarray, eps: float = 1e-5
) -> np.ndarray:
    """y = (x - mean) / √(var + eps) · w + b for x (N, C, …) and given statistics (C,): the running ones, in evaluation."""
    x = _with_channels(x)
    weight, bias = _affine(x, w, b, (x.shape[1],))
    rstd = 1 / np.sqrt(np.asarray(var, np.float64) + eps)
    mean = np.ascontiguousarray(mean, np.float64)
    checks.shape_is("mean", mean, (x.shape[1],), "(one per channel)")
    checks.shape_is("var", rstd, (x.shape[1],), "(one per channel)")
    y = memory.empty(x.shape, x.dtype)
    kernels.norm.batch_apply(_channels(x), mean, rstd, weight, bias, _channels(y))
    return y


def batch_norm_backward(dy: np.ndarray, cache: NormCache, *, needs: tuple[bool, bool, bool] = (True, True, True)) -> Gradients:
    """(dx, dw, db) where the statistics were the batch's own."""
    x, w, b_size, mean, rstd, _ = cache
    dy = checks.gradient("dy", dy, x.shape, x.dtype)
    dx = memory.empty(x.shape if needs[0] else (0, *x.shape[1:]), x.dtype)
    dw, db = _sums(x, x.shape[1])
    kernels.norm.batch_gradient(_channels(x), mean, rstd, w, _channels(dy), _channels(dx), dw, db)
    return dx if needs[0] else None, dw if needs[1] and w.size else None, db if needs[2] and b_size else None


def group_norm_forward(
    x: np.ndarray, num_groups: int, w: np.ndarray | None = None, b: np.ndarray | None = None, eps: float = 1e-5
) -> tuple[np.ndarray, NormCache]:
    """y = x̂ w + b for x (N, C, …), statistics over each of `num_groups` groups of channels in each sample; w, b (C,)."""
    x = _with_channels(x)
    groups = checks.positive("num_groups", num_groups)
    if x.shape[1] % groups:
        raise ShapeError(f"num_groups={groups} must divide the channels of x {x.shape}")
    weight, bias = _affine(x, w, b, (x.shape[1],))
    y, mean, rstd = memory.empty(x.shape, x.dtype), np.zeros((x.shape[0], groups)), np.zeros((x.shape[0], groups))
    kernels.norm.group_forward(_channels(x), groups, eps, weight, bias, _channels(y), mean, rstd)
    return y, NormCache(x, weight, bias.size, mean, rstd, (x.shape[1],))


def group_norm_backward(dy: np.ndarray, cache: NormCache, *, needs: tuple[bool, bool, bool] = (True, True, True)) -> Gradients:
    """(dx, dw, db)."""
    x, w, b_size, mean, rstd, _ = cache
    dy = checks.gradient("dy", dy, x.shape, x.dtype)
    dx = memory.empty(x.shape if needs[0] else (0, *x.shape[1:]), x.dtype)
    dw, db = _sums(x, x.shape[1])
    kernels.norm.group_gradient(_channels(x), mean, rstd, w, _channels(dy), _channels(dx), dw, db)
    return dx if needs[0] else None, dw if needs[1] and w.size else None, db if needs[2] and b_size else None


def last_axes(normalized_shape: int | tuple[int, ...]) -> tuple[int, ...]:
    """The sizes of the last axes, from one number or several."""
    sizes = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    if not sizes:
        raise ArgumentError("normalized_shape must name at least one axis")
    return tuple(checks.positive("normalized_shape", size) for size in sizes)


def layer_norm_forward(
    x: np.ndarray, normalized_shape: int | tuple[int, ...], w: np.ndarray | None = None, b: np.ndarray | None = None, eps: float = 1e-5
) -> tuple[np.ndarray, NormCache]:
    """y = x̂ w + b for x (…, *normalized_shape), statistics over those last axes; w, b of normalized_shape."""
    x = checks.floats("x", x)
    shape = last_axes(normalized_shape)
    if x.shape[x.ndim - len(shape) :] != shape:
        raise ShapeError(f"x must end in the axes {shape}, got shape {x.shape}")
    weight, bias = _affine(x, w, b, shape)
    rows = x.reshape(prod(x.shape[: x.ndim - len(shape)]), prod(shape))
    y, mean, rstd = memory.empty(x.shape, x.dtype), np.zeros(rows.shape[0]), np.zeros(rows.shape[0])
    kernels.norm.layer_forward(rows, eps, weight, bias, y.reshape(rows.shape), mean, rstd)
    return y, NormCache(x, weight, bias.size, mean, rstd, shape)


def layer_norm_backward(dy: np.ndarray, cache: NormCache, *, needs: tuple[bool, bool, bool] = (True, True, True)) -> Gradients:
    """(dx, dw, db)."""
    x, w, b_size, mean, rstd, shape = cache
    dy = checks.gradient("dy", dy, x.shape, x.dtype)
    rows = (mean.size, prod(shape))
    dx = memory.empty(rows if needs[0] else (0, rows[1]), x.dtype)
    dw, db = np.zeros(w.size if needs[1] else 0, x.dtype), np.zeros(b_size if needs[2] else 0, x.dtype)
    kernels.norm.layer_gradient(x.reshape(rows), mean, rstd, w, dy.reshape(rows), dx, dw, db)
    return dx.reshape(x.shape) if needs[0] else None, dw.reshape(shape) if dw.size else None, db.reshape(shape) if db.size else None
