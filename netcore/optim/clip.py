"""Gradient clipping, against the exploding gradients of recurrent networks (Pascanu et al., 2013)."""

from collections.abc import Iterable

import numpy as np

from netcore import checks
from netcore.backend import kernels
from netcore.parameter import Parameter


def clip_grad_norm(params: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients together by min(1, max_norm / (norm + 1e-6)), norm being their joint Euclidean one; returns the norm.

    A norm that is not finite is returned, and leaves the gradients as they are.
    """
    limit = checks.number("max_norm", max_norm, 0)
    gradients = [parameter.grad for parameter in params if parameter.grad is not None]
    norm = float(np.sqrt(sum(_square_sum(gradient) for gradient in gradients)))
    scale = limit / (norm + 1e-6)
    if np.isfinite(norm) and scale < 1:
        for gradient in gradients:
            gradient *= gradient.dtype.type(scale)
    return norm


def _square_sum(gradient: np.ndarray) -> float:
    """Σ g²; in float64 where float32 overflows."""
    total = kernels.optim.square_sum(checks.floats("gradient", gradient).reshape(-1))
    return total if np.isfinite(total) else float(np.square(gradient, dtype=np.float64).sum())


def clip_grad_value(params: Iterable[Parameter], limit: float) -> None:
    """Cut every gradient entry to [-limit, limit]."""
    limit = checks.number("limit", limit, 0)
    for parameter in params:
        if parameter.grad is not None:
            np.clip(parameter.grad, -limit, limit, out=parameter.grad)
