"""Gradient clipping, against the exploding gradients of recurrent networks (Pascanu et al., 2013)."""

from collections.abc import Iterable

import numpy as np

from netcore import checks
from netcore.parameter import Parameter


def clip_grad_norm(params: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients together so that their joint Euclidean norm is at most `max_norm`; returns the norm before.

    A norm that is not finite is returned, and leaves the gradients as they are.
    """
    limit = checks.number("max_norm", max_norm, 0)
    gradients = [parameter.grad for parameter in params if parameter.grad is not None]
    norm = float(np.sqrt(sum(float(np.vdot(g, g)) if g.dtype == np.float64 else _square_sum(g) for g in gradients)))
    if np.isfinite(norm) and norm > limit:
        for gradient in gradients:
            gradient *= gradient.dtype.type(limit / (norm + 1e-6))
    return norm


def _square_sum(gradient: np.ndarray) -> float:
    """Σ g² of a float32 array; in float64 where float32 overflows."""
    total = float(np.vdot(gradient, gradient))
    return total if np.isfinite(total) else float(np.sum(np.square(gradient, dtype=np.float64)))


def clip_grad_value(params: Iterable[Parameter], limit: float) -> None:
    """Cut every gradient entry to [-limit, limit]."""
    limit = checks.number("limit", limit, 0)
    for parameter in params:
        if parameter.grad is not None:
            np.clip(parameter.grad, -limit, limit, out=parameter.grad)
