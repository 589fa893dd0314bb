"""What losses share: the phase protocol with two inputs and one number.

    value = loss.forward(pred, target)      a Python float; caches what the gradient needs
    dpred = loss.backward()                 dL/dpred; one backward for one forward

A loss writes two halves: `_losses(pred, target)` gives the loss of every element and a cache, `_gradient(upstream, cache)`
the gradient of the prediction for an upstream gradient that broadcasts against those losses. Reductions are done here.
"""

from typing import Any

import numpy as np

from netcore import checks
from netcore.errors import NetcoreError, PhaseError

REDUCTIONS = ("mean", "sum", "none")


class Loss:
    """Base class: reduction, the cache, the messages."""

    reductions: tuple[str, ...] = REDUCTIONS

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = checks.one_of("reduction", reduction, self.reductions)
        self._pending: list[tuple[Any, float | None, tuple[int, ...]]] = []

    def __call__(self, pred: np.ndarray, target: np.ndarray) -> Any:
        return self.forward(pred, target)

    def forward(self, pred: np.ndarray, target: np.ndarray) -> Any:
        """The loss as a Python float, reduced as `reduction` says; an array of all losses with 'none'.

        A new forward drops what an earlier one left unconsumed.
        """
        try:
            if self.reduction == "none":
                losses, cache = self._losses(pred, target)
                self._pending = [(cache, None, losses.shape)]
                return losses.astype(np.asarray(pred).dtype)
            total, count, shape, cache = self._sum(pred, target)
        except NetcoreError as error:
            raise error.at(type(self).__name__)
        scale = 1.0 if self.reduction == "sum" else 1 / count if count else float("nan")
        self._pending = [(cache, scale, shape)]
        return total if self.reduction == "sum" else total * scale

    def backward(self, dy: np.ndarray | float | None = None) -> np.ndarray:
        """dL/dpred. `dy` is the gradient of the loss itself: 1 unless given; with reduction='none' one number per loss."""
        if not self._pending:
            raise PhaseError("backward has no forward phase to go back through; call forward(pred, target) first").at(type(self).__name__)
        cache, scale, shape = self._pending[-1]
        try:
            if scale is None:
                upstream = np.ones(shape) if dy is None else checks.floats("dy", np.asarray(dy, np.float64))
                checks.shape_is("dy", upstream, shape, "(that of the losses)")
                gradient = self._gradient(upstream, cache)
            else:
                gradient = self._gradient(np.asarray(scale * (1.0 if dy is None else float(dy))), cache)
        except NetcoreError as error:
            raise error.at(type(self).__name__)
        self._pending.pop()
        return gradient

    @property
    def pending(self) -> int:
        return len(self._pending)

    def parameters(self) -> list[Any]:
        """None: a loss has nothing to train."""
        return []

    def _sum(self, pred: np.ndarray, target: np.ndarray) -> tuple[float, float, tuple[int, ...], Any]:
        """(sum of all losses, what 'mean' divides by, their shape, cache)."""
        losses, cache = self._losses(pred, target)
        return float(losses.sum(dtype=np.float64)), self._count(losses, cache), losses.shape, cache

    def _count(self, losses: np.ndarray, cache: Any) -> float:
        """What 'mean' divides by."""
        return losses.size

    def _losses(self, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define _losses")

    def _gradient(self, upstream: np.ndarray, cache: Any) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} does not define _gradient")


def same_shape(pred: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two float arrays of one shape and dtype: nothing is broadcast between prediction and target."""
    pred = checks.floats("pred", pred)
    target = checks.floats("target", target, dtype=pred.dtype)
    checks.shape_is("target", target, pred.shape, "(that of the prediction; nothing is broadcast)")
    return pred, target
