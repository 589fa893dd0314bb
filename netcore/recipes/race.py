"""Several networks on the very same batches, so that their curves can be compared.

Each has its own loss, gradient and clipping; nothing that one does reaches another (Adam works parameter by parameter).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from netcore.layers import Layer
from netcore.layers.network import Network
from netcore.losses import MSELoss
from netcore.optim import clip_grad_norm
from netcore.training import Regression


class SideBySide(Network):
    """`SideBySide(name=network, …)`: every network gets the input; forward returns, and backward takes, one array for each."""

    def __init__(self, **networks: Layer) -> None:
        self._networks = networks
        self.assign_paths()

    def _forward(self, x: np.ndarray) -> tuple[tuple[np.ndarray, ...], None]:
        return tuple(net._run_forward(x) for net in self._networks.values()), None

    def _backward(self, *gradients: np.ndarray, cache: None, needs_input: bool = True) -> Any:
        pairs = zip(self._networks.values(), gradients, strict=True)
        given = [net._run_backward(dy, needs_input=needs_input) for net, dy in pairs]
        return sum(given[1:], given[0]) if needs_input else None

    def children(self) -> Iterator[tuple[str, Layer]]:
        yield from self._networks.items()


class Race(Regression):
    """Mean squared error of each network, measured under its name; the loss that is shown is their mean."""

    def __init__(self, net: SideBySide, clip: float = 0.0) -> None:
        super().__init__(net, MSELoss())
        self.names, self.clip = [name for name, _ in net.children()], clip
        self.metric = self.names[0]  # type: ignore[misc]
        self.losses = [MSELoss() for _ in self.names]

    @property
    def watched(self) -> tuple[str, ...]:
        return tuple(self.names)

    def train(self, batch: Any) -> tuple[float, int]:
        x, target = batch
        values = [loss.forward(y, target) for loss, y in zip(self.losses, self.net.forward(x), strict=True)]
        self.net.backward(*(loss.backward() for loss in self.losses), input_grad=False)
        if self.clip:
            for _, net in self.net.children():
                clip_grad_norm(net.parameters(), self.clip)
        return sum(values) / len(values), len(x)

    def evaluate(self, batch: Any) -> tuple[dict[str, float], int]:
        x, target = batch
        errors = {name: self.score(y, target) for name, y in zip(self.names, self.net.forward(x), strict=True)}
        return {"loss": sum(errors.values()) / len(errors), **errors}, len(x)
