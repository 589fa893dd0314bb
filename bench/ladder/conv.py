"""The ladder of the convolution: 3 × 3 filters, stride 1, a border of zeros of width 1.

    y[n,k,oh,ow] = b[k] + Σ_(c,r,s) w[k,c,r,s] · padded[n,c,oh+r,ow+s]

x (N, C, H, W), w (K, C, 3, 3), b (K,), y (N, K, H, W). The engine's: csrc/im2col.pyx, csrc/conv.pyx, csrc/winograd.pyx.
"""

import numpy as np

from bench.ladder.rung import Arrays, Ladder, Rung
from netcore import functional as F
from netcore._kernels import ladder as compiled
from netcore.backend import kernels


def problem(samples: int, dtype: type = np.float32, channels: int = 32, filters: int = 64, height: int = 16, width: int = 16) -> Arrays:
    rng = np.random.default_rng(0)
    shapes = (samples, channels, height, width), (filters, channels, 3, 3), (filters,)
    return tuple(rng.standard_normal(shape).astype(dtype) for shape in shapes)


def padded(x: np.ndarray) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))


def python_loops(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The formula, as seven loops in Python."""
    (n_samples, channels, height, width), filters, xp = x.shape, len(w), padded(x)
    y = np.empty((n_samples, filters, height, width), x.dtype)
    for n in range(n_samples):
        for k in range(filters):
            for oh in range(height):
                for ow in range(width):
                    total = b[k]
                    for c in range(channels):
                        for r in range(3):
                            for s in range(3):
                                total += w[k, c, r, s] * xp[n, c, oh + r, ow + s]
                    y[n, k, oh, ow] = total
    return y


def numpy_windows(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """One NumPy expression for each place of the filter: all samples and filters of an output pixel at once."""
    n_samples, _, height, width = x.shape
    rows, xp = w.reshape(len(w), -1), padded(x)
    y = np.empty((n_samples, len(w), height, width), x.dtype)
    for oh in range(height):
        for ow in range(width):
            y[:, :, oh, ow] = xp[:, :, oh : oh + 3, ow : ow + 3].reshape(n_samples, -1) @ rows.T + b
    return y


def numpy_im2col(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """All patches copied into one matrix (9 times the image), so that the whole convolution is one NumPy product a sample."""
    n_samples, channels, height, width = x.shape
    patches = np.lib.stride_tricks.sliding_window_view(padded(x), (3, 3), axis=(2, 3))  # (N, C, H, W, 3, 3)
    columns = patches.transpose(0, 1, 4, 5, 2, 3).reshape(n_samples, channels * 9, height * width)
    return (w.reshape(len(w), -1) @ columns + b[:, None]).reshape(n_samples, len(w), height, width)


def cython_loops(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The seven loops of the first rung, compiled."""
    y = np.empty((len(x), len(w), *x.shape[2:]), x.dtype)
    compiled.conv_loops(padded(x), w, b, y)
    return y


def cython_rows(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The loop along a row of pixels goes innermost: contiguous, so that the compiler makes vectors of it."""
    y = np.empty((len(x), len(w), *x.shape[2:]), x.dtype)
    compiled.conv_rows(padded(x), w, b, y)
    return y


def im2col_product(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """All patches in one matrix again, filled by a compiled kernel, times the filters by the engine's packed product."""
    columns, rows = F.im2col(x, 3, padding=1), w.reshape(len(w), -1)
    y = np.empty((len(x), len(w), columns.shape[2]), x.dtype)
    for n in range(len(x)):
        kernels.gemm.matmul(rows, columns[n], None, y[n])
    y += b[:, None]
    return y.reshape(len(x), len(w), *x.shape[2:])


def with_algorithm(name: str, x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    before = F.get_conv_algorithm()
    F.set_conv_algorithm(name)
    try:
        return F.conv2d_forward(x, w, b, padding=1)[0]
    finally:
        F.set_conv_algorithm(before)


def implicit(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Patches are gathered a panel at a time, straight into the product's packed operand: the matrix never exists."""
    return with_algorithm("direct", x, w, b)


def winograd(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Winograd's algorithm: 36 multiplications for 16 outputs instead of 144, between two cheap transforms."""
    return with_algorithm("winograd", x, w, b)


def threads(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The same on two threads, each with its own tiles."""
    return winograd(x, w, b)


def reference(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    from netcore.reference import conv

    y = np.empty((len(x), len(w), *x.shape[2:]), x.dtype)
    conv.forward(x, w, b, y, (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    return y


LADDER = Ladder(
    "conv", "convolution 3 × 3, 32 to 64 channels, 16 × 16 pixels, forward", "image", problem,
    {"channels": 5, "filters": 7, "height": 6, "width": 9}, reference,
    (
        Rung("Python loops", python_loops, samples=1),
        Rung("NumPy, a place at a time", numpy_windows),
        Rung("NumPy im2col, one product", numpy_im2col),
        Rung("Cython loops", cython_loops, over="Python loops", samples=8),
        Rung("Cython, rows innermost", cython_rows, samples=8),
        Rung("im2col, packed product", im2col_product),
        Rung("implicit product", implicit),
        Rung("Winograd", winograd),
        Rung("two threads", threads, threads=2),
    ),
)  # fmt: skip
