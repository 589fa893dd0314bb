"""Profile of a training step: the stopwatch's figures over some steps, beside the roofline.

The seconds of a line are the median over the steps; a first step warms up and is not counted. What the lines do not account
for (Python between the layers) is a line of its own, so that they add up to the step.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from netcore import checks
from netcore.config import get_isa, get_num_threads
from netcore.layers.base import Layer
from netcore.optim import Optimizer, clip_grad_norm
from netcore.profiling.roofline import Roofline, measure_roofline
from netcore.profiling.stopwatch import Entry, Key, Stopwatch, samples

# How a table calls a kernel; where a family has one thing to do, its name says it.
NAMES = {
    "conv.forward": "direct", "conv.input_gradient": "direct dx", "conv.weight_gradient": "direct dw", "conv.bias_gradient": "db",
    "channels_last.forward": "channels last", "channels_last.input_gradient": "channels last dx",
    "winograd.forward": "winograd", "winograd.input_gradient": "winograd dx", "winograd.weight_gradient": "winograd dw",
    "gemm.matmul": "product", "pool.max_forward": "max pool", "pool.max_backward": "max pool",
    "pool.average_forward": "average pool", "pool.average_backward": "average pool",
    "lstm.forward": "fused sequence", "lstm.backward": "fused sequence", "gru.forward": "fused sequence", "gru.backward": "fused sequence",
    "rnn.forward": "fused sequence", "rnn.backward": "fused sequence", "softmax.cross_entropy": "softmax with loss",
}  # fmt: skip


@dataclass
class Cost:
    """One phase of one layer, or another part of the step."""

    layer: str
    kind: str
    phase: str
    seconds: float
    flops: float
    nbytes: float
    kernels: dict[str, float] = field(default_factory=dict)  # seconds of each kernel

    @property
    def chosen(self) -> str:
        """The kernels that ran, in words; nothing for a phase without any.

        >>> Cost("0", "Conv2d", "backward", 1.0, 0.0, 0.0, {"winograd.input_gradient": 0.5, "winograd.weight_gradient": 0.5}).chosen
        'winograd dx, dw'
        """
        words: list[str] = []
        for name in self.kernels:
            word = NAMES.get(name, name.split(".")[0] if name.split(".")[0] != "optim" else name.split(".")[1])
            method, _, what = word.rpartition(" ")
            if method and any(other.startswith(f"{method} ") for other in words) and what in ("dx", "dw"):
                word = what
            if word not in words:
                words.append(word)
        return ", ".join(words)


@dataclass
class Profile:
    """All costs of a step, in the order in which they arise."""

    costs: list[Cost]
    step_seconds: float
    roofline: Roofline
    threads: int
    isa: str
    dtype: str
    steps: int

    @property
    def flops(self) -> float:
        return sum(cost.flops for cost in self.costs)

    def share(self, cost: Cost) -> float | None:
        """The roofline's time over the measured one; None for what neither computes nor moves anything worth naming."""
        best = self.roofline.seconds(cost.flops, cost.nbytes)
        return best / cost.seconds if cost.seconds and (cost.flops or cost.nbytes) else None

    def best_seconds(self) -> float:
        """What the whole step would take if every line ran at the roofline."""
        return sum(self.roofline.seconds(cost.flops, cost.nbytes) for cost in self.costs)

    def as_dict(self) -> dict[str, Any]:
        """All figures, ready for JSON."""
        facts = {"step_seconds": self.step_seconds, "steps": self.steps, "threads": self.threads, "isa": self.isa, "dtype": self.dtype}
        lines = [asdict(cost) | {"chosen": cost.chosen, "roofline_share": self.share(cost)} for cost in self.costs]
        return facts | {"roofline": asdict(self.roofline), "costs": lines}


def profile(
    net: Layer,
    step: Callable[..., Any],
    loss: Any = None,
    optimizer: Optimizer | None = None,
    *,
    batches: Iterable[Any] | None = None,
    clip: float | None = None,
    steps: int = 10,
    roofline: Roofline | None = None,
) -> Profile:
    """Run `step()`, both phases of a batch, some times and tell where its time went.

    As far as given, each step draws from `batches` (again from their beginning, where they end) and is `step(batch)`; it is
    preceded by `optimizer.zero_grad()`, and followed by `clip_grad_norm` and `optimizer.step()`. Weights do change.

    >>> import netcore as nc, numpy as np
    >>> net, x = nc.Sequential(nc.Linear(4, 3), nc.ReLU()), np.ones((2, 4), np.float32)
    >>> found = profile(net, lambda: net.backward(net.forward(x)), steps=2)
    >>> [(cost.layer, cost.phase, cost.flops) for cost in found.costs[:3]]
    [('0', 'forward', 48.0), ('1', 'forward', 0.0), ('1', 'backward', 0.0)]
    """
    checks.at_least("steps", steps, 1)
    dtype = next((p.dtype for p in net.parameters()), np.dtype(np.float32))
    roofline = roofline if roofline is not None else measure_roofline(dtype)
    laps: list[dict[Key, Entry]] = []
    totals: list[float] = []
    feed = None if batches is None else full_batches(batches)
    with Stopwatch(net, loss) as watch:
        for _ in range(steps + 1):
            began, bookkeeping = perf_counter(), watch.bookkeeping
            if optimizer is not None:
                optimizer.zero_grad()
            if feed is None:
                step()
            else:
                with watch.phase("loader", "batch", "data"):
                    batch = next(feed)
                step(batch)
            if optimizer is not None and clip is not None:
                with watch.phase("clip", "norm", "update") as entry:
                    clip_grad_norm(optimizer.params, clip)
                entry.nbytes = float(sum(p.grad.nbytes for p in optimizer.params if p.grad is not None))
            if optimizer is not None:
                with watch.phase("step", type(optimizer).__name__, "update") as entry:
                    optimizer.step()
                entry.nbytes = update_bytes(optimizer)
            totals.append(perf_counter() - began - (watch.bookkeeping - bookkeeping))
            laps.append(watch.lap())
    return Profile(_costs(net, laps[1:], totals[1:]), median(totals[1:]), roofline, get_num_threads(), get_isa(), str(dtype), steps)


def _costs(net: Layer, laps: list[dict[Key, Entry]], totals: list[float]) -> list[Cost]:
    """Medians over the steps; containers, which only call others, come together in the last line."""
    containers = {layer.path for layer in net.layers() if any(True for _ in layer.children())}
    costs, seen = [], dict.fromkeys(key for lap in laps for key in lap)
    for key in seen:
        entries = [lap.get(key, Entry()) for lap in laps]
        if key[0] in containers and key[2] in ("forward", "backward"):
            continue
        names = dict.fromkeys(name for entry in entries for name in entry.kernels)
        costs.append(
            Cost(
                key[0] or "-", key[1], key[2], median(e.seconds for e in entries),
                float(max(e.flops for e in entries)), float(max(e.nbytes for e in entries)),
                {name: median(e.kernels.get(name, 0.0) for e in entries) for name in names},
            )
        )  # fmt: skip
    rest = [total - sum(e.seconds for key, e in lap.items() if key[0] not in containers) for lap, total in zip(laps, totals, strict=True)]
    return [*costs, Cost("between", "Python", "between", max(median(rest), 0.0), 0.0, 0.0)]


def full_batches(loader: Iterable[Any]) -> Iterator[Any]:
    """Batches without end, all of the size of the first; what is left at the end of an epoch would blur the figures."""
    first = 0
    while True:
        for batch in loader:
            first = first or samples(batch)
            if samples(batch) == first:
                yield batch


def update_bytes(optimizer: Optimizer) -> float:
    """An update reads the gradient, the parameter and its state, and writes the parameter and its state."""
    moved = 0
    for parameter in optimizer.params:
        if parameter.grad is not None and parameter.requires_grad:
            state = optimizer._state_of(parameter)
            moved += 3 * parameter.data.nbytes + 2 * sum(state[slot].nbytes for slot in optimizer.slots)
    return float(moved)
