"""Softmax along an axis, its logarithm, and its cross-entropy with integer targets.

    softmax(x)_i = e^(x_i) / Σ_j e^(x_j)
    cross-entropy = -Σ_i q_i log softmax(x)_i,    q = (1 - smoothing) onehot(target) + smoothing / K

Readable in NumPy: netcore/reference/softmax.py; the arithmetic of a row: csrc/kernels/rows.h.
"""

from math import prod
from typing import NamedTuple

import numpy as np

from netcore import checks, memory
from netcore.backend import kernels
from netcore.errors import ArgumentError, ShapeError


class SoftmaxCache(NamedTuple):
    y: np.ndarray  # the output
    axis: int
    logarithm: bool


def _forward(x: np.ndarray, dim: int, logarithm: bool) -> tuple[np.ndarray, SoftmaxCache]:
    x = checks.floats("x", x)
    if not -x.ndim <= dim < x.ndim:
        raise ArgumentError(f"dim {dim} does not exist in an input of shape {x.shape}")
    last = _moved(x, dim, -1)
    y = memory.empty(last.shape, x.dtype)
    kernels.softmax.softmax(logarithm, _rows(last), _rows(y))
    y = _moved(y, -1, dim)
    return y, SoftmaxCache(y, dim, logarithm)


def _backward(dy: np.ndarray, cache: SoftmaxCache) -> np.ndarray:
    """dx for dy, both of the shape of y."""
    y, dim, logarithm = cache
    dy = checks.gradient("dy", dy, y.shape, y.dtype)
    last_y, last_dy = _moved(y, dim, -1), _moved(dy, dim, -1)
    dx = memory.empty(last_y.shape, y.dtype)
    kernels.softmax.softmax_gradient(logarithm, _rows(last_y), _rows(last_dy), _rows(dx))
    return _moved(dx, -1, dim)


def _moved(x: np.ndarray, source: int, destination: int) -> np.ndarray:
    """The same numbers with one axis moved, contiguous; x itself where it stands there already."""
    if source % x.ndim == destination % x.ndim:
        return x
    return np.ascontiguousarray(np.moveaxis(x, source, destination))


def _rows(x: np.ndarray) -> np.ndarray:
    return x.reshape(prod(x.shape[:-1]), x.shape[-1])


def softmax_forward(x: np.ndarray, dim: int = -1) -> tuple[np.ndarray, SoftmaxCache]:
    """softmax(x) along `dim`; caches y. Backward: dx = y (dy - Σ dy y)."""
    return _forward(x, dim, False)


def log_softmax_forward(x: np.ndarray, dim: int = -1) -> tuple[np.ndarray, SoftmaxCache]:
    """log softmax(x) along `dim`; caches y. Backward: dx = dy - e^y Σ dy."""
    return _forward(x, dim, True)


softmax_backward = log_softmax_backward = _backward


class CrossEntropyCache(NamedTuple):
    gradient: np.ndarray  # (rows, K): softmax - q of each row, 0 where ignored
    shape: tuple[int, ...]  # of the logits
    kept: int  # rows that were not ignored


def cross_entropy_forward(
    logits: np.ndarray, target: np.ndarray, label_smoothing: float = 0.0, ignore_index: int = -100
) -> tuple[np.ndarray, CrossEntropyCache]:
    """Cross-entropy of each row of logits (…, K) with its integer target (…): losses (…) in nats, float64, 0 where ignored.

    Caches softmax - q, found in the same pass. Targets outside 0..K-1 (and not `ignore_index`) raise ArgumentError.

    >>> import numpy as np, netcore.functional as F
    >>> losses, cache = F.cross_entropy_forward(np.zeros((1, 4)), np.array([2]))
    >>> float(losses[0]) == float(np.log(4))
    True
    """
    logits = checks.floats("logits", logits)
    if logits.ndim < 1 or logits.shape[-1] < 1:
        raise ShapeError(f"logits must have shape (…, K) with at least one class, got {logits.shape}")
    target = checks.integers("target", target)
    if target.shape != logits.shape[:-1]:
        checks.shape_is("target", target, logits.shape[:-1], f"(one class per row of logits {logits.shape})")
    smoothing = checks.number("label_smoothing", label_smoothing, 0, 1)
    rows = _rows(logits)
    losses = np.empty(rows.shape[0])
    gradient = memory.empty(rows.shape, logits.dtype)
    kept = kernels.softmax.cross_entropy(rows, target.reshape(-1), smoothing, ignore_index, losses, gradient)
    if kept < 0:
        classes = logits.shape[-1]
        index = checks.first_index(((target < 0) | (target >= classes)) & (target != ignore_index))
        raise ArgumentError(f"target[{index}] is {target[index]}, but the logits have {classes} classes: 0 to {classes - 1}")
    return losses.reshape(target.shape), CrossEntropyCache(gradient, logits.shape, kept)


def cross_entropy_backward(dlosses: np.ndarray, cache: CrossEntropyCache) -> np.ndarray:
    """dlogits = (softmax - q) · dlosses, row by row; dlosses broadcasts against (…), a plain number included."""
    scale = np.asarray(dlosses, cache.gradient.dtype)
    if scale.ndim:
        scale = scale.reshape(-1, 1)
    return (cache.gradient * scale).reshape(cache.shape)
