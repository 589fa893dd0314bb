"""Convolution and its input gradient on images whose channels are innermost. Compiled twin: csrc/channels_last.pyx, whose head says why.

Both passes are the same sum over taps: what a list of pixels meets there, (…, inputs), times the tap's matrix (inputs, outputs).
The gradient takes the outputs phase by phase: those to which the same taps lead back.
"""

import numpy as np

Pair = tuple[int, int]
Pads = tuple[Pair, Pair]


def _innermost(x: np.ndarray, groups: int) -> np.ndarray:
    """(N, C, H, W) as (N, groups, H, W, C/groups)."""
    return x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:]).transpose(0, 1, 3, 4, 2)


def _at(x: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(N, groups, rows, columns, C): the pixels where these rows and columns of x meet, zeros outside of it."""
    inside = ((rows >= 0) & (rows < x.shape[2]))[:, None, None] & ((columns >= 0) & (columns < x.shape[3]))[:, None]
    return inside * x[:, :, np.clip(rows, 0, x.shape[2] - 1)[:, None], np.clip(columns, 0, x.shape[3] - 1)]


def forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None, y: np.ndarray, stride: Pair, padding: Pads, dilation: Pair, groups: int
) -> None:
    """y = convolution of x with w, plus b."""
    image, out = _innermost(x, groups), _innermost(y, groups)  # a view: what is added to it is added to y
    filters = w.reshape(groups, 1, w.shape[0] // groups, *w.shape[1:]).swapaxes(2, 3)
    rows, columns = (np.arange(y.shape[2 + i]) * stride[i] - padding[i][0] for i in (0, 1))
    y[...] = 0 if b is None else b[:, None, None]
    for r, s in np.ndindex(w.shape[2:]):
        out += _at(image, rows + r * dilation[0], columns + s * dilation[1]) @ filters[..., r, s]


def input_gradient(
    dy: np.ndarray, w: np.ndarray, b: np.ndarray | None, dx: np.ndarray, stride: Pair, padding: Pads, dilation: Pair, groups: int
) -> None:
    """dx from dy; b, one number per channel of dx, is added."""
    gradient, out = _innermost(dy, groups), _innermost(dx, groups)
    filters = w.reshape(groups, 1, w.shape[0] // groups, *w.shape[1:])
    dx[...] = 0 if b is None else b[:, None, None]
    for phase in np.ndindex(stride):
        first = [(phase[i] - padding[i][0]) % stride[i] for i in (0, 1)]
        rows, columns = ((np.arange(first[i], dx.shape[2 + i], stride[i]) + padding[i][0]) // stride[i] for i in (0, 1))
        for r, s in np.ndindex(w.shape[2:]):
            steps = r * dilation[0], s * dilation[1]
            if all(steps[i] % stride[i] == phase[i] for i in (0, 1)):
                read = _at(gradient, rows - steps[0] // stride[0], columns - steps[1] // stride[1])
                out[:, :, first[0] :: stride[0], first[1] :: stride[1]] += read @ filters[..., r, s]
