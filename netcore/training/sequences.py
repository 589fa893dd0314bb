"""Truncated backpropagation through time: a long text in chunks, the state handed on from each to the next.

    chunk k:  logits, state = net.forward(x, state);  net.backward(dlogits)

The state's values go on, its gradient ends at the chunk's border, so memory does not grow with the text. Where `first`
says that the streams begin anew, the state is dropped; `netcore/data/sequences.py` cuts the chunks.
Source: R. Williams and J. Peng, Neural Computation 2, 1990.
"""

from typing import Any

import numpy as np

from netcore.layers import Layer
from netcore.losses import Loss
from netcore.training.tasks import Classification


class LanguageModel(Classification):
    """Chunks (x, y, first) of a text; `net.forward(x, state)` returns (logits, state).

    Loss and metric are counted per character: nats, and bits. The state is part of every checkpoint.
    """

    metric = "bits_per_character"
    better = "min"
    unit = "characters"

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
