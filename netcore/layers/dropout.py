"""Dropout. Kernel: netcore/functional/dropout.py."""

from math import prod
from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.layers.base import Layer, Shape
from netcore.rng import as_generator


class Dropout(Layer):
    """In training each number is 0 with probability p and x / (1 - p) otherwise; in evaluation x itself (Srivastava et al., 2014).

    Caches the mask, a byte a number. `rng` is a generator or a seed; without it the global generator.
    """

    def __init__(self, p: float = 0.5, *, rng: Any = None) -> None:
        self.p = checks.number("p", p, 0, 1)
        self.rng = as_generator(rng)

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        if not self.training:
            return checks.floats("input", x).copy(), None
        return F.dropout_forward(x, self.p, self.rng)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        return F.dropout_backward(dy, cache) if needs_input else None

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def cache_numbers(self, input_shape: Shape) -> float:
        return prod(size or 1 for size in input_shape) / 4  # the mask, a byte a number

    def _describe(self) -> str:
        return f"p={self.p}"
