"""The latent variable of a variational auto-encoder: sampling that can be differentiated, and its penalty.

    input    (μ, log σ²) side by side, (N, 2Z)
    forward  z = μ + σ ε, ε from N(0, 1)                                          (reparametrisation)
    KL       D(N(μ, σ²) ‖ N(0, 1)) = ½ Σ (μ² + σ² - 1 - log σ²), in nats, averaged over the N samples
    backward dμ = dz + β μ / N,   d log σ² = ½ dz σ ε + ½ β (σ² - 1) / N

so that the gradient of β · KL joins that of the reconstruction on its way back. In eval mode z = μ.
Source: Kingma and Welling (2014), equations 9, 10 and appendix B; β: Higgins et al. (2017).
"""

from typing import Any

import numpy as np

from netcore import checks
from netcore.errors import ShapeError
from netcore.layers.base import Layer, Shape
from netcore.rng import as_generator


class Gaussian(Layer):
    """z (N, Z) from (μ, log σ²) (N, 2Z). After forward, `kl` is the KL divergence of each dimension, in nats per sample.

    Caches μ, log σ² and ε.
    """

    def __init__(self, size: int, beta: float = 1.0, *, rng: Any = None) -> None:
        self.size, self.beta = checks.positive("size", size), checks.number("beta", beta, 0)
        self.rng = as_generator(rng)
        self.kl: np.ndarray = np.zeros(self.size)

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = checks.floats("input", x, 2)
        if x.shape[1] != 2 * self.size:
            raise ShapeError(f"input must have shape (N, {2 * self.size}): mean and log-variance side by side, got {x.shape}")
        mean, log_var = x[:, : self.size], x[:, self.size :]
        self.kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum(axis=0, dtype=np.float64) / max(len(x), 1)
        if not self.training:
            return mean.copy(), None
        noise = self.rng.standard_normal(mean.shape).astype(x.dtype)
        return mean + np.exp(log_var / 2) * noise, (mean, log_var, noise)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray:
        mean, log_var, noise = cache
        dy = checks.gradient("dy", dy, mean.shape, mean.dtype)
        weight = mean.dtype.type(self.beta / max(len(mean), 1))
        d_mean = dy + weight * mean
        d_log_var = (dy * noise * np.exp(log_var / 2) + weight * (np.exp(log_var) - 1)) / 2
        return np.concatenate([d_mean, d_log_var], axis=1)

    def output_shape(self, input_shape: Shape) -> Shape:
        if tuple(input_shape) != (2 * self.size,):
            raise ShapeError(f"input must have shape ({2 * self.size},) without the batch axis, got {input_shape}")
        return (self.size,)

    def _describe(self) -> str:
        return f"{self.size}, beta={self.beta}"
