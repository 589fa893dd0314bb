"""The encoder of a contractive auto-encoder: a sigmoid layer whose code is to change little when its input does.

    h = σ(x Wᵀ + b)
    value = weight · mean over the batch of ‖∂h/∂x‖²_F,    ‖∂h/∂x‖²_F = Σ_j (h_j (1 - h_j))² Σ_i W_ji²

With s = h (1 - h), w_j = Σ_i W_ji² and λ = weight / N the backward phase adds, besides the usual gradients,

    da_nj += 2 λ s_nj² (1 - 2 h_nj) w_j          dW_j += 2 λ W_j Σ_n s_nj²

Source: S. Rifai et al., "Contractive auto-encoders: explicit invariance during feature extraction", 2011, equations 1 and 6.
"""

from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ShapeError
from netcore.layers.base import Shape
from netcore.layers.linear import Linear


class Contractive(Linear):
    """h (N, out_features) from x (N, in_features); `value` is the penalty of the newest forward phase.

    Parameters and their start are those of `Linear`. Caches x by reference, and h.

    >>> layer = Contractive(3, 2, weight=1.0)
    >>> layer.weight.data[:] = 2; layer.bias.data[:] = 0            # at x = 0 is h = ½, so ‖J‖² = 2 · (¼)² · 3 · 4
    >>> y = layer.forward(np.zeros((5, 3), np.float32)); layer.value
    1.5
    """

    def __init__(self, in_features: int, out_features: int, weight: float = 0.1, bias: bool = True, *, rng: Any = None) -> None:
        super().__init__(in_features, out_features, bias, rng=rng)
        self.price = checks.number("weight", weight, 0)
        self.value = 0.0

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = checks.floats("input", x, 2, self.weight.dtype)
        a, linear = super()._forward(x)
        h = F.sigmoid_forward(a)[0]
        slope = h * (1 - h)
        self.value = self.price * float((slope**2 @ self._squares()).sum(dtype=np.float64)) / max(len(x), 1)
        return h, (linear, h.copy(), slope)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        linear, h, slope = cache
        dy = checks.gradient("dy", dy, h.shape, h.dtype)
        price = h.dtype.type(2 * self.price / max(len(h), 1))
        da = dy * slope + price * slope**2 * (1 - 2 * h) * self._squares()
        dx = super()._backward(da, linear, needs_input)
        if self.weight.requires_grad:
            self.weight.accumulate(price * (slope**2).sum(axis=0)[:, None] * self.weight.data)
        return dx

    def _squares(self) -> np.ndarray:
        """w_j, (out_features,)"""
        return np.square(self.weight.data).sum(axis=1)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ShapeError(f"input must have shape ({self.in_features},) without the batch axis, got {input_shape}")
        return super().output_shape(input_shape)

    def _describe(self) -> str:
        return f"{self.in_features}, {self.out_features}, weight={self.price}"
