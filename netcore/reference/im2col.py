"""The matrix of columns and its adjoint, tap by tap. Compiled twin: csrc/im2col.pyx."""

import numpy as np

from netcore.reference.conv import _taps

Pair = tuple[int, int]


def _padded(x: np.ndarray, kernel: Pair, out: Pair, stride: Pair, padding: Pair, dilation: Pair) -> np.ndarray:
    """Zeros that hold x and its padding."""
    return np.zeros((*x.shape[:2], x.shape[2] + 2 * padding[0], x.shape[3] + 2 * padding[1]), x.dtype)


def im2col(x: np.ndarray, columns: np.ndarray, kernel: Pair, out: Pair, stride: Pair, padding: Pair, dilation: Pair) -> None:
    """Fill columns (N, C·R·S, OH·OW) from x (N, C, H, W)."""
    (top, left), (height, width) = padding, x.shape[2:]
    image = _padded(x, kernel, out, stride, padding, dilation)
    image[:, :, top : top + height, left : left + width] = x
    view = columns.reshape(x.shape[0], x.shape[1], *kernel, *out)
    for r, s, window in _taps(kernel, out, stride, dilation):
        view[:, :, r, s] = image[..., *window]


def col2im(columns: np.ndarray, x: np.ndarray, kernel: Pair, out: Pair, stride: Pair, padding: Pair, dilation: Pair) -> None:
    """Add columns (N, C·R·S, OH·OW) back to x (N, C, H, W), which comes in as zeros."""
    (top, left), (height, width) = padding, x.shape[2:]
    image = _padded(x, kernel, out, stride, padding, dilation)
    view = columns.reshape(x.shape[0], x.shape[1], *kernel, *out)
    for r, s, window in _taps(kernel, out, stride, dilation):
        image[..., *window] += view[:, :, r, s]
    x += image[:, :, top : top + height, left : left + width]
