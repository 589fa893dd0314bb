"""The ladder of the max-pool: 2 × 2 windows side by side, both phases.

    y = max over the window;  dx = dy at the place that won, 0 elsewhere

x (N, C, H, W) with even H and W, dy (N, C, H/2, W/2). A rung is timed with both phases; it gives y and dx. Ties go to the
first place. The engine's: csrc/pool.pyx and csrc/kernels/pool.h.
"""

import numpy as np

from bench.ladder.rung import Arrays, Ladder, Rung
from netcore import functional as F
from netcore._kernels import ladder as compiled


def problem(samples: int, dtype: type = np.float32, channels: int = 32, height: int = 28, width: int = 28) -> Arrays:
    rng = np.random.default_rng(0)
    x = np.round(rng.standard_normal((samples, channels, height, width)), 1)  # rounded, so that there are ties
    return x.astype(dtype), rng.standard_normal((samples, channels, height // 2, width // 2)).astype(dtype)


def python_loops(x: np.ndarray, dy: np.ndarray) -> Arrays:
    """Two loops over the places of a window inside four over the outputs, in Python; the winner's place is kept for the way back."""
    y, dx, which = np.empty_like(dy), np.zeros_like(x), {}
    for place in np.ndindex(dy.shape):
        n, c, oh, ow = place
        best = None
        for r in range(2):
            for s in range(2):
                value = x[n, c, 2 * oh + r, 2 * ow + s]
                if best is None or value > best:
                    best, which[place] = value, (n, c, 2 * oh + r, 2 * ow + s)
        y[place] = best
    for place, winner in which.items():
        dx[winner] += dy[place]
    return y, dx


def numpy_argmax(x: np.ndarray, dy: np.ndarray) -> Arrays:
    """Each window becomes a row of four numbers (a copy); argmax finds all winners at once."""
    n, c, oh, ow = dy.shape
    rows = x.reshape(n, c, oh, 2, ow, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, oh, ow, 4)
    which = rows.argmax(axis=-1)[..., None]
    y = np.take_along_axis(rows, which, axis=-1)[..., 0]
    drows = np.zeros_like(rows)
    np.put_along_axis(drows, which, dy[..., None], axis=-1)
    return y, drows.reshape(n, c, oh, ow, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(x.shape)


def numpy_corners(x: np.ndarray, dy: np.ndarray) -> Arrays:
    """No copy into windows: the four corners of all windows are four strided views, met by three maxima."""
    corners = [(..., slice(r, None, 2), slice(s, None, 2)) for r in (0, 1) for s in (0, 1)]
    y = np.maximum(np.maximum(x[corners[0]], x[corners[1]]), np.maximum(x[corners[2]], x[corners[3]]))
    dx, open_ = np.empty_like(x), np.ones(y.shape, bool)
    for corner in corners:
        won = open_ & (x[corner] == y)
        dx[corner] = dy * won
        open_ &= ~won
    return y, dx


def cython_loops(x: np.ndarray, dy: np.ndarray) -> Arrays:
    """The loops of the first rung, compiled; the winner's place is one byte."""
    y, dx, which = np.empty_like(dy), np.zeros_like(x), np.empty(dy.shape, np.uint8)

    def planes(array: np.ndarray) -> np.ndarray:
        return array.reshape(-1, *array.shape[2:])

    compiled.pool_loops(planes(x), planes(y), planes(which))
    compiled.pool_loops_back(planes(dy), planes(which), planes(dx))
    return y, dx


def engine(x: np.ndarray, dy: np.ndarray) -> Arrays:
    """Vectors of windows without a branch: two rows, three maxima, and comparisons that make the byte; every dx is written once."""
    y, cache = F.max_pool2d_forward(x, 2)
    return y, F.max_pool2d_backward(dy, cache)


def threads(x: np.ndarray, dy: np.ndarray) -> Arrays:
    """The same on two threads, each with its own planes."""
    return engine(x, dy)


def reference(x: np.ndarray, dy: np.ndarray) -> Arrays:
    from netcore.reference import pool

    shape, geometry = (-1, *x.shape[2:]), ((2, 2), (2, 2), (0, 0), (1, 1))
    y, dx = np.empty((x.shape[0] * x.shape[1], *dy.shape[2:]), x.dtype), np.zeros_like(x)
    which = np.empty(y.shape, np.uint8)
    pool.max_forward(x.reshape(shape), y, which, *geometry)
    pool.max_backward(dy.reshape(y.shape), which, dx.reshape(shape), *geometry)
    return y.reshape(dy.shape), dx


LADDER = Ladder(
    "pool", "max-pool 2 × 2, 32 channels, 28 × 28 pixels, both phases", "image", problem,
    {"channels": 3, "height": 6, "width": 10}, reference,
    (
        Rung("Python loops", python_loops, samples=1),
        Rung("NumPy, windows as rows", numpy_argmax),
        Rung("NumPy, corners as views", numpy_corners),
        Rung("Cython loops", cython_loops, over="Python loops"),
        Rung("vectors", engine),
        Rung("two threads", threads, threads=2),
    ),
)  # fmt: skip
