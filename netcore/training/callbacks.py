"""What may happen beside the loop: after each batch, after each epoch, at the end. All of it is kept in checkpoints."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netcore import checks
from netcore.errors import ArgumentError

if TYPE_CHECKING:
    from netcore.training.state import Job


class Callback:
    """Base class; override what you need. `state_dict` holds numbers (JSON), `arrays` arrays; both go into checkpoints.
    One that only looks on sets `kept` to False: checkpoints do not know of it, so a run goes on with it or without."""

    kept: ClassVar[bool] = True

    def after_batch(self, job: Job) -> None:
        """After the optimiser's step."""

    def before_evaluation(self, job: Job) -> None:
        """After an epoch's last batch, before the network is measured."""

    def after_epoch(self, job: Job, metrics: dict[str, float]) -> None:
        """After the epoch was measured."""

    def after_evaluation(self, job: Job) -> None:
        """Undo what `before_evaluation` did, before the checkpoint."""

    def finish(self, job: Job) -> None:
        """After the last epoch."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def arrays(self) -> dict[str, np.ndarray]:
        return {}

    def load_state_dict(self, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """The opposite of the two."""


class KeepBest(Callback):
    """Remember the weights of the epoch with the best `metric`, and put them back at the end.

    `patience` epochs without a better value stop the training early (None never does).
    """

    def __init__(self, metric: str = "val_loss", mode: str = "min", patience: int | None = None) -> None:
        self.metric, self.mode = metric, checks.one_of("mode", mode, ("min", "max"))
        self.patience = None if patience is None else checks.at_least("patience", patience, 0)
        self.best = math.inf if mode == "min" else -math.inf
        self.best_epoch = 0
        self._weights: dict[str, np.ndarray] = {}

    def after_epoch(self, job: Job, metrics: dict[str, float]) -> None:
        value = measured(metrics, self.metric)
        if value < self.best if self.mode == "min" else value > self.best:
            self.best, self.best_epoch, self._weights = value, job.epoch, job.net.state_dict()
        elif self.patience is not None and job.epoch - self.best_epoch > self.patience:
            job.stopped = True

    def finish(self, job: Job) -> None:
        if self._weights:
            job.net.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch}

    def arrays(self) -> dict[str, np.ndarray]:
        return self._weights

    def load_state_dict(self, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.best, self.best_epoch, self._weights = float(state["best"]), int(state["best_epoch"]), arrays


class EarlyStopping(KeepBest):
    """Stop after `patience` epochs in a row without a better `metric`; the best weights are put back (Prechelt, 1998)."""

    def __init__(self, metric: str = "val_loss", mode: str = "min", patience: int = 5) -> None:
        super().__init__(metric, mode, patience)


class StopAt(Callback):
    """Stop as soon as `metric` has reached `value`: at most it with mode='min', at least it with 'max'."""

    def __init__(self, metric: str, value: float, mode: str = "min") -> None:
        self.metric, self.value, self.mode = metric, value, checks.one_of("mode", mode, ("min", "max"))

    def after_epoch(self, job: Job, metrics: dict[str, float]) -> None:
        value = measured(metrics, self.metric)
        reached = value <= self.value if self.mode == "min" else value >= self.value
        job.stopped = job.stopped or reached


def measured(metrics: dict[str, float], name: str) -> float:
    if name not in metrics:
        raise ArgumentError(f"no metric is called {name!r}; measured were: {', '.join(metrics)} (val_… need validation data)")
    return metrics[name]
