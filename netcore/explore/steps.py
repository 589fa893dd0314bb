"""View 4: one training step of the run's own network, phase by phase.

A private copy of the network runs forward, loss, backward and update on a small batch, and a recorder around each layer's two phases
writes down what the phase protocol does: which cache appears and how large it is, which gradient consumes it, how many caches are
pending, the gradient's norm before and after each layer, and that of its parameters. It tells what `nc.debug()` tells, in
numbers; it hangs on the copy's layers alone, so that a training in another thread never meets it. Read next: layers/base.py.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from netcore.explore.asked import Asked
from netcore.explore.session import Session
from netcore.layers import Layer
from netcore.narration import _arrays

EXAMPLES = 32


class Recorder:
    """Events of the leaves of one network, in the order in which they happen."""

    def __init__(self, net: Layer) -> None:
        self.events: list[dict[str, Any]] = []
        self.leaves = [layer for layer in net.layers() if not any(True for _ in layer.children())]
        for layer in self.leaves:
            layer._run_forward = self._forward(layer, layer._run_forward)  # type: ignore[method-assign]
            layer._run_backward = self._backward(layer, layer._run_backward)  # type: ignore[method-assign]
            layer._drop_newest = self._dropped(layer, layer._drop_newest)  # type: ignore[method-assign]

    def _forward(self, layer: Layer, run: Callable[..., Any]) -> Callable[..., Any]:
        def run_forward(*inputs: Any, **options: Any) -> Any:
            y = run(*inputs, **options)
            self._note("forward", layer, shape_in=shapes(inputs), shape_out=shapes(y), cache=newest_bytes(layer))
            return y

        return run_forward

    def _backward(self, layer: Layer, run: Callable[..., Any]) -> Callable[..., Any]:
        def run_backward(*gradients: Any, **options: Any) -> Any:
            size = newest_bytes(layer)
            dx = run(*gradients, **options)
            parameters = [{"name": name, "norm": norm(p.grad)} for name, p in layer.own_parameters() if p.grad is not None]
            norms = {"norm_in": norm(gradients), "norm_out": norm(dx), "parameters": parameters}
            self._note("backward", layer, shape_in=shapes(gradients), shape_out=shapes(dx), cache=-size, **norms)
            return dx

        return run_backward

    def _dropped(self, layer: Layer, drop: Callable[[], None]) -> Callable[[], None]:
        def drop_newest() -> None:
            size, pending = newest_bytes(layer), layer.pending
            drop()
            if pending:
                self._note("dropped", layer, cache=-size)

        return drop_newest

    def _note(self, phase: str, layer: Layer, **told: Any) -> None:
        held = sum(array.nbytes for leaf in self.leaves for cache in leaf._caches for _, array in _arrays(cache))
        pending = sum(leaf.pending for leaf in self.leaves)
        self.events.append({"phase": phase, "layer": layer.path, "kind": type(layer).__name__, "pending": pending, "held": held, **told})


def newest_bytes(layer: Layer) -> int:
    """Of the newest cache."""
    return sum(array.nbytes for _, array in _arrays(layer._caches[-1])) if layer.pending else 0


def step(session: Session, asked: Asked) -> dict[str, Any]:
    """The events of one step, and the loss on its batch before and after."""
    net = copy.deepcopy(session.net).train()
    for layer in net.layers():
        if hasattr(layer, "rng"):  # dropout, sampling: the same numbers every time, and never those of a running training
            layer.rng = np.random.default_rng(0)
    task = session.recipe.task(net)
    if getattr(task, "corrupt", None) is not None:
        spoil = task.corrupt
        task.corrupt = lambda clean, rng: spoil(clean, np.random.default_rng(0))
    optimizer = session.recipe.optimizer(net)
    loader = session.data.train
    session.recipe.schedule(optimizer, session.recipe.epochs * len(loader))  # sets the rate of the first step
    batch = small_batch(loader)
    recorder = Recorder(net)
    optimizer.zero_grad()
    loss, _ = task.train(batch)
    events = list(recorder.events)
    first = next((i for i, event in enumerate(events) if event["phase"] != "forward"), len(events))
    last = events[first - 1] if first else {"pending": 0, "held": 0}
    events.insert(first, {"phase": "loss", "value": loss, "pending": last["pending"], "held": last["held"]})
    before = measured(task, net, batch)  # only now: batch norm's statistics have moved in the forward phase
    weights = {name: p.data.copy() for name, p in net.named_parameters()}
    optimizer.step()
    moved = [{"name": name, "size": norm(weights[name]), "by": norm(p.data - weights[name])} for name, p in net.named_parameters()]
    after = measured(task, net, batch)
    events.append({"phase": "update", "parameters": moved, "loss_before": before, "loss_after": after, "pending": 0, "held": 0})
    layers = list(dict.fromkeys((event["layer"], event["kind"]) for event in events if "layer" in event))
    return {"events": events, "layers": layers, "examples": len(batch[0]), "lr": optimizer.lr, "optimizer": type(optimizer).__name__}


def measured(task: Any, net: Layer, batch: Any) -> float:
    """The loss on the batch, as the network is used: without dropout."""
    net.eval()
    task.reset()
    sums, samples = task.evaluate(batch)
    task.reset()
    net.train()
    return float(sums["loss"]) / samples


def small_batch(loader: Any) -> Any:
    """A batch like those of the training, but small, and the same one each time; the loader itself is left where it is."""
    small = copy.copy(loader)
    small.batch_size = min(loader.batch_size, EXAMPLES)
    small.rng, small._resumed = np.random.default_rng(0), False
    return next(iter(small))


def norm(value: Any) -> float | None:
    """The length of all arrays taken as one vector; None where there is no array."""
    arrays = [array for _, array in _arrays(value) if array.dtype.kind == "f"]
    return float(np.sqrt(sum(float(np.square(array, dtype=np.float64).sum()) for array in arrays))) if arrays else None


def shapes(value: Any) -> str:
    return " and ".join(" × ".join(map(str, array.shape)) for _, array in _arrays(value))
