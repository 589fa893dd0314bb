"""Losses of regression: squared, absolute and Huber error, element by element."""

from typing import Any

import numpy as np

from netcore import checks
from netcore.backend import kernels
from netcore.losses.base import Loss, same_shape


class MSELoss(Loss):
    """(pred - target)², the mean over all elements. Gradient 2 (pred - target) / count.

    >>> import netcore as nc, numpy as np
    >>> nc.MSELoss().forward(np.array([1.0, 3.0]), np.array([0.0, 0.0]))
    5.0
    """

    def _losses(self, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Any]:
        difference = self._difference(pred, target)
        return difference * difference, difference

    def _sum(self, pred: np.ndarray, target: np.ndarray) -> tuple[float, float, tuple[int, ...], Any]:
        difference = self._difference(pred, target)  # and no array of squares
        return kernels.optim.square_sum(difference.reshape(-1)), difference.size, difference.shape, difference

    def _difference(self, pred: np.ndarray, target: np.ndarray) -> np.ndarray:
        pred, target = same_shape(pred, target)
        return pred - target

    def _gradient(self, upstream: np.ndarray, difference: np.ndarray) -> np.ndarray:
        return difference * (2 * upstream).astype(difference.dtype)


class L1Loss(Loss):
    """|pred - target|; gradient sign(pred - target), 0 where they are equal."""

    def _losses(self, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Any]:
        pred, target = same_shape(pred, target)
        difference = pred - target
        return np.abs(difference), difference

    def _gradient(self, upstream: np.ndarray, difference: np.ndarray) -> np.ndarray:
        return np.sign(difference) * upstream.astype(difference.dtype)


class HuberLoss(Loss):
    """d²/2 where |d| <= delta, else delta (|d| - delta/2), with d = pred - target (Huber, 1964)."""

    def __init__(self, delta: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.delta = checks.number("delta", delta, 0, open_low=True)

    def _losses(self, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Any]:
        pred, target = same_shape(pred, target)
        difference = pred - target
        size = np.abs(difference)
        return np.where(size <= self.delta, difference * difference / 2, self.delta * (size - self.delta / 2)), difference

    def _gradient(self, upstream: np.ndarray, difference: np.ndarray) -> np.ndarray:
        return np.clip(difference, -self.delta, self.delta) * upstream.astype(difference.dtype)
