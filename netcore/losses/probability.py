"""Losses between probabilities: binary cross-entropy, of probabilities and of logits, and the Kullback-Leibler divergence."""

from typing import Any

import numpy as np

from netcore import functional as F
from netcore.errors import ArgumentError
from netcore.losses.base import Loss, same_shape


class BCELoss(Loss):
    """-(t log p + (1 - t) log(1 - p)) for probabilities p and targets t in [0, 1]; logarithms are cut off at -100.

    Prefer BCEWithLogitsLoss, which loses no digits near 0 and 1.
    """

    def _losses(self, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Any]:
        pred, target = same_shape(pred, target)
        for name, x in (("pred", pred), ("target", target)):
            if x.size and (x.min() < 0 or x.max() > 1):
                raise ArgumentError(f"{name} must lie in [0, 1], got values from {x.min()} to {x.max()}; for logits use BCEWithLogitsLoss")
        with np.errstate(divide="ignore"):
            log_p, log_rest = np.maximum(np.log(pred), -100), np.maximum(np.log1p(-pred), -100)
        return -(target * log_p + (1 - target) * log_rest), (pred, target)

    def _gradient(self, upstream: np.ndarray, cache: Any) -> np.ndarray:
        pred, target = cache
        smallest = np.asarray(1e-12, pred.dtype)
        return (pred - target) / np.maximum(pred * (1 - pred), smallest) * upstream.astype(pred.dtype)


class BCEWithLogitsLoss(Loss):
    """Binary cross-entropy of sigmoid(x): max(x, 0) - x t + ln(1 + e^-|x|); gradient sigmoid(x) - t."""

    def _losses(self, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Any]:
        pred, target = same_shape(pred, target)
        return np.maximum(pred, 0) - pred * target + np.log1p(np.exp(-np.abs(pred))), (pred, target)

    def _gradient(self, upstream: np.ndarray, cache: Any) -> np.ndarray:
        pred, target = cache
        return (F.sigmoid_forward(pred)[0] - target) * upstream.astype(pred.dtype)


class KLDivLoss(Loss):
    """t (log t - pred) for log-probabilities `pred` and probabilities t (log-probabilities with log_target=True).

    reduction 'batchmean' divides by the batch size, which gives the divergence itself; 'mean' divides by all elements.
    """

    reductions = ("mean", "batchmean", "sum", "none")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = bool(log_target)

    def _losses(self, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Any]:
        pred, target = same_shape(pred, target)
        if self.log_target:
            probability, log_t = np.exp(target), target
        else:
            probability = target
            log_t = np.log(np.where(target > 0, target, 1))  # t log t is 0 at 0
        return probability * (log_t - pred), probability

    def _count(self, losses: np.ndarray, cache: Any) -> float:
        return losses.shape[0] if self.reduction == "batchmean" and losses.ndim else losses.size

    def _gradient(self, upstream: np.ndarray, probability: np.ndarray) -> np.ndarray:
        return -probability * upstream.astype(probability.dtype)
