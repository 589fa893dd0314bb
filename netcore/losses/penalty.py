"""Penalties on a representation: a loss of the activations h (N, H) alone, under the phase protocol.

    value = penalty.forward(h)      a Python float; caches what the gradient needs
    dh = penalty.backward()         its gradient; one backward for one forward

    Sparsity        Σ_j  ρ ln(ρ/ρ̂_j) + (1-ρ) ln((1-ρ)/(1-ρ̂_j))    ρ̂_j = mean over the batch of h_j in (0, 1), ρ the wanted mean
    Decorrelation   ½ Σ_(i≠j) C_ij²                                C the covariance of the units over the batch
    Activity        mean over the batch of Σ_j |h_j|               the L1 penalty

The layer `Penalised` (netcore/layers/penalised.py) puts one amid a network.
Sources: A. Ng, "Sparse autoencoder", CS294A lecture notes, 2011, section 3 (from H. Lee et al., 2008); M. Cogswell et al.,
"Reducing overfitting in deep networks by decorrelating representations", 2016, equation 1; B. Olshausen and D. Field, 1996 (L1).
"""

from typing import Any

import numpy as np

from netcore import checks
from netcore.errors import ArgumentError, PhaseError


class Penalty:
    """Base class: a penalty writes `_value(h)`, which gives the number and a cache, and `_gradient(cache)`."""

    def __init__(self) -> None:
        self._pending: list[Any] = []

    def __call__(self, h: np.ndarray) -> float:
        return self.forward(h)

    def forward(self, h: np.ndarray) -> float:
        """The penalty of activations (N, H), as a Python float; a new forward drops what an earlier one left."""
        h = checks.floats("activations", h, 2)
        value, cache = self._value(h)
        self._pending = [cache]
        return float(value)

    def backward(self, dy: float = 1.0) -> np.ndarray:
        """dh (N, H), times `dy`, the gradient of the penalty itself."""
        if not self._pending:
            raise PhaseError("backward has no forward phase to go back through; call forward(h) first").at(type(self).__name__)
        gradient = self._gradient(self._pending.pop())
        return gradient * gradient.dtype.type(dy)

    @property
    def pending(self) -> int:
        return len(self._pending)

    def parameters(self) -> list[Any]:
        """None: a penalty has nothing to train."""
        return []

    def _value(self, h: np.ndarray) -> tuple[float, Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define _value")

    def _gradient(self, cache: Any) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} does not define _gradient")


class Sparsity(Penalty):
    """KL(ρ ‖ ρ̂) summed over the units, whose activations must lie in [0, 1] (sigmoids).

    ρ̂ is kept 10⁻⁶ away from 0 and 1. Raises ArgumentError for activations outside.

    >>> import netcore as nc
    >>> nc.Sparsity(0.1).forward(np.full((4, 3), 0.1))
    0.0
    """

    def __init__(self, rho: float = 0.05) -> None:
        super().__init__()
        self.rho = checks.number("rho", rho, 0, 1, open_low=True)
        if rho == 1:
            raise ArgumentError("rho must be less than 1: a unit that is always on says nothing")

    def _value(self, h: np.ndarray) -> tuple[float, Any]:
        if h.size and (h.min() < 0 or h.max() > 1):
            raise ArgumentError(f"sparsity is for activations in [0, 1], got {h.min():.3g} … {h.max():.3g}; put a Sigmoid before it")
        raw = h.mean(axis=0, dtype=np.float64) if len(h) else np.full(h.shape[1], self.rho)
        mean = np.clip(raw, 1e-6, 1 - 1e-6)
        value = self.rho * np.log(self.rho / mean) + (1 - self.rho) * np.log((1 - self.rho) / (1 - mean))
        return value.sum(), (mean, mean == raw, h.shape, h.dtype)

    def _gradient(self, cache: Any) -> np.ndarray:
        mean, inside, shape, dtype = cache
        slope = inside * ((1 - self.rho) / (1 - mean) - self.rho / mean) / max(shape[0], 1)
        return np.broadcast_to(slope, shape).astype(dtype)


class Decorrelation(Penalty):
    """½ Σ of the squared covariances between different units.

    >>> import netcore as nc
    >>> nc.Decorrelation().forward(np.array([[1.0, 1.0], [-1.0, -1.0]]))
    1.0
    """

    def _value(self, h: np.ndarray) -> tuple[float, Any]:
        centred = h - h.mean(axis=0, dtype=np.float64).astype(h.dtype) if len(h) else h
        covariance = centred.T @ centred / max(len(h), 1)
        np.fill_diagonal(covariance, 0)
        return np.square(covariance, dtype=np.float64).sum() / 2, (centred, covariance)

    def _gradient(self, cache: Any) -> np.ndarray:
        """The centred activations sum to zero, so that the gradient through the mean does, too."""
        centred, covariance = cache
        return centred @ covariance * centred.dtype.type(2 / max(len(centred), 1))


class Activity(Penalty):
    """Σ_j |h_j|, the mean over the batch; gradient sign(h) / N.

    >>> import netcore as nc
    >>> nc.Activity().forward(np.array([[1.0, -2.0], [0.0, 1.0]]))
    2.0
    """

    def _value(self, h: np.ndarray) -> tuple[float, Any]:
        return np.abs(h).sum(dtype=np.float64) / max(len(h), 1), h

    def _gradient(self, h: np.ndarray) -> np.ndarray:
        return np.sign(h) / h.dtype.type(max(len(h), 1))
