"""The matrix of columns that turns a convolution into one matrix product, and its adjoint; PyTorch's `unfold` and `fold`.

For teaching: csrc/im2col.pyx says what they are, csrc/conv.pyx how a convolution does without the matrix.
"""

import numpy as np

from netcore import checks, memory
from netcore.backend import kernels
from netcore.errors import ShapeError
from netcore.functional.conv import Pair, Size
from netcore.shapes import window_output


def _geometry(kernel_size: Size, stride: Size, padding: Size, dilation: Size) -> tuple[Pair, Pair, Pair, Pair]:
    pads = checks.pair("padding", padding, 0)
    return checks.pair("kernel_size", kernel_size), checks.pair("stride", stride), pads, checks.pair("dilation", dilation)


def _places(size: tuple[int, ...], kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Pair:
    """(OH, OW): the places where the filter lies on an image of `size`."""
    out = [window_output(size[i], kernel[i], stride[i], 2 * padding[i], dilation[i]) for i in (0, 1)]
    return out[0], out[1]


def im2col(x: np.ndarray, kernel_size: Size, stride: Size = 1, padding: Size = 0, dilation: Size = 1) -> np.ndarray:
    """columns (N, C·kH·kW, L) of x (N, C, H, W): column l lists what the filter meets at place l.

    >>> import numpy as np, netcore.functional as F
    >>> F.im2col(np.arange(9.0).reshape(1, 1, 3, 3), 2)[0].T
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.],
           [3., 4., 6., 7.],
           [4., 5., 7., 8.]])
    """
    x = checks.floats("x", x, 4)
    kernel, steps, pads, spread = _geometry(kernel_size, stride, padding, dilation)
    out = _places(x.shape[2:], kernel, steps, pads, spread)
    columns = memory.empty((x.shape[0], x.shape[1] * kernel[0] * kernel[1], out[0] * out[1]), x.dtype)
    kernels.im2col.im2col(x, columns, kernel, out, steps, pads, spread)
    return columns


def col2im(
    cols: np.ndarray, output_size: Size, kernel_size: Size, stride: Size = 1, padding: Size = 0, dilation: Size = 1
) -> np.ndarray:
    """x (N, C, *output_size): each number of the columns added back to the pixel that it came from. The adjoint of im2col:
    <im2col(x), cols> = <x, col2im(cols)>; not its inverse, since windows overlap.

    >>> import numpy as np, netcore.functional as F
    >>> F.col2im(np.ones((1, 4, 4)), 3, 2)[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    cols = checks.floats("cols", cols, 3)
    size = checks.pair("output_size", output_size)
    kernel, steps, pads, spread = _geometry(kernel_size, stride, padding, dilation)
    out = _places(size, kernel, steps, pads, spread)
    taps = kernel[0] * kernel[1]
    if cols.shape[1] % taps or cols.shape[2] != out[0] * out[1]:
        raise ShapeError(f"cols must have shape (N, C·{taps}, {out[0] * out[1]}) for output_size {size} and kernel_size {kernel}, got {cols.shape}")
    x = memory.zeros((cols.shape[0], cols.shape[1] // taps, *size), cols.dtype)
    kernels.im2col.col2im(cols, x, kernel, out, steps, pads, spread)
    return x
