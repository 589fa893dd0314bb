"""What one batch means: which array goes in, what the output is compared with, what is carried on.

A task runs the two phases for a batch and says how well the network did:

    train(batch)      forward, loss, backward; returns (loss, samples)
    evaluate(batch)   forward in eval mode;    returns ({"loss": …, <metric>: …} summed over the samples, samples)

The training loop (loop.py) knows nothing else about networks and losses.
"""

from typing import Any, ClassVar

import numpy as np

from netcore.layers import Layer
from netcore.losses import Loss


class Classification:
    """Images or sequences and their labels: batches (x, label); the metric is the share of right answers."""

    metric: ClassVar[str] = "accuracy"
    better: ClassVar[str] = "max"

    def __init__(self, net: Layer, loss: Loss) -> None:
        self.net, self.loss = net, loss

    def pair(self, batch: Any) -> tuple[np.ndarray, np.ndarray]:
        """Input and target."""
        return batch[0], batch[1]

    def score(self, y: np.ndarray, target: np.ndarray) -> float:
        """The metric, summed over the samples."""
        return float(np.count_nonzero(y.argmax(axis=-1) == target))

    def train(self, batch: Any) -> tuple[float, int]:
        x, target = self.pair(batch)
        value = self.loss.forward(self.net.forward(x), target)
        self.net.backward(self.loss.backward(), input_grad=False)
        return value, len(x)

    def evaluate(self, batch: Any) -> tuple[dict[str, float], int]:
        x, target = self.pair(batch)
        y = self.net.forward(x)
        return {"loss": self.loss.forward(y, target) * len(x), self.metric: self.score(y, target)}, len(x)

    def reset(self) -> None:
        """Forget what was carried from batch to batch."""

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


class Reconstruction(Regression):
    """The target is the input itself; `corrupt(x)` may spoil what goes in (denoising auto-encoders, Vincent et al., 2008)."""

    def __init__(self, net: Layer, loss: Loss, corrupt: Any = None) -> None:
        super().__init__(net, loss)
        self.corrupt = corrupt

    def pair(self, batch: Any) -> tuple[np.ndarray, np.ndarray]:
        clean = batch[0]
        return (self.corrupt(clean) if self.corrupt is not None and self.net.training else clean), clean


class LanguageModel(Classification):
    """Chunks (x, y, first) of a text; the network takes and returns its state, which is carried from chunk to chunk.

    Truncated backpropagation through time (Williams and Peng, 1990): the state's values go on, its gradient does not.
    Loss and metric are counted per character: nats, and bits.
    """

    metric = "bits_per_character"
    better = "min"

    def __init__(self, net: Layer, loss: Loss) -> None:
        super().__init__(net, loss)
        self.state: Any = None

    def train(self, batch: Any) -> tuple[float, int]:
        x, target, first = batch
        logits, self.state = self.net.forward(x, None if first else self.state)
        value = self.loss.forward(logits, target)
        self.net.backward(self.loss.backward(), input_grad=False)
        return value, x.size

    def evaluate(self, batch: Any) -> tuple[dict[str, float], int]:
        x, target, first = batch
        logits, self.state = self.net.forward(x, None if first else self.state)
        nats = self.loss.forward(logits, target) * x.size
        return {"loss": nats, self.metric: nats / float(np.log(2))}, x.size

    def reset(self) -> None:
        self.state = None

    def state_dict(self) -> dict[str, np.ndarray]:
        parts = self.state if isinstance(self.state, tuple) else () if self.state is None else (self.state,)
        return {str(i): part for i, part in enumerate(parts)}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        parts = tuple(state[str(i)] for i in range(len(state)))
        self.state = None if not parts else parts[0] if len(parts) == 1 else parts
