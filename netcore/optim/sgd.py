"""Stochastic gradient descent, with momentum. Kernel: csrc/kernels/optim.h."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from netcore import checks
from netcore.backend import kernels
from netcore.errors import ArgumentError
from netcore.optim.base import Optimizer
from netcore.parameter import Parameter


class SGD(Optimizer):
    """g += weight_decay θ;  v = momentum v + (1 - dampening) g  (v = g at first);  θ -= lr v, or lr (g + momentum v) if nesterov.

    Source: Polyak (1964); Nesterov (1983) in the form of Sutskever et al. (2013), with PyTorch's placing of lr.

    >>> import netcore as nc, numpy as np
    >>> p = nc.Parameter(np.array([1.0])); p.grad = np.array([2.0])
    >>> nc.SGD([p], lr=0.1).step(); p.data
    array([0.8])
    """

    slots = ("velocity",)
    hyper = ("momentum", "dampening", "weight_decay", "nesterov")

    def __init__(
        self, params: Iterable[Parameter], lr: float, momentum: float = 0, dampening: float = 0, weight_decay: float = 0, nesterov: bool = False
    ) -> None:
        super().__init__(params, lr)
        self.momentum = checks.number("momentum", momentum, 0)
        self.dampening = checks.number("dampening", dampening)
        self.weight_decay = checks.number("weight_decay", weight_decay, 0)
        self.nesterov = bool(nesterov)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ArgumentError("nesterov needs a momentum above 0 and a dampening of 0")

    def _fresh(self, slot: str, parameter: Parameter) -> np.ndarray:
        return np.zeros(parameter.data.size if self.momentum else 0, parameter.data.dtype)

    def _update(self, theta: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        kernels.optim.sgd(
            self.lr, self.momentum, self.dampening, self.weight_decay, self.nesterov, state["step"] == 1, theta, gradient, state["velocity"]
        )
