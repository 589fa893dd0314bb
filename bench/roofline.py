"""What this machine gives, measured in the same run: the figures that every other one is held against.

    flops      FLOP/s: the register tile of the matrix product, again and again on operands in the first-level cache
    copy       bytes a second, read and written, from one array into another (a ReLU), by the bytes of both together
    update     the same where an array is written in place, as an optimiser does it: nothing is fetched to be overwritten

For several threads the better of one and all is taken: for small arrays one is faster. netcore/profiling/roofline.py measures.
"""

from typing import Any

import numpy as np

from netcore.config import set_num_threads
from netcore.profiling.roofline import Roofline, bandwidth, peak

NUMBERS = tuple(1 << k for k in (17, 19, 20, 21, 22, 23, 24))  # in one array: 1 to 128 MiB for two
FLOAT32 = np.dtype(np.float32)
ROUNDS = 20  # in which the best of the arithmetic is looked for, about a second: a busy moment must not lower the bar


def measured(threads: int) -> dict[str, Any]:
    """{'flops': …, 'copy': [(bytes, bytes/s), …], 'update': likewise}"""
    found = []
    for count in sorted({1, threads}):
        set_num_threads(count)
        traffic = {"copy": bandwidth(FLOAT32, NUMBERS), "update": bandwidth(FLOAT32, [2 * n for n in NUMBERS], in_place=True)}
        found.append({"flops": max(peak(FLOAT32) for _ in range(ROUNDS))} | traffic)
    best = {way: [(size, max(one[way][i][1] for one in found)) for i, (size, _) in enumerate(found[0][way])] for way in ("copy", "update")}
    return {"flops": max(one["flops"] for one in found)} | best


def peak_now() -> float:
    """FLOP/s at this moment: clocks rise and fall by some percent from one second to the next."""
    return peak(FLOAT32)


def rate(points: list, nbytes: float) -> float:
    """Bytes a second for so many bytes, interpolated between the measured ones.

    >>> rate([[1e6, 8e9], [1e8, 2e9]], 1e7) / 1e9
    5.0
    """
    return as_roofline({"flops": 1.0, "copy": points}).bandwidth_at(nbytes)


def as_roofline(roof: dict[str, Any]) -> Roofline:
    """As netcore.profiling takes it."""
    return Roofline(roof["flops"], tuple((float(size), float(speed)) for size, speed in roof["copy"]))
