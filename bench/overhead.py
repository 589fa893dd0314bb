"""What a call costs by itself: the phases of each common layer on inputs so small that hardly anything is left to compute.

Microseconds of `forward` and `backward` in training mode, of a loss's, and of an optimiser's step a parameter; the least of
some rounds, each the mean of many calls.  And the milliseconds of `import netcore` beyond those of `import numpy`, in turns.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import netcore as nc
from bench.turns import ROOT

ROUNDS, CALLS = 7, 300
IMPORTS = 11  # pairs of processes


def layers() -> Iterator[tuple[nc.Layer, np.ndarray]]:
    """Each common layer with a small input."""
    rows, images = np.ones((4, 8), np.float32), np.ones((1, 4, 6, 6), np.float32)
    steps = np.ones((1, 2, 4), np.float32)
    yield nc.Linear(8, 8), rows
    for activation in (nc.ReLU, nc.Sigmoid, nc.Tanh, nc.Softmax):
        yield activation(), rows
    yield nc.Dropout(0.5), rows
    yield nc.LayerNorm(8), rows
    yield nc.Conv2d(4, 4, 3), images
    yield nc.ConvTranspose2d(4, 4, 2), images
    yield nc.MaxPool2d(2), images
    yield nc.AvgPool2d(2), images
    yield nc.BatchNorm2d(4), images
    yield nc.Flatten(), images
    yield nc.Embedding(5, 4), np.ones((2, 3), np.int64)
    for cell in (nc.LSTM, nc.GRU, nc.RNN):
        yield cell(4, 4), steps
    yield nc.Last(), steps
    yield nc.Sequential(*(nc.Identity() for _ in range(8))), rows


def measured() -> list[dict[str, Any]]:
    """[{'name', 'forward', 'backward'}] in seconds, with one thread."""
    nc.set_num_threads(1)
    entries = []
    for layer, x in layers():
        inside = max(1, sum(1 for _ in layer.children()))
        name = type(layer).__name__ + (", a layer in it" if inside > 1 else "")
        entries.append({"name": name} | {phase: seconds / inside for phase, seconds in both_phases(layer, x).items()})
    scores, labels = np.ones((4, 8), np.float32), np.arange(4)
    for loss, target in ((nc.CrossEntropyLoss(), labels), (nc.MSELoss(), scores)):
        forward = fastest(lambda loss=loss, target=target: loss.forward(scores, target))
        both = fastest(lambda loss=loss, target=target: (loss.forward(scores, target), loss.backward()))
        entries.append({"name": type(loss).__name__, "forward": forward, "backward": both - forward})
    parameters = [nc.Parameter(np.ones(4, np.float32)) for _ in range(8)]
    for parameter in parameters:
        parameter.grad = np.ones(4, np.float32)
    for kind in (nc.SGD, nc.Adam):
        entries.append({"name": f"{kind.__name__}, a parameter", "forward": fastest(kind(parameters, lr=1e-3).step) / len(parameters)})
    return entries


def both_phases(layer: nc.Layer, x: np.ndarray) -> dict[str, float]:
    """Seconds of each; the backward phase is what both take more than the forward phase alone."""
    dy, parameters = np.ones_like(layer.forward(x)), layer.parameters()
    layer.reset()

    def forward_alone() -> None:
        layer.forward(x)
        layer._caches.clear()

    def both() -> None:
        layer.forward(x)
        layer.backward(dy)
        for parameter in parameters:
            parameter.grad = None

    forward = fastest(forward_alone)
    return {"forward": forward, "backward": fastest(both) - forward}


def fastest(call: Callable[[], Any]) -> float:
    """Seconds a call: the best round's mean."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(CALLS):
            call()
        best = min(best, (time.perf_counter() - began) / CALLS)
    return best


def importing() -> float:
    """Seconds that `import netcore` takes beyond `import numpy`: the median over pairs of processes."""
    differences, environment = [], {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(IMPORTS + 1):  # the first writes the bytecode, as an installation does
        took = []
        for code in ("import numpy", "import numpy, netcore"):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment)
            took.append(time.perf_counter() - began)
        differences.append(took[1] - took[0])
    return statistics.median(differences[1:])
