"""What this machine gives, measured in the same run: the two numbers that every other figure is held against.

FLOP/s: the register tile of the matrix product, again and again on operands in the first-level cache. Bytes/s: a copy-scale
of arrays of several sizes (a ReLU, by netcore's kernel and by NumPy's copy, the better of the two; read and written bytes).
"""

import time

import numpy as np

import netcore.functional as F
from netcore.backend import kernels

SIZES = {"memory (256 MiB)": 1 << 26, "third-level cache (16 MiB)": 1 << 22, "second-level cache (512 KiB)": 1 << 17}


def best(call, seconds: float = 0.3) -> float:
    """The fastest of the calls that fit, in seconds."""
    call()
    fastest, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        call()
        fastest = min(fastest, time.perf_counter() - began)
    return fastest


def flops(dtype: type = np.float32) -> float:
    """FLOP/s of all threads together."""
    repeats = 2000
    per_call = kernels.gemm.tile_flops(np.zeros(1, dtype), repeats)
    return per_call / best(lambda: kernels.gemm.tile_flops(np.zeros(1, dtype), repeats))


def bandwidth(numbers: int, threads: int) -> float:
    """Bytes a second, read and written, through arrays of so many numbers: half of them in, half out."""
    x = np.random.default_rng(0).standard_normal(numbers // 2, dtype=np.float32)
    y = np.empty_like(x)
    ways = [lambda: kernels.activation.forward(F.activation.KINDS.index("relu"), 0.0, x, y)]
    if threads == 1:
        ways.append(lambda: np.copyto(y, x))
    return max(2 * x.nbytes / best(way) for way in ways)


def measured(threads: int) -> dict:
    """{'flops': …, 'bandwidth': {where: bytes/s}}"""
    return {"flops": flops(), "bandwidth": {where: bandwidth(numbers, threads) for where, numbers in SIZES.items()}}
