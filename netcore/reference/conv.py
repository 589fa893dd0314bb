"""Convolution and its two gradients, tap by tap. Compiled twin: csrc/conv.pyx, whose head has the formulas.

A tap (r, s) of the filter meets, over all output pixels, a strided slice of the padded image. So each pass is a loop over
the R·S taps with one product of matrices inside: readable, and free of index arithmetic beyond the slice.
"""

from collections.abc import Iterator

import numpy as np

Pair = tuple[int, int]
Pads = tuple[Pair, Pair]


def _taps(kernel: Pair, out: Pair, stride: Pair, dilation: Pair) -> Iterator[tuple[int, int, tuple[slice, slice]]]:
    """(r, s, the slice of the padded image that tap (r, s) meets)."""
    for r in range(kernel[0]):
        for s in range(kernel[1]):
            top, left = r * dilation[0], s * dilation[1]
            rows = slice(top, top + (out[0] - 1) * stride[0] + 1, stride[0])
            columns = slice(left, left + (out[1] - 1) * stride[1] + 1, stride[1])
            yield r, s, (rows, columns)


def _split(x: np.ndarray, groups: int) -> np.ndarray:
    """(N, C, …) as (N, groups, C/groups, …)."""
    return x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])


def forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None, y: np.ndarray, stride: Pair, padding: Pads, dilation: Pair, groups: int
) -> None:
    """y = convolution of x with w, plus b."""
    padded = _split(np.pad(x, ((0, 0), (0, 0), *padding)), groups)
    filters = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    out = np.zeros(_split(y, groups).shape, y.dtype)
    for r, s, window in _taps(w.shape[2:], y.shape[2:], stride, dilation):
        out += np.einsum("gkc,ngchw->ngkhw", filters[..., r, s], padded[..., *window])
    y[...] = out.reshape(y.shape)
    if b is not None:
        y += b[:, None, None]


def input_gradient(
    dy: np.ndarray, w: np.ndarray, b: np.ndarray | None, dx: np.ndarray, stride: Pair, padding: Pads, dilation: Pair, groups: int
) -> None:
    """dx from dy: every tap adds back to the slice that it read; b, one number per channel of dx, is added."""
    (top, bottom), (left, right) = padding
    height, width = dx.shape[2:]
    padded = np.zeros((dx.shape[0], groups, dx.shape[1] // groups, height + top + bottom, width + left + right), dx.dtype)
    filters = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    for r, s, window in _taps(w.shape[2:], dy.shape[2:], stride, dilation):
        padded[..., *window] += np.einsum("gkc,ngkhw->ngchw", filters[..., r, s], _split(dy, groups))
    dx[...] = padded[..., top : top + height, left : left + width].reshape(dx.shape)
    if b is not None:
        dx += b[:, None, None]


def weight_gradient(
    x: np.ndarray, dy: np.ndarray, dw: np.ndarray, stride: Pair, padding: Pads, dilation: Pair, groups: int
) -> None:
    """dw from x and dy: for each tap, the product of dy with the slice that the tap meets, summed over samples and pixels."""
    padded = _split(np.pad(x, ((0, 0), (0, 0), *padding)), groups)
    filters = dw.reshape(groups, dw.shape[0] // groups, *dw.shape[1:])
    for r, s, window in _taps(dw.shape[2:], dy.shape[2:], stride, dilation):
        filters[..., r, s] = np.einsum("ngkhw,ngchw->gkc", _split(dy, groups), padded[..., *window])


def bias_gradient(dy: np.ndarray, db: np.ndarray) -> None:
    """db from dy: one number per channel was added at every pixel."""
    db[...] = dy.sum(axis=(0, 2, 3))
