"""Single kernels with the shapes of real networks, beside the same operation in PyTorch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """One operation; `flops` and `nbytes` (read and written) say what it must cost, `touched` how many different bytes these are."""

    name: str
    group: str
    flops: float
    nbytes: float
    touched: float
    arguments: tuple


def conv(n: int, c: int, size: int, k: int, r: int, stride: int, pad: int, groups: int = 1) -> list[Case]:
    out = (size + 2 * pad - r) // stride + 1
    flops = 2.0 * n * k * out * out * c // groups * r * r
    nbytes = 4.0 * (n * c * size * size + n * k * out * out + k * c // groups * r * r)
    name = f"{n}x{c}x{size}x{size} to {k}, {r}x{r}" + (f"/{stride}" if stride > 1 else "") + (f", {groups} groups" if groups > 1 else "")
    arguments = (n, c, size, k, r, stride, pad, groups)
    return [Case(f"conv {which}: {name}", f"conv {which}", flops, nbytes, nbytes, arguments) for which in ("y", "dx", "dw")]


CONVOLUTIONS = [
    (64, 1, 28, 32, 5, 1, 0), (64, 3, 32, 64, 3, 1, 1), (64, 32, 28, 32, 3, 1, 1), (64, 64, 32, 64, 3, 1, 1), (16, 64, 56, 64, 3, 1, 1),
    (64, 128, 16, 128, 3, 1, 1), (64, 256, 8, 256, 3, 1, 1), (64, 32, 12, 64, 5, 1, 0), (64, 64, 14, 64, 1, 1, 0), (64, 32, 16, 64, 3, 2, 1),
    (64, 64, 28, 64, 3, 1, 1, 64),
]  # fmt: skip
PRODUCTS = [
    (128, 128, 128), (256, 256, 256), (512, 512, 512), (1024, 1024, 1024), (64, 128, 784), (128, 1000, 784), (784, 1000, 128),
    (2500, 512, 128), (3200, 2048, 512), (512, 128, 2500),
]  # fmt: skip
SEQUENCES = [(1, 50, 128), (8, 20, 16), (32, 50, 64), (50, 50, 128), (100, 28, 128), (128, 50, 256), (64, 50, 512)]
# (what, how many times 64 x 32 x 28 x 28 numbers are read or written, how many times as many places in memory that touches)
PASSES = [
    ("relu", 2, 2), ("sigmoid", 2, 2), ("tanh", 2, 2), ("max pool 2x2", 1.25, 1.25), ("batch norm", 3, 2), ("layer norm", 2, 2),
    ("softmax", 2, 2), ("dropout", 2, 2), ("embedding", 2, 1), ("im2col", 10, 10), ("adam", 7, 4),
]  # fmt: skip
NUMBERS = 64 * 32 * 28 * 28
# What stands for each family of kernels (netcore/backend.py).
FAMILIES = {
    "activation": "relu", "channels_last": "conv y", "conv": "conv y", "winograd": "conv y", "dropout": "dropout",
    "embedding": "embedding", "gemm": "product", "gru": "GRU", "im2col": "im2col", "lstm": "LSTM", "norm": "batch norm",
    "optim": "adam", "pool": "max pool", "rnn": "RNN", "softmax": "softmax",
}  # fmt: skip


def cases() -> list[Case]:
    found = [case for size in CONVOLUTIONS for case in conv(*size)]
    for m, n, k in PRODUCTS:
        nbytes = 4.0 * (m * k + k * n + m * n)
        found.append(Case(f"product {m}x{n}x{k}", "product", 2.0 * m * n * k, nbytes, nbytes, (m, n, k)))
    for cell, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        for n, t, h in SEQUENCES:
            for which, times in (("forward", 1), ("backward", 2)):
                flops = 2.0 * times * n * t * gates * h * 2 * h
                found.append(Case(f"{cell} {which}: {n}x{t}, {h} to {h}", f"{cell} {which}", flops, 0, 0, (cell, n, t, h)))
    found += [Case(f"{name}: 64x32x28x28", "memory", 0, 4.0 * NUMBERS * moved, 4.0 * NUMBERS * touched, (name,)) for name, moved, touched in PASSES]
    return found


CASES = cases()
BY_NAME = {case.name: case for case in CASES}


def calls(case: Case) -> dict[str, Callable[[], Callable[[], Any]]]:
    """For each engine what builds the call; imports nothing of the others."""
    from bench import kernel_calls

    family = case.group.split()[0]
    return {engine: lambda engine=engine: getattr(kernel_calls, f"{engine}_{KIND.get(family, family)}")(case) for engine in ("netcore", "torch")}


KIND = {"LSTM": "sequence", "GRU": "sequence", "RNN": "sequence"}
RNG = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape, dtype=np.float32)
