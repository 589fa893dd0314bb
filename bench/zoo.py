"""The networks of a course, as lists of layers that every peer builds for itself, and the weights and data that all share.

A layer is a tuple: its kind and its sizes. `weights` draws the parameters in the order of the layers, so that all peers
compute the same numbers from the same start; tests/bench holds them to it.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Spec = tuple[tuple, ...]


@dataclass(frozen=True)
class Row:
    """One network with its batch. `target`: 'class' (one label), 'symbols' (one a step), 'input' (reconstruction)."""

    name: str
    layers: Spec
    batch: int
    shape: tuple[int, ...]  # of one sample
    target: str = "class"
    symbols: int = 0  # tokens instead of numbers come in


def mlp(*sizes: int) -> Spec:
    layers: list[tuple] = []
    for i, o in pairwise(sizes):
        layers += [("linear", i, o), ("relu",)]
    return tuple(layers[:-1])


VGG = tuple(
    layer
    for i, o in ((3, 64), (64, 128), (128, 256))
    for layer in (("conv", i, o, 3, 1, 1), ("relu",), ("conv", o, o, 3, 1, 1), ("relu",), ("pool", 2))
)
HALVE = ("conv", 1, 16, 3, 2, 1), ("relu",), ("conv", 16, 32, 3, 2, 1), ("relu",)
DOUBLE = ("deconv", 32, 16, 4, 2, 1), ("relu",), ("deconv", 16, 1, 4, 2, 1)
BLOCKS = ("block", 16, 16, 1), ("block", 16, 32, 2), ("block", 32, 64, 2)
ENCODER = mlp(784, 1000, 500, 250, 30)
DECODER = mlp(30, 250, 500, 1000, 784)


def char(hidden: int) -> Spec:
    return ("embedding", 65, 64), ("lstm", 64, hidden), ("lstm", hidden, hidden), ("linear", hidden, 65)


ROWS = (
    Row("mlp", mlp(784, 128, 10), 64, (784,)),
    Row("ae", (*ENCODER, *DECODER, ("sigmoid",)), 128, (784,), "input"),
    Row(
        "lenet",
        (("conv", 1, 32, 5, 1, 0), ("relu",), ("pool", 2), ("conv", 32, 64, 5, 1, 0), ("relu",), ("pool", 2), ("flatten",), *mlp(1024, 128, 10)),
        64, (1, 28, 28),
    ),
    Row("vgg", (*VGG, ("flatten",), *mlp(4096, 256, 10)), 64, (3, 32, 32)),
    Row("convae", (*HALVE, *DOUBLE), 64, (1, 28, 28), "input"),
    Row("char128", char(128), 50, (50,), "symbols", 65),
    Row("char512", char(512), 64, (50,), "symbols", 65),
    Row("seqmnist", (("lstm", 1, 128), ("last",), ("linear", 128, 10)), 100, (784, 1)),
    Row("rowmnist", (("lstm", 28, 128), ("last",), ("linear", 128, 10)), 100, (28, 28)),
    Row("tinylstm", (("lstm", 4, 16), ("last",), ("linear", 16, 10)), 8, (20, 4)),
    Row("resnet", (("conv", 3, 16, 3, 1, 1), ("norm", 16), ("relu",), *BLOCKS, ("mean",), ("linear", 64, 10)), 64, (3, 32, 32)),
)  # fmt: skip
BY_NAME = {row.name: row for row in ROWS}
# A few numbers through every kind of layer: what an engine loads when it meets one first is loaded then.
TOUCH = (
    Row("images", (("conv", 1, 4, 3, 1, 1), ("norm", 4), ("relu",), ("pool", 2), ("block", 4, 4, 1), ("mean",), ("linear", 4, 10)), 2, (1, 8, 8)),
    Row("decoder", (("conv", 1, 4, 3, 2, 1), ("relu",), ("deconv", 4, 1, 4, 2, 1), ("sigmoid",)), 2, (1, 8, 8), "input"),
    Row("text", (("embedding", 8, 4), ("lstm", 4, 4), ("linear", 4, 8)), 2, (3,), "symbols", 8),
    Row("sequence", (("lstm", 4, 4), ("last",), ("linear", 4, 10)), 2, (3, 4)),
)  # fmt: skip


def block(i: int, o: int, stride: int) -> tuple[Spec, Spec]:
    """(the two convolutions, the shortcut) of a residual block; the shortcut of one that changes nothing is empty."""
    main = (("conv", i, o, 3, stride, 1), ("norm", o), ("relu",), ("conv", o, o, 3, 1, 1), ("norm", o))
    return main, () if i == o and stride == 1 else (("conv", i, o, 1, stride, 0), ("norm", o))


def shapes(layer: tuple) -> list[tuple[int, ...]]:
    """Shapes of a layer's parameters, in PyTorch's layouts."""
    kind, *sizes = layer
    match kind:
        case "linear":
            return [(sizes[1], sizes[0]), (sizes[1],)]
        case "conv":
            return [(sizes[1], sizes[0], sizes[2], sizes[2]), (sizes[1],)]
        case "deconv":
            return [(sizes[0], sizes[1], sizes[2], sizes[2]), (sizes[1],)]
        case "embedding":
            return [tuple(sizes)]
        case "norm":
            return [(sizes[0],), (sizes[0],)]
        case "lstm":
            return [(4 * sizes[1], sizes[0]), (4 * sizes[1], sizes[1]), (4 * sizes[1],), (4 * sizes[1],)]
        case "block":
            return [shape for part in block(*sizes) for each in part for shape in shapes(each)]
    return []


def weights(layers: Spec, seed: int = 0) -> list[np.ndarray]:
    """The parameters in the order of the layers: normal, scaled by the number of inputs; biases small, scales about 1."""
    rng = np.random.default_rng(seed)
    drawn = []
    for layer in layers:
        for shape in shapes(layer):
            scale = 1 / math.sqrt(math.prod(shape[1:])) if len(shape) > 1 else 0.1
            drawn.append((scale * rng.standard_normal(shape)).astype(np.float32))
    return drawn


def data(row: Row, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """One batch: (x, target)."""
    rng = np.random.default_rng(seed)
    shape = (row.batch, *row.shape)
    x = rng.integers(0, row.symbols, shape) if row.symbols else rng.random(shape, dtype=np.float32)
    if row.target == "input":
        return x, x
    return x, rng.integers(0, row.symbols, shape) if row.target == "symbols" else rng.integers(0, 10, row.batch)
