"""The linear map y = x Wᵀ + b on the last axis.

    forward     y = x Wᵀ + b          (…, in) · (in, out)
    backward    dx = dy W             (…, out) · (out, in)
                dW = Σ dyᵀ x          (out, …) · (…, in), summed over all leading axes
                db = Σ dy             summed over all leading axes

Cost: 2 · rows · in · out FLOPs forward, twice that backward. Next: csrc/gemm.pyx.
"""

from typing import NamedTuple

import numpy as np

from netcore import checks, memory
from netcore.backend import kernels
from netcore.errors import ShapeError


class LinearCache(NamedTuple):
    x: np.ndarray  # (rows, in), the input with its leading axes made one
    w: np.ndarray  # (out, in)
    has_bias: bool
    leading: tuple[int, ...]  # the leading axes of the input


def linear_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None) -> tuple[np.ndarray, LinearCache]:
    """y = x Wᵀ + b for x (…, in), w (out, in), b (out,); y (…, out). Caches x and w, by reference.

    >>> import numpy as np, netcore.functional as F
    >>> y, cache = F.linear_forward(np.ones((2, 3)), np.eye(3), np.array([0.0, 1.0, 2.0]))
    >>> y[0]
    array([1., 2., 3.])
    """
    x = checks.floats("x", x)
    w = checks.floats("w", w, 2, x.dtype)
    out_features, in_features = w.shape
    if x.ndim == 0 or x.shape[-1] != in_features:
        raise ShapeError(f"x must have shape (…, {in_features}), since w is (out={out_features}, in={in_features}); got {x.shape}")
    if b is not None:
        b = checks.floats("b", b, 1, x.dtype)
        checks.shape_is("b", b, (out_features,), "(one per output feature)")
    leading = x.shape[:-1]
    rows = x.reshape(-1, in_features) if x.size else x.reshape(int(np.prod(leading)), in_features)
    y = memory.empty((rows.shape[0], out_features), x.dtype)
    kernels.gemm.matmul(rows, w.T, b, y)
    return y.reshape(*leading, out_features), LinearCache(rows, w, b is not None, leading)


def linear_backward(
    dy: np.ndarray, cache: LinearCache, *, needs: tuple[bool, bool, bool] = (True, True, True)
) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    """(dx, dw, db) for dy (…, out); `needs` says which are wanted, the others are None."""
    x, w, has_bias, leading = cache
    dy = checks.gradient("dy", dy, (*leading, w.shape[0]), x.dtype).reshape(x.shape[0], w.shape[0])
    dx = dw = db = None
    if needs[0]:
        dx = memory.empty(x.shape, x.dtype)
        kernels.gemm.matmul(dy, w, None, dx)
        dx = dx.reshape(*leading, x.shape[1])
    if needs[1]:
        dw = memory.empty(w.shape, x.dtype)
        kernels.gemm.matmul(dy.T, x, None, dw)
    if needs[2] and has_bias:
        db = dy.sum(axis=0)
    return dx, dw, db
