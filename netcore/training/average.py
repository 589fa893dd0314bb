"""A moving average of the weights, which generalises better than the weights of any one step.

    d_t = min(decay, (1 + t) / (10 + t));   s <- d_t s + (1 - d_t) w      after each step t

The average `s` is measured after each epoch and stays in the network at the end; training goes on with `w`.
Source: B. Polyak and A. Juditsky, 1992; the warm-up of d_t as in M. Tan and Q. Le (EfficientNet), 2019. Cost: one pass
over the weights a step, and one copy of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netcore import checks
from netcore.errors import CheckpointError
from netcore.layers import Layer
from netcore.training.callbacks import Callback

if TYPE_CHECKING:
    from netcore.training.state import Job


class Average(Callback):
    """Keep an exponential moving average of parameters and running statistics; `decay` near 1 averages over 1/(1-decay) steps."""

    def __init__(self, decay: float = 0.999) -> None:
        self.decay, self.steps = checks.number("decay", decay, 0, 1), 0
        self.average: list[np.ndarray] = []
        self._aside: list[np.ndarray] = []

    def after_batch(self, job: Job) -> None:
        weights = weights_of(job.net)
        if not self.average:
            self.average = [w.copy() for w in weights]
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for average, w in zip(self.average, weights, strict=True):
            np.multiply(average, average.dtype.type(decay), out=average)
            np.add(average, average.dtype.type(1 - decay) * w, out=average)
        self.steps += 1

    def before_evaluation(self, job: Job) -> None:
        self._aside = [w.copy() for w in weights_of(job.net)]
        self.finish(job)

    def after_evaluation(self, job: Job) -> None:
        put(self._aside, job.net)
        self._aside = []

    def finish(self, job: Job) -> None:
        if self.average:
            put(self.average, job.net)

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self.steps}

    def arrays(self) -> dict[str, np.ndarray]:
        return {str(i): s for i, s in enumerate(self.average)}

    def load_state_dict(self, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.steps, self.average = int(state["steps"]), [arrays[str(i)] for i in range(len(arrays))]


def weights_of(net: Layer) -> list[np.ndarray]:
    """The arrays that are averaged: parameters, and the buffers that hold fractions."""
    return [p.data for p in net.parameters()] + [b for b in net.buffers() if b.dtype.kind == "f"]


def put(values: list[np.ndarray], net: Layer) -> None:
    weights = weights_of(net)
    if [v.shape for v in values] != [w.shape for w in weights]:
        raise CheckpointError("the averaged weights are not those of this network")
    for w, value in zip(weights, values, strict=True):
        w[...] = value
