"""Layers without parameters that map each number, or each row, by a formula. Kernels: netcore/functional/activation.py, softmax.py.

All take and return arrays of any shape, and cache their input or their output by reference.

>>> import netcore as nc, numpy as np
>>> nc.ReLU().forward(np.array([-1.0, 2.0]))
array([0., 2.])
"""

from typing import Any, ClassVar

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.layers.base import Layer, Shape


class Elementwise(Layer):
    """Base of the activations: `name` is the kernel's, `slope` its one number, where it has one."""

    name: ClassVar[str]
    slope: float = 0.0

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return F.activation_forward(self.name, x, self.slope)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        return F.activation_backward(dy, cache) if needs_input else None

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape


class ReLU(Elementwise):
    """max(0, x) (Nair and Hinton, 2010)."""

    name = "relu"


class LeakyReLU(Elementwise):
    """x where x > 0, else negative_slope · x (Maas et al., 2013)."""

    name = "leaky_relu"

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.slope = checks.number("negative_slope", negative_slope)

    def _describe(self) -> str:
        return f"{self.slope}"


class ELU(Elementwise):
    """x where x > 0, else alpha (e^x - 1) (Clevert et al., 2016)."""

    name = "elu"

    def __init__(self, alpha: float = 1.0) -> None:
        self.slope = checks.number("alpha", alpha)

    def _describe(self) -> str:
        return f"{self.slope}"


class GELU(Elementwise):
    """x Φ(x), Φ the normal distribution function; approximate='tanh' for its approximation (Hendrycks and Gimpel, 2016)."""

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = checks.one_of("approximate", approximate, ("none", "tanh"))
        self.name = "gelu" if approximate == "none" else "gelu_tanh"  # type: ignore[misc]

    def _describe(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(Elementwise):
    """x σ(x) (Elfwing et al., 2018)."""

    name = "silu"


class Sigmoid(Elementwise):
    """σ(x) = 1 / (1 + e^-x)."""

    name = "sigmoid"


class Tanh(Elementwise):
    """tanh x."""

    name = "tanh"


class Softplus(Elementwise):
    """ln(1 + e^x)."""

    name = "softplus"


class Softmax(Layer):
    """e^x / Σ e^x along `dim`."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return F.softmax_forward(x, self.dim)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        return F.softmax_backward(dy, cache) if needs_input else None

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def _describe(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """x - ln Σ e^x along `dim`."""

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return F.log_softmax_forward(x, self.dim)
