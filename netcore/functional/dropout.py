"""Dropout (Srivastava et al., 2014). Kernel: csrc/dropout.pyx."""

from typing import Any, NamedTuple

import numpy as np

from netcore import checks, memory
from netcore.backend import kernels
from netcore.rng import as_generator


class DropoutCache(NamedTuple):
    mask: np.ndarray  # flat, uint8: 1 where kept
    scale: float  # 1 / (1 - p)
    shape: tuple[int, ...]
    dtype: np.dtype


def dropout_forward(x: np.ndarray, p: float = 0.5, rng: Any = None) -> tuple[np.ndarray, DropoutCache]:
    """y = x / (1 - p) where kept, each number with probability 1 - p, else 0. Caches the mask, a byte a number."""
    x = checks.floats("x", x)
    p = checks.number("p", p, 0, 1)
    scale = 1 / (1 - p) if p < 1 else 0.0
    y, mask = memory.empty(x.shape, x.dtype), memory.empty((x.size,), np.dtype(np.uint8))
    key = int(as_generator(rng).integers(0, 2**64, dtype=np.uint64))
    threshold = min(int((1 - p) * 2.0**64), 2**64 - 1)
    kernels.dropout.forward(key, threshold, scale, x.reshape(-1), y.reshape(-1), mask)
    return y, DropoutCache(mask, scale, x.shape, x.dtype)


def dropout_backward(dy: np.ndarray, cache: DropoutCache) -> np.ndarray:
    """dx = dy / (1 - p) where kept, else 0."""
    dy = checks.gradient("dy", dy, cache.shape, cache.dtype)
    dx = memory.empty(cache.shape, cache.dtype)
    kernels.dropout.backward(cache.scale, dy.reshape(-1), cache.mask, dx.reshape(-1))
    return dx
