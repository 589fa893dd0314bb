"""What one batch means: which array goes in, what the output is compared with, what is carried on.

A task runs the two phases for a batch and says how well the network did:

    train(batch)      forward, loss, backward; returns (loss, samples)
    evaluate(batch)   forward in eval mode;    returns ({"loss": …, <metric>: …} summed over the samples, samples)

The training loop (loop.py) knows nothing else about networks and losses. Next: reconstruction.py, sequences.py.
"""

from typing import Any, ClassVar

import numpy as np

from netcore.layers import Layer
from netcore.losses import Loss


class Classification:
    """Images or sequences and their labels: batches (x, label); the metric is the share of right answers."""

    metric: ClassVar[str] = "accuracy"
    better: ClassVar[str] = "max"
    unit: ClassVar[str] = "examples"  # what `samples` counts

    def __init__(self, net: Layer, loss: Loss) -> None:
        self.net, self.loss = net, loss

    @property
    def watched(self) -> tuple[str, ...]:
        """The metrics that are shown while it trains."""
        return (self.metric,)

    def pair(self, batch: Any) -> tuple[Any, np.ndarray]:
        """Input and target."""
        return batch[0], batch[1]

    def score(self, y: np.ndarray, target: np.ndarray) -> float:
        """The metric, summed over the samples."""
        return float(np.count_nonzero(y.argmax(axis=-1) == target))

    def train(self, batch: Any) -> tuple[float, int]:
        x, target = self.pair(batch)
        value = self.loss.forward(self.net.forward(x), target)
        self.net.backward(self.loss.backward(), input_grad=False)
        return value, len(target)

    def evaluate(self, batch: Any) -> tuple[dict[str, float], int]:
        x, target = self.pair(batch)
        y = self.net.forward(x)
        return {"loss": self.loss.forward(y, target) * len(target), self.metric: self.score(y, target)}, len(target)

    def reset(self) -> None:
        """Forget what was carried from batch to batch: an evaluation begins."""

    def state_dict(self) -> dict[str, np.ndarray]:
        """What is carried from batch to batch, as arrays."""
        return {}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        """The opposite."""


class Regression(Classification):
    """Batches (x, target); the metric is the squared error, summed over the outputs, averaged over the samples."""

    metric = "squared_error"
    better = "min"

    def score(self, y: np.ndarray, target: np.ndarray) -> float:
        return float(np.sum(np.square(y - target, dtype=np.float64)))
