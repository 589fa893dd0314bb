"""Initial values of parameters: uniform in ±bound, where the bound follows from how many numbers a unit sums up.

U(±1/√fan_in) for linear and convolution layers (He et al., 2015, with a = √5, as PyTorch has it), U(±1/√H) for recurrent
ones. It keeps the scale of activations and gradients from layer to layer at the start of training.
"""

from __future__ import annotations

import numpy as np

from netcore.parameter import Parameter


def uniform(shape: tuple[int, ...], bound: float, rng: np.random.Generator) -> Parameter:
    """A float32 parameter drawn from U(-bound, bound)."""
    return Parameter(rng.uniform(-bound, bound, shape).astype(np.float32))


def fan_in_bound(fan_in: int) -> float:
    return 1 / np.sqrt(fan_in) if fan_in > 0 else 0.0
