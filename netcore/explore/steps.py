"""View 4: one training step of the run's own network, phase by phase.

A private copy of the network runs forward, loss, backward and update on a small batch, and a narrator (netcore/narration.py, that
of `nc.debug()`) writes down what the phase protocol does: which cache appears and how large it is, which gradient consumes it,
how many caches are pending, the gradient's norm before and after each layer, and that of its parameters.
"""

import copy
import io
from typing import Any

import numpy as np

from netcore import narration
from netcore.explore.asked import Asked
from netcore.explore.session import Session
from netcore.narration import Narrator

EXAMPLES = 32


class Recorder(Narrator):
    """Keeps events in place of lines, of the leaves of one network; a training in another thread is none of its business."""

    def __init__(self, net: Any) -> None:
        super().__init__(io.StringIO(), verbose=False)
        self.net, self.leaves = net, {id(layer) for layer in net.layers() if not any(True for _ in layer.children())}
        self.events: list[dict[str, Any]] = []
        self._bytes: dict[int, list[int]] = {}

    def forward(self, layer: Any, inputs: tuple[Any, ...], output: Any, cache: Any) -> None:
        if id(layer) not in self.leaves:
            return
        size = sum(array.nbytes for _, array in narration._arrays(cache))
        self._bytes.setdefault(id(layer), []).append(size)
        self._note("forward", layer, shape_in=shapes(inputs), shape_out=shapes(output), cache=size)

    def before_backward(self, layer: Any, cache: Any) -> None:
        """Nothing can have been altered in between: the network is the view's own."""

    def backward(self, layer: Any, gradients: tuple[Any, ...], result: Any) -> None:
        if id(layer) not in self.leaves:
            return
        size = self._bytes[id(layer)].pop()
        parameters = [{"name": name, "norm": norm(p.grad)} for name, p in layer.own_parameters() if p.grad is not None]
        self._note(
            "backward", layer, shape_in=shapes(gradients), shape_out=shapes(result), cache=-size,
            norm_in=norm(gradients), norm_out=norm(result), parameters=parameters,
        )  # fmt: skip

    def dropped(self, layer: Any, newest_only: bool = False) -> None:
        if id(layer) in self.leaves and newest_only and self._bytes.get(id(layer)):
            self._note("dropped", layer, cache=-self._bytes[id(layer)].pop())

    def _look(self, what: str, value: Any, sources: Any) -> None:
        """The page shows norms; it needs no search for numbers that are not finite."""

    def _note(self, phase: str, layer: Any, **told: Any) -> None:
        pending = sum(map(len, self._bytes.values()))
        held = sum(map(sum, self._bytes.values()))
        self.events.append({"phase": phase, "layer": layer.path, "kind": type(layer).__name__, "pending": pending, "held": held, **told})


def step(session: Session, asked: Asked) -> dict[str, Any]:
    """The events of one step, and the loss on its batch before and after."""
    net = copy.deepcopy(session.net)  # with random generators of its own
    net.train()
    task = session.recipe.task(net)
    if getattr(task, "corrupt", None) is not None:
        spoil = task.corrupt
        task.corrupt = lambda clean, rng: spoil(clean, np.random.default_rng(0))
    optimizer = session.recipe.optimizer(net)
    optimizer.lr = session.recipe.lr
    batch = small_batch(session.data.train)
    recorder = Recorder(net)
    before, narration.narrator = narration.narrator, recorder
    try:
        optimizer.zero_grad()
        loss, _ = task.train(batch)
    finally:
        narration.narrator = before
    events = recorder.events
    first = next((i for i, event in enumerate(events) if event["phase"] != "forward"), len(events))
    last = events[first - 1] if first else {"pending": 0, "held": 0}
    events.insert(first, {"phase": "loss", "value": loss, "pending": last["pending"], "held": last["held"]})
    weights = {name: p.data.copy() for name, p in net.named_parameters()}
    optimizer.step()
    moved = [{"name": name, "size": norm(weights[name]), "by": norm(p.data - weights[name])} for name, p in net.named_parameters()]
    after, _ = task.train(batch)
    events.append({"phase": "update", "parameters": moved, "loss_before": loss, "loss_after": after, "pending": 0, "held": 0})
    layers = list(dict.fromkeys((event["layer"], event["kind"]) for event in events if "layer" in event))
    return {"events": events, "layers": layers, "examples": len(batch[0]), "lr": session.recipe.lr, "optimizer": type(optimizer).__name__}


def small_batch(loader: Any) -> Any:
    """A batch like those of the training, but small, and the same one each time; the loader itself is left where it is."""
    small = copy.copy(loader)
    small.batch_size = min(loader.batch_size, EXAMPLES)
    small.rng, small._resumed = np.random.default_rng(0), False
    return next(iter(small))


def norm(value: Any) -> float | None:
    """The length of all arrays taken as one vector; None where there is no array."""
    arrays = [array for _, array in narration._arrays(value) if array.dtype.kind == "f"]
    return float(np.sqrt(sum(float(np.square(array, dtype=np.float64).sum()) for array in arrays))) if arrays else None


def shapes(value: Any) -> str:
    return " and ".join(" × ".join(map(str, array.shape)) for _, array in narration._arrays(value))
