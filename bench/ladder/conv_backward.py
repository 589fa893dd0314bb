"""The ladder of the convolution's backward phase: 3 × 3 filters, stride 1, a border of zeros of width 1.

    dx[n,c,h,w] = Σ over the outputs that pixel was part of  w · dy        dw[k,c,r,s] = Σ_(n,oh,ow) dy[n,k,oh,ow] · padded[n,c,oh+r,ow+s]
    db[k] = Σ dy[n,k,·,·]

Two products for the forward phase's one. Read conv.py first; the engine's: csrc/conv.pyx, csrc/winograd.pyx.
"""

import numpy as np

from bench.ladder import conv
from bench.ladder.conv import padded
from bench.ladder.rung import Arrays, Ladder, Rung
from netcore import functional as F
from netcore._kernels import ladder as compiled
from netcore.backend import kernels


def problem(samples: int, dtype: type = np.float32, channels: int = 32, filters: int = 64, height: int = 16, width: int = 16) -> Arrays:
    x, w, _ = conv.problem(samples, dtype, channels, filters, height, width)
    return x, w, np.random.default_rng(1).standard_normal((samples, filters, height, width)).astype(dtype)


def inner(dxp: np.ndarray) -> np.ndarray:
    """Without the border."""
    return np.ascontiguousarray(dxp[:, :, 1:-1, 1:-1])


def python_loops(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> Arrays:
    """The forward phase's loops, run backward: each dy adds to the inputs and the weights that made its output."""
    xp, dxp, dw = padded(x), padded(np.zeros_like(x)), np.zeros_like(w)
    for n, k, oh, ow in np.ndindex(dy.shape):
        d = dy[n, k, oh, ow]
        for c in range(x.shape[1]):
            for r in range(3):
                for s in range(3):
                    dxp[n, c, oh + r, ow + s] += d * w[k, c, r, s]
                    dw[k, c, r, s] += d * xp[n, c, oh + r, ow + s]
    return inner(dxp), dw, dy.sum(axis=(0, 2, 3))


def numpy_col2im(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> Arrays:
    """The matrix of patches again: dw is dy times it, and dx is filters times dy, added back from its nine places."""
    n_samples, channels, height, width = x.shape
    patches = np.lib.stride_tricks.sliding_window_view(padded(x), (3, 3), axis=(2, 3))
    columns = patches.transpose(0, 1, 4, 5, 2, 3).reshape(n_samples, channels * 9, height * width)
    flat = dy.reshape(n_samples, len(w), -1)
    dw = (flat @ columns.swapaxes(1, 2)).sum(axis=0).reshape(w.shape)
    dcolumns = (w.reshape(len(w), -1).T @ flat).reshape(n_samples, channels, 3, 3, height, width)
    dxp = padded(np.zeros_like(x))
    for r in range(3):
        for s in range(3):
            dxp[:, :, r : r + height, s : s + width] += dcolumns[:, :, r, s]
    return inner(dxp), dw, dy.sum(axis=(0, 2, 3))


def cython_loops(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> Arrays:
    """The loops of the first rung, compiled."""
    dxp, dw, db = padded(np.zeros_like(x)), np.zeros_like(w), np.zeros(len(w), w.dtype)
    compiled.conv_loops_back(padded(x), w, dy, dxp, dw, db)
    return inner(dxp), dw, db


def col2im_product(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> Arrays:
    """The matrix of patches filled and added back by compiled kernels, the products by the engine's packed product."""
    columns, rows = F.im2col(x, 3, padding=1), w.reshape(len(w), -1)
    flat, dcolumns = dy.reshape(len(x), len(w), -1), np.empty_like(columns)
    dw, part = np.zeros_like(rows), np.empty_like(rows)
    for n in range(len(x)):
        kernels.gemm.matmul(flat[n], columns[n].T, None, part)
        dw += part
        kernels.gemm.matmul(rows.T, flat[n], None, dcolumns[n])
    return F.col2im(dcolumns, x.shape[2:], 3, padding=1), dw.reshape(w.shape), dy.sum(axis=(0, 2, 3))


def with_algorithm(name: str, x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> Arrays:
    before = F.get_conv_algorithm()
    F.set_conv_algorithm(name)
    try:
        cache = F.conv.ConvCache(x, w, True, dy.shape, (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
        return F.conv2d_backward(dy, cache)
    finally:
        F.set_conv_algorithm(before)


def implicit(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> Arrays:
    """No matrix of patches: dx is filters times dy a panel at a time, and dw's products read the image in place."""
    return with_algorithm("direct", x, w, dy)


def winograd(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> Arrays:
    """Winograd's algorithm in both products: its transforms have adjoints that are as cheap."""
    return with_algorithm("winograd", x, w, dy)


def threads(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> Arrays:
    """The same on two threads; sums over samples are cut by size and added in a fixed order, so they are the same bits."""
    return winograd(x, w, dy)


def reference(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> Arrays:
    from netcore.reference import conv as plain

    dx, dw, geometry = np.empty_like(x), np.zeros_like(w), ((1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    plain.input_gradient(dy, w, None, dx, *geometry)
    plain.weight_gradient(x, dy, dw, *geometry)
    return dx, dw, dy.sum(axis=(0, 2, 3))


LADDER = Ladder(
    "conv-backward", "convolution 3 × 3, 32 to 64 channels, 16 × 16 pixels, backward", "image", problem, conv.LADDER.small, reference,
    (
        Rung("Python loops", python_loops, samples=1),
        Rung("NumPy col2im", numpy_col2im),
        Rung("Cython loops", cython_loops, over="Python loops", samples=8),
        Rung("col2im, packed product", col2im_product, over="NumPy col2im"),
        Rung("implicit product", implicit),
        Rung("Winograd", winograd),
        Rung("two threads", threads, threads=2),
    ),
)  # fmt: skip
