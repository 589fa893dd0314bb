"""Convolution (cross-correlation, as every framework calls it so) in two dimensions and one, and its transpose.

    y[n,k,oh,ow] = b[k] + Σ_(c,r,s) w[k,c,r,s] · x[n, c, oh·stride + r·dilation - pad, ow·stride + s·dilation - pad]

The three passes (forward, input gradient, weight gradient) stand in csrc/conv.pyx, readable in NumPy in
netcore/reference/conv.py; conv_passes.py says which convolutions go by Winograd's algorithm instead. A transposed
convolution runs them in other roles: its forward is a convolution's input gradient, its input gradient a convolution's
forward, and its weight gradient a convolution's with image and output exchanged.
1-D is the case H = 1. Caches x and w by reference.
"""

from typing import NamedTuple

import numpy as np

from netcore import checks, memory
from netcore.backend import kernels
from netcore.errors import ArgumentError, ShapeError
from netcore.functional import conv_passes
from netcore.shapes import Pads, same_padding, transposed_output, window_output

Pair = tuple[int, int]
Size = int | tuple[int, ...]
LARGEST = 1 << 36  # numbers in a padded image
Gradients = tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]


class ConvCache(NamedTuple):
    x: np.ndarray  # (N, C, H, W)
    w: np.ndarray  # (K, C/groups, R, S); transposed: (C, K/groups, R, S)
    has_bias: bool
    y_shape: tuple[int, ...]
    stride: Pair
    padding: Pads  # ((top, bottom), (left, right))
    dilation: Pair
    groups: int


def resolve_padding(padding: Size | str, kernel: Pair, stride: Pair, dilation: Pair) -> Pads:
    """((top, bottom), (left, right)) from a number, a pair, 'same' or 'valid'."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        if stride != (1, 1):
            raise ArgumentError("padding='same' keeps the size only with stride 1; give the padding as a number")
        return same_padding(kernel[0], dilation[0]), same_padding(kernel[1], dilation[1])
    if isinstance(padding, str):
        raise ArgumentError(f"padding must be a whole number, two of them, 'same' or 'valid'; got {padding!r}")
    ph, pw = checks.pair("padding", padding, 0)
    return (ph, ph), (pw, pw)


def _arrays(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None, groups: int, in_axis: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Input, filters and bias, checked against each other; w's axis `in_axis` holds the input channels (of a group if 1)."""
    x = checks.floats("x", x, 4)
    w = checks.floats("w", w, 4, x.dtype)
    if 0 in w.shape:
        raise ShapeError(f"w must have no empty axis, got shape {w.shape}")
    if 0 in x.shape[1:]:
        raise ShapeError(f"only the batch axis of x may be empty, got shape {x.shape}")
    groups = checks.positive("groups", groups)
    channels = w.shape[in_axis] * (groups if in_axis == 1 else 1)
    out = w.shape[0] if in_axis == 1 else w.shape[1] * groups
    if w.shape[0] % groups:
        raise ArgumentError(f"groups={groups} must divide the first axis of w, {w.shape[0]}")
    if x.shape[1] != channels:
        raise ShapeError(f"x must have C={channels} channels to meet w {w.shape} in {groups} group(s), got shape {x.shape}")
    if b is not None:
        b = checks.floats("b", b, 1, x.dtype)
        checks.shape_is("b", b, (out,), "(one per output channel)")
    return x, w, b


def _check_padded(shape: tuple[int, ...], pads: Pads) -> None:
    """The padded image (C, H, W), of which every thread makes one, must be a size that a machine can have."""
    c, h, w = shape[1], shape[2] + sum(pads[0]), shape[3] + sum(pads[1])
    if c * h * w > LARGEST:
        raise ArgumentError(f"padding {pads} makes padded images of {c} x {h} x {w} numbers; use less padding")


def conv2d_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> tuple[np.ndarray, ConvCache]:
    """y (N, K, OH, OW) for x (N, C, H, W), w (K, C/groups, R, S), b (K,).

    >>> import numpy as np, netcore.functional as F
    >>> y, cache = F.conv2d_forward(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)))
    >>> y[0, 0]
    array([[4., 4.],
           [4., 4.]])
    """
    x, w, b = _arrays(x, w, b, groups, in_axis=1)
    stride, dilation = checks.pair("stride", stride), checks.pair("dilation", dilation)
    pads = resolve_padding(padding, w.shape[2:], stride, dilation)
    out = tuple(window_output(x.shape[2 + i], w.shape[2 + i], stride[i], sum(pads[i]), dilation[i]) for i in (0, 1))
    _check_padded(x.shape, pads)
    y = memory.empty((x.shape[0], w.shape[0], *out), x.dtype)
    conv_passes.forward(x, w, b, y, stride, pads, dilation, groups)
    return y, ConvCache(x, w, b is not None, y.shape, stride, pads, dilation, groups)


def conv2d_backward(dy: np.ndarray, cache: ConvCache, *, needs: tuple[bool, bool, bool] = (True, True, True)) -> Gradients:
    """(dx, dw, db) for dy of y's shape."""
    x, w, has_bias, y_shape = cache[:4]
    geometry = cache[4:]
    dy = checks.gradient("dy", dy, y_shape, x.dtype)
    dx = dw = db = None
    if needs[0]:
        dx = memory.empty(x.shape, x.dtype)
        conv_passes.input_gradient(dy, w, None, dx, *geometry)
    if needs[1]:
        dw = memory.zeros(w.shape, x.dtype)
        conv_passes.weight_gradient(x, dy, dw, *geometry)
    if needs[2] and has_bias:
        db = _bias_gradient(dy)
    return dx, dw, db


def conv_transpose2d_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> tuple[np.ndarray, ConvCache]:
    """y (N, K, OH, OW) for x (N, C, H, W), w (C, K/groups, R, S), b (K,); OH = (H-1) stride - 2 pad + dilation (R-1) + output_padding + 1.

    >>> import numpy as np, netcore.functional as F
    >>> F.conv_transpose2d_forward(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), stride=2)[0].shape
    (1, 1, 4, 4)
    """
    x, w, b = _arrays(x, w, b, groups, in_axis=0)
    stride, dilation = checks.pair("stride", stride), checks.pair("dilation", dilation)
    pads = resolve_padding(checks.pair("padding", padding, 0), w.shape[2:], stride, dilation)
    extra = checks.pair("output_padding", output_padding, 0)
    if any(extra[i] >= max(stride[i], dilation[i]) for i in (0, 1)):
        raise ArgumentError(f"output_padding {extra} must be smaller than the stride {stride} or the dilation {dilation}")
    out = tuple(transposed_output(x.shape[2 + i], w.shape[2 + i], stride[i], sum(pads[i]), dilation[i], extra[i]) for i in (0, 1))
    if min(out) < 1:
        raise ShapeError(f"the output of a transposed convolution would be {out[0]} x {out[1]}; use less padding")
    _check_padded((x.shape[0], w.shape[1], *out), pads)
    y = memory.empty((x.shape[0], w.shape[1] * groups, *out), x.dtype)
    conv_passes.input_gradient(x, w, b, y, stride, pads, dilation, groups)
    return y, ConvCache(x, w, b is not None, y.shape, stride, pads, dilation, groups)


def conv_transpose2d_backward(dy: np.ndarray, cache: ConvCache, *, needs: tuple[bool, bool, bool] = (True, True, True)) -> Gradients:
    """(dx, dw, db) for dy of y's shape."""
    x, w, has_bias, y_shape = cache[:4]
    geometry = cache[4:]
    dy = checks.gradient("dy", dy, y_shape, x.dtype)
    dx = dw = db = None
    if needs[0]:
        dx = memory.empty(x.shape, x.dtype)
        conv_passes.forward(dy, w, None, dx, *geometry)
    if needs[1]:
        dw = memory.zeros(w.shape, x.dtype)
        conv_passes.weight_gradient(dy, x, dw, *geometry)
    if needs[2] and has_bias:
        db = _bias_gradient(dy)
    return dx, dw, db


def _bias_gradient(dy: np.ndarray) -> np.ndarray:
    """db (K,) for dy (N, K, OH, OW)."""
    db = np.empty(dy.shape[1], dy.dtype)
    kernels.conv.bias_gradient(dy, db)
    return db


def conv1d_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    stride: int | tuple[int] = 1,
    padding: int | tuple[int] | str = 0,
    dilation: int | tuple[int] = 1,
    groups: int = 1,
) -> tuple[np.ndarray, ConvCache]:
    """y (N, K, OL) for x (N, C, L), w (K, C/groups, S), b (K,): a 2-D convolution with H = 1."""
    x, w = checks.floats("x", x, 3), checks.floats("w", w, 3)
    row = "same" if padding == "same" else "valid" if padding == "valid" else (0, _one("padding", padding, 0))
    across = [(1, _one(name, value, 1)) for name, value in (("stride", stride), ("dilation", dilation))]
    y, cache = conv2d_forward(x[:, :, None], w[:, :, None], b, across[0], row, across[1], groups)
    return y[:, :, 0], cache


def conv1d_backward(dy: np.ndarray, cache: ConvCache, *, needs: tuple[bool, bool, bool] = (True, True, True)) -> Gradients:
    """(dx, dw, db) for dy (N, K, OL)."""
    dy = checks.gradient("dy", dy, (*cache.y_shape[:2], cache.y_shape[3]), cache.x.dtype)
    dx, dw, db = conv2d_backward(dy[:, :, None], cache, needs=needs)
    return (None if dx is None else dx[:, :, 0]), (None if dw is None else dw[:, :, 0]), db


def _one(name: str, value: int | tuple[int, ...] | str, low: int) -> int:
    """One whole number, also given as a tuple of one."""
    return checks.at_least(name, value[0] if isinstance(value, (tuple, list)) and len(value) == 1 else value, low)
