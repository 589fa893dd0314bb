"""Activations: a formula on each number, and softmax along an axis.

The formulas stand at the head of csrc/kernels/activation.h, readable in NumPy in netcore/reference/activation.py.
Each `<name>_forward(x)` returns (y, cache), each `<name>_backward(dy, cache)` dx, all of the shape and dtype of x.
The cache is x or y by reference, whichever the derivative is had from: no copy is made.
"""

from typing import NamedTuple

import numpy as np

from netcore import checks, memory
from netcore.backend import kernels


class ActivationCache(NamedTuple):
    kind: int  # index into KINDS
    slope: float  # a of leaky_relu and elu
    kept: np.ndarray  # y where KEEPS_OUTPUT, else x


KINDS: tuple[str, ...] = kernels.activation.KINDS
KEEPS_OUTPUT = {KINDS.index(name) for name in ("relu", "sigmoid", "tanh")}


def activation_forward(name: str, x: np.ndarray, slope: float = 0.0) -> tuple[np.ndarray, ActivationCache]:
    """y = f(x) for the activation called `name`, one of KINDS.

    >>> import numpy as np, netcore.functional as F
    >>> y, cache = F.relu_forward(np.array([-1.0, 2.0]))
    >>> y, F.relu_backward(np.array([10.0, 10.0]), cache)
    (array([0., 2.]), array([ 0., 10.]))
    """
    x = checks.floats("x", x)
    kind = KINDS.index(name)
    y = memory.empty(x.shape, x.dtype)
    kernels.activation.forward(kind, slope, x.reshape(-1), y.reshape(-1))
    return y, ActivationCache(kind, slope, y if kind in KEEPS_OUTPUT else x)


def activation_backward(dy: np.ndarray, cache: ActivationCache) -> np.ndarray:
    """dx = dy · f'(x)."""
    kind, slope, kept = cache
    dy = checks.gradient("dy", dy, kept.shape, kept.dtype)
    dx = memory.empty(kept.shape, kept.dtype)
    kernels.activation.backward(kind, slope, kept.reshape(-1), dy.reshape(-1), dx.reshape(-1))
    return dx


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, ActivationCache]:
    """max(0, x)."""
    return activation_forward("relu", x)


def leaky_relu_forward(x: np.ndarray, negative_slope: float = 0.01) -> tuple[np.ndarray, ActivationCache]:
    """x where x > 0, else negative_slope · x."""
    return activation_forward("leaky_relu", x, checks.number("negative_slope", negative_slope))


def elu_forward(x: np.ndarray, alpha: float = 1.0) -> tuple[np.ndarray, ActivationCache]:
    """x where x > 0, else alpha (e^x - 1)."""
    return activation_forward("elu", x, checks.number("alpha", alpha))


def gelu_forward(x: np.ndarray, approximate: str = "none") -> tuple[np.ndarray, ActivationCache]:
    """x Φ(x); approximate='tanh' replaces Φ by its tanh approximation (Hendrycks and Gimpel, 2016)."""
    checks.one_of("approximate", approximate, ("none", "tanh"))
    return activation_forward("gelu_tanh" if approximate == "tanh" else "gelu", x)


def silu_forward(x: np.ndarray) -> tuple[np.ndarray, ActivationCache]:
    """x σ(x)."""
    return activation_forward("silu", x)


def sigmoid_forward(x: np.ndarray) -> tuple[np.ndarray, ActivationCache]:
    """σ(x) = 1 / (1 + e^-x)."""
    return activation_forward("sigmoid", x)


def tanh_forward(x: np.ndarray) -> tuple[np.ndarray, ActivationCache]:
    """tanh x."""
    return activation_forward("tanh", x)


def softplus_forward(x: np.ndarray) -> tuple[np.ndarray, ActivationCache]:
    """ln(1 + e^x); x itself above 20, where the two agree."""
    return activation_forward("softplus", x)


relu_backward = leaky_relu_backward = elu_backward = gelu_backward = activation_backward
silu_backward = sigmoid_backward = tanh_backward = softplus_backward = activation_backward
