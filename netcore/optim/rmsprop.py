"""RMSprop. Kernel: csrc/kernels/optim.h."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from netcore import checks
from netcore.backend import kernels
from netcore.optim.base import Optimizer
from netcore.parameter import Parameter


class RMSprop(Optimizer):
    """s = α s + (1 - α) g²;  b = momentum b + g / (√s + eps);  θ -= lr b.  centered: the variance s - ḡ² in place of s.

    Source: Hinton (2012), lecture 6e; centered after Graves (2013), equations 38-45.
    """

    slots = ("square", "average", "buffer")
    hyper = ("alpha", "eps", "weight_decay", "momentum", "centered")

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.alpha = checks.number("alpha", alpha, 0)
        self.eps = checks.number("eps", eps, 0)
        self.weight_decay = checks.number("weight_decay", weight_decay, 0)
        self.momentum = checks.number("momentum", momentum, 0)
        self.centered = bool(centered)

    def _fresh(self, slot: str, parameter: Parameter) -> np.ndarray:
        used = {"square": True, "average": self.centered, "buffer": self.momentum > 0}[slot]
        return np.zeros(parameter.data.size if used else 0, parameter.data.dtype)

    def _update(self, theta: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        kernels.optim.rmsprop(
            self.lr, self.alpha, self.eps, self.weight_decay, self.momentum,
            theta, gradient, state["square"], state["average"], state["buffer"],
        )  # fmt: skip
