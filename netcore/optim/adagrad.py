"""Adagrad. Kernel: csrc/kernels/optim.h."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from netcore import checks
from netcore.backend import kernels
from netcore.optim.base import Optimizer
from netcore.parameter import Parameter


class Adagrad(Optimizer):
    """s += g²;  θ -= lr / (1 + (t - 1) lr_decay) · g / (√s + eps) (Duchi et al., 2011)."""

    slots = ("total",)
    hyper = ("lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(params, lr)
        self.lr_decay = checks.number("lr_decay", lr_decay, 0)
        self.weight_decay = checks.number("weight_decay", weight_decay, 0)
        self.initial_accumulator_value = checks.number("initial_accumulator_value", initial_accumulator_value, 0)
        self.eps = checks.number("eps", eps, 0)

    def _fresh(self, slot: str, parameter: Parameter) -> np.ndarray:
        return np.full(parameter.data.size, self.initial_accumulator_value, parameter.data.dtype)

    def _update(self, theta: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        lr = self.lr / (1 + (state["step"] - 1) * self.lr_decay)
        kernels.optim.adagrad(lr, self.eps, self.weight_decay, theta, gradient, state["total"])
