"""Several networks on the very same batches, so that their curves can be compared.

Each has its own loss, gradient and clipping; nothing that one does reaches another (Adam works parameter by parameter).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from netcore import checks
from netcore.layers import GRU, LSTM, RNN, Layer
from netcore.layers.network import Network
from netcore.losses import MSELoss
from netcore.optim import clip_grad_norm
from netcore.recipes.base import Facts, Recipe
from netcore.training import Regression

CELLS: dict[str, Any] = {"lstm": LSTM, "rnn": RNN, "gru": GRU}


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

    def __init__(self, net: SideBySide, clip: float = 0.0, loss: Any = MSELoss) -> None:
        super().__init__(net, loss())
        self.names, self.clip = [name for name, _ in net.children()], clip
        self.metric = self.names[0]  # type: ignore[misc]
        self.losses = [loss() for _ in self.names]

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


@dataclass
class RaceRecipe(Recipe):
    """Base of the recipes that let recurrent cells run side by side on a task made for them."""

    full_epochs: ClassVar[int] = 5
    data: Annotated[str, "made by the recipe itself"] = "made"
    batch_size: int = 50
    lr: float = 5e-3
    clip: Annotated[float, "bound on the norm of each network's gradient"] = 1.0
    lag: Annotated[int, "steps over which the network must remember"] = 100
    hidden: Annotated[int, "size of the state"] = 64
    cell: Annotated[str, "which networks run: both (lstm and rnn), lstm, rnn or gru"] = "both"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.at_least("lag", self.lag, 2)
        checks.one_of("cell", self.cell, ("both", *CELLS))
        checks.one_of("data", self.data, ("made",))

    def network(self, facts: Facts) -> SideBySide:
        chosen = ("lstm", "rnn") if self.cell == "both" else (self.cell,)
        return SideBySide(**{name: self.runner(CELLS[name]) for name in chosen})

    def runner(self, kind: Any) -> Layer:
        """One of the networks, around a layer of that kind."""
        raise NotImplementedError(f"{type(self).__name__} does not define runner")

    @property
    def joint_clip(self) -> None:
        """Each runner is clipped on its own, by the task."""

    def task(self, net: Any) -> Race:
        return Race(net, self.clip)
