"""Losses of classifiers: cross-entropy of logits, negative log-likelihood of log-probabilities."""

from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ArgumentError, ShapeError
from netcore.losses.base import Loss


class CrossEntropyLoss(Loss):
    """-Σ q log softmax(logits) with q = (1 - label_smoothing) onehot(target) + label_smoothing / K, in nats.

    Logits (N, K) or (N, T, K), targets integers (N,) or (N, T); rows whose target is `ignore_index` count for nothing,
    in the mean's denominator either. Caches softmax - q. Raises ArgumentError for a target that is no class.

    >>> import netcore as nc, numpy as np
    >>> loss = nc.CrossEntropyLoss()
    >>> round(loss.forward(np.zeros((2, 10), np.float32), np.array([3, 7])), 4)
    2.3026
    >>> loss.backward().shape
    (2, 10)
    """

    def __init__(self, label_smoothing: float = 0.0, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.label_smoothing = checks.number("label_smoothing", label_smoothing, 0, 1)
        self.ignore_index = int(ignore_index)

    def _losses(self, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Any]:
        return F.cross_entropy_forward(pred, target, self.label_smoothing, self.ignore_index)

    def _count(self, losses: np.ndarray, cache: Any) -> float:
        return cache.kept

    def _gradient(self, upstream: np.ndarray, cache: Any) -> np.ndarray:
        return F.cross_entropy_backward(upstream, cache)


class NLLLoss(Loss):
    """-log_p[target] for log-probabilities (N, K) or (N, T, K), such as LogSoftmax gives, and integer targets."""

    def __init__(self, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.ignore_index = int(ignore_index)

    def _losses(self, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Any]:
        pred, target = checks.floats("pred", pred), checks.integers("target", target)
        if pred.ndim < 1:
            raise ShapeError(f"pred must have shape (…, K), got {pred.shape}")
        checks.shape_is("target", target, pred.shape[:-1], f"(one class per row of pred {pred.shape})")
        kept = target != self.ignore_index
        wrong = kept & ((target < 0) | (target >= pred.shape[-1]))
        if wrong.any():
            first = checks.first_index(wrong)
            raise ArgumentError(f"target[{first}] is {target[first]}, but there are {pred.shape[-1]} classes: 0 to {pred.shape[-1] - 1}")
        index = np.where(kept, target, 0)[..., None]
        picked = np.take_along_axis(pred, index, -1)[..., 0] if pred.size else np.zeros(target.shape, pred.dtype)
        return np.where(kept, -picked, 0), (index, kept, pred.shape, pred.dtype)

    def _count(self, losses: np.ndarray, cache: Any) -> float:
        return int(np.count_nonzero(cache[1]))

    def _gradient(self, upstream: np.ndarray, cache: Any) -> np.ndarray:
        index, kept, shape, dtype = cache
        gradient = np.zeros(shape, dtype)
        if gradient.size:
            np.put_along_axis(gradient, index, np.where(kept, -upstream, 0)[..., None].astype(dtype), -1)
        return gradient
