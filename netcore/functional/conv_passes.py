"""Which algorithm computes a convolution: the choice, in one place, and the three passes by whichever was chosen.

    direct          implicit matrix product (csrc/conv.pyx): every geometry, every dtype
    channels_last   the same sums on images whose channels are innermost (csrc/channels_last.pyx): every geometry, every dtype
    winograd        F(4×4, r×r) (csrc/winograd.pyx): for filters of 3 × 3 or 5 × 5 with stride 1, a quarter or a sixth of the multiplications

Turning an image round and back pays for itself where a filter of several taps meets sixteen channels and more: nothing is copied
once a tap, and short or strided rows fill their tiles. Weight gradients read single numbers in place in any case: they are `direct`.

Winograd's transforms cost two of float32's seven digits (relative error some 1e-5) and pay for themselves from some sixteen
channels on; a NaN or an infinity in the input spreads over the 4 × 4 tile of outputs it belongs to. It is not used for float64,
few channels, small outputs (a 5 × 5 output fills a third of its four tiles only), groups, strides or dilation.
`NETCORE_CONV=direct` or `set_conv_algorithm("direct")` forces the choice; netcore profile shows it.
"""

import os

import numpy as np

from netcore.backend import kernels
from netcore.errors import ArgumentError
from netcore.shapes import Pads

Pair = tuple[int, int]
Shape = tuple[int, ...]
ALGORITHMS = ("auto", "direct", "channels_last", "winograd")
# Both from `python -m bench run kernels --groups conv` and the rows convae and resnet of its zoo, with each algorithm forced:
CHANNELS = 16  # fewest input and output channels of a group that are worth being turned round or transformed,
SAVING = 1.6  # and fewest times that Winograd's multiplications must go into those of the direct product

_forced = "auto"


def get_conv_algorithm() -> str:
    """'auto', or the algorithm that is forced."""
    return _forced


def set_conv_algorithm(name: str) -> None:
    """Force 'direct', 'channels_last' or 'winograd', or let each convolution choose again with 'auto'.

    Where Winograd's algorithm cannot compute a convolution, 'winograd' means 'direct'. Raises ArgumentError.
    """
    global _forced
    if name not in ALGORITHMS:
        raise ArgumentError(f"no convolution algorithm is called {name!r}; choose one of: {', '.join(ALGORITHMS)}")
    _forced = name


def conv_algorithm(dtype: np.dtype, w: Shape, y: Shape, stride: Pair, padding: Pads, dilation: Pair, groups: int) -> str:
    """'direct', 'channels_last' or 'winograd' for filters of shape w and an output of shape y.

    >>> import numpy as np, netcore.functional as F
    >>> F.conv_algorithm(np.dtype("float32"), (64, 32, 3, 3), (8, 64, 28, 28), (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    'winograd'
    """
    size = w[2]
    possible = w[2:] in ((3, 3), (5, 5)) and stride == dilation == (1, 1) and groups == 1 and max(*padding[0], *padding[1]) < size
    if _forced != "auto":
        return "direct" if _forced == "winograd" and not possible else _forced
    if min(w[0] // groups, w[1]) < CHANNELS:
        return "direct"
    tiles = -(-y[2] // 4) * -(-y[3] // 4)
    if possible and dtype == np.float32 and size**2 * y[2] * y[3] >= SAVING * (size + 3) ** 2 * tiles:
        return "winograd"
    return "channels_last" if w[2] * w[3] > 1 else "direct"


def forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None, y: np.ndarray, stride: Pair, padding: Pads, dilation: Pair, groups: int
) -> None:
    """y = convolution of x with w, plus b."""
    algorithm = conv_algorithm(x.dtype, w.shape, y.shape, stride, padding, dilation, groups)
    if algorithm == "winograd":
        kernels.winograd.forward(x, w, b, y, padding)
    else:
        product = kernels.channels_last if algorithm == "channels_last" else kernels.conv
        product.forward(x, w, b, y, stride, padding, dilation, groups)


def input_gradient(
    dy: np.ndarray, w: np.ndarray, b: np.ndarray | None, dx: np.ndarray, stride: Pair, padding: Pads, dilation: Pair, groups: int
) -> None:
    """dx from dy; b, one number per channel of dx, is added."""
    algorithm = conv_algorithm(dy.dtype, w.shape, dy.shape, stride, padding, dilation, groups)
    if algorithm == "winograd":
        kernels.winograd.input_gradient(dy, w, b, dx, padding)
    else:
        product = kernels.channels_last if algorithm == "channels_last" else kernels.conv
        product.input_gradient(dy, w, b, dx, stride, padding, dilation, groups)


def weight_gradient(
    x: np.ndarray, dy: np.ndarray, dw: np.ndarray, stride: Pair, padding: Pads, dilation: Pair, groups: int
) -> None:
    """dw, which comes in as zeros, from x and dy."""
    if conv_algorithm(x.dtype, dw.shape, dy.shape, stride, padding, dilation, groups) == "winograd":
        kernels.winograd.weight_gradient(x, dy, dw, padding)
    else:
        kernels.conv.weight_gradient(x, dy, dw, stride, padding, dilation, groups)


set_conv_algorithm(os.environ.get("NETCORE_CONV", "auto"))
