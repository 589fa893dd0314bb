"""Adam and AdamW. Kernel: csrc/kernels/optim.h."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from netcore import checks
from netcore.backend import kernels
from netcore.errors import ArgumentError
from netcore.optim.base import Optimizer
from netcore.parameter import Parameter


class Adam(Optimizer):
    """m = β1 m + (1 - β1) g;  v = β2 v + (1 - β2) g²;  θ -= lr m̂ / (√v̂ + eps),  m̂ = m / (1 - β1^t),  v̂ = v / (1 - β2^t).

    Weight decay is added to the gradient. amsgrad uses the greatest v so far (Reddi et al., 2018).
    Source: Kingma and Ba (2015), algorithm 1.

    >>> import netcore as nc, numpy as np
    >>> p = nc.Parameter(np.array([1.0])); p.grad = np.array([5.0])
    >>> nc.Adam([p], lr=0.1).step(); p.data.round(6)
    array([0.9])
    """

    slots = ("mean", "square", "highest")
    hyper = ("betas", "eps", "weight_decay", "amsgrad")
    decoupled = False

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2 or not all(0 <= checks.number("betas", beta) < 1 for beta in betas):
            raise ArgumentError(f"betas must be two numbers in [0, 1), got {betas!r}")
        self.betas = (float(betas[0]), float(betas[1]))
        self.eps = checks.number("eps", eps, 0)
        self.weight_decay = checks.number("weight_decay", weight_decay, 0)
        self.amsgrad = bool(amsgrad)

    def _fresh(self, slot: str, parameter: Parameter) -> np.ndarray:
        used = slot != "highest" or self.amsgrad
        return np.zeros(parameter.data.size if used else 0, parameter.data.dtype)

    def _update(self, theta: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        kernels.optim.adam(
            self.lr, *self.betas, self.eps, self.weight_decay, self.decoupled, state["step"],
            theta, gradient, state["mean"], state["square"], state["highest"],
        )  # fmt: skip


class AdamW(Adam):
    """Adam with decoupled weight decay: θ shrinks by lr weight_decay θ, whatever the gradient (Loshchilov and Hutter, 2019)."""

    decoupled = True

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)
