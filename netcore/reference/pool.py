"""Pooling, both ways, window by window. Compiled twin: csrc/pool.pyx, whose head has the formulas.

Planes are (P, H, W): one channel of one sample each. Places outside the image are padding.
"""

from collections.abc import Iterator

import numpy as np

Pair = tuple[int, int]


def _places(out: int, size: int, kernel: int, stride: int, pad: int, dilation: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """For each output along one axis: the (place in the window, place in the image) that lie inside the image."""
    for o in range(out):
        inside = [(r, o * stride - pad + r * dilation) for r in range(kernel)]
        yield o, [(r, at) for r, at in inside if 0 <= at < size]


def max_forward(
    x: np.ndarray, y: np.ndarray, which: np.ndarray, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> None:
    """y = the greatest number of each window; `which` = its place r · S + s in the window.

    Windows that hold nothing but padding keep -inf and place 0, which lies outside the image.
    """
    y.fill(-np.inf)
    which.fill(0)
    for oh, rows in _places(y.shape[1], x.shape[1], kernel[0], stride[0], padding[0], dilation[0]):
        for ow, columns in _places(y.shape[2], x.shape[2], kernel[1], stride[1], padding[1], dilation[1]):
            if not rows or not columns:
                continue
            window = np.stack([x[:, h, w] for _, h in rows for _, w in columns], axis=1)
            places = np.array([r * kernel[1] + s for r, _ in rows for s, _ in columns])
            # argmax takes the first of equal numbers; a NaN counts as greater than all before it
            nan = np.isnan(window)
            last_nan = window.shape[1] - 1 - nan[:, ::-1].argmax(axis=1)
            best = np.where(nan.any(axis=1), last_nan, np.where(nan, -np.inf, window).argmax(axis=1))
            y[:, oh, ow] = np.take_along_axis(window, best[:, None], axis=1)[:, 0]
            which[:, oh, ow] = places[best]


def max_backward(
    dy: np.ndarray, which: np.ndarray, dx: np.ndarray, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> None:
    """dx = Σ dy at the places that won, zeros elsewhere; every number of dx is written."""
    dx.fill(0)
    planes = np.arange(dy.shape[0])
    for oh in range(dy.shape[1]):
        for ow in range(dy.shape[2]):
            r, s = np.divmod(which[:, oh, ow].astype(np.int64), kernel[1])
            h = oh * stride[0] - padding[0] + r * dilation[0]
            w = ow * stride[1] - padding[1] + s * dilation[1]
            inside = (h >= 0) & (h < dx.shape[1]) & (w >= 0) & (w < dx.shape[2])
            dx[planes[inside], h[inside], w[inside]] += dy[inside, oh, ow]


def _averages(
    out: Pair, size: Pair, kernel: Pair, stride: Pair, padding: Pair, count_padding: bool
) -> Iterator[tuple[int, int, slice, slice, int]]:
    """(oh, ow, rows, columns, divisor) of each window."""
    for oh in range(out[0]):
        for ow in range(out[1]):
            start = (oh * stride[0] - padding[0], ow * stride[1] - padding[1])
            inside = [slice(max(start[i], 0), max(min(start[i] + kernel[i], size[i]), 0)) for i in (0, 1)]
            if count_padding:  # the window's size, cut off where even the padding ends
                spans = [min(start[i] + kernel[i], size[i] + padding[i]) - start[i] for i in (0, 1)]
            else:
                spans = [inside[i].stop - inside[i].start for i in (0, 1)]
            yield oh, ow, inside[0], inside[1], spans[0] * spans[1]


def average_forward(x: np.ndarray, y: np.ndarray, kernel: Pair, stride: Pair, padding: Pair, count_padding: bool) -> None:
    """y = the mean of each window."""
    for oh, ow, rows, columns, count in _averages(y.shape[1:], x.shape[1:], kernel, stride, padding, count_padding):
        y[:, oh, ow] = x[:, rows, columns].sum(axis=(1, 2)) / count


def average_backward(dy: np.ndarray, dx: np.ndarray, kernel: Pair, stride: Pair, padding: Pair, count_padding: bool) -> None:
    """dx = Σ dy / count over the windows that hold a place; every number of dx is written."""
    dx.fill(0)
    for oh, ow, rows, columns, count in _averages(dy.shape[1:], dx.shape[1:], kernel, stride, padding, count_padding):
        dx[:, rows, columns] += (dy[:, oh, ow] / count)[:, None, None]
