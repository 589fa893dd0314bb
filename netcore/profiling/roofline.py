"""The roofline: what this processor computes and moves at best, measured with the engine's own kernels.

    seconds at best = max(FLOPs / peak, bytes / bandwidth)

The peak is what the matrix product's innermost tile reaches on operands that are in the first-level cache already. The
bandwidth is that of max(0, x), which reads an array and writes one, for arrays that fit the second-level cache, the third,
and none; in between it is interpolated. So a share of the roofline above 1 is possible: an algorithm that needs fewer
multiplications than are counted (Winograd's), or data that was still in a nearer cache than its size suggests.

Source: S. Williams, A. Waterman, D. Patterson, "Roofline", Communications of the ACM 52, 2009.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import numpy as np

from netcore.backend import kernels
from netcore.config import get_num_threads, set_num_threads
from netcore.functional.activation import KINDS

RELU = KINDS.index("relu")
REPEATS = 2000  # of the tile, in one measurement
ARRAYS = (1 << 17, 1 << 21, 1 << 24)  # float32 numbers read, and as many written
BEST_OF = 0.05  # seconds that each measurement goes on


@dataclass(frozen=True)
class Roofline:
    """FLOP/s, and for some amounts of bytes the bytes a second at which they are moved."""

    flops: float
    bandwidth: tuple[tuple[float, float], ...]

    def bandwidth_at(self, nbytes: float) -> float:
        """Bytes a second for work that touches so many bytes, interpolated between the measured amounts.

        >>> Roofline(1e9, ((1e6, 8e9), (1e8, 2e9))).bandwidth_at(1e7) / 1e9
        5.0
        """
        sizes, rates = zip(*self.bandwidth, strict=True)
        return float(np.interp(np.log(max(nbytes, 1.0)), np.log(sizes), rates))

    def seconds(self, flops: float, nbytes: float) -> float:
        """The least time for so many FLOPs and bytes.

        >>> Roofline(1e9, ((1e6, 8e9),)).seconds(flops=2e9, nbytes=8e9)
        2.0
        """
        return max(flops / self.flops, nbytes / self.bandwidth_at(nbytes))

    def bound(self, flops: float, nbytes: float) -> str:
        """Which of the two takes longer: 'arithmetic' or 'memory'."""
        return "arithmetic" if flops / self.flops > nbytes / self.bandwidth_at(nbytes) else "memory"


def measure_roofline(dtype: np.dtype | type = np.float32) -> Roofline:
    """Measure it for the instruction set and up to the threads in use (one may move small arrays faster than several); takes
    about a second."""
    threads = get_num_threads()
    alone = _measure(np.dtype(dtype), 1)
    if threads == 1:
        return alone
    together = _measure(np.dtype(dtype), threads)
    rates = zip(alone.bandwidth, together.bandwidth, strict=True)
    return Roofline(max(alone.flops, together.flops), tuple((nbytes, max(one, all_)) for (nbytes, one), (_, all_) in rates))


def _measure(dtype: np.dtype, threads: int) -> Roofline:
    before = get_num_threads()
    set_num_threads(threads)
    try:
        return Roofline(peak(dtype), bandwidth(dtype, ARRAYS))
    finally:
        set_num_threads(before)


def peak(dtype: np.dtype) -> float:
    """FLOP/s of the register tile, all threads together."""
    like = np.zeros(1, dtype)
    return kernels.gemm.tile_flops(like, REPEATS) / best_seconds(partial(kernels.gemm.tile_flops, like, REPEATS))


def bandwidth(dtype: np.dtype, arrays: Sequence[int], in_place: bool = False) -> tuple[tuple[float, float], ...]:
    """(bytes touched, bytes read and written a second) for arrays of so many float32 numbers' size. In place, an array is
    written where it was read: nothing needs to be fetched only to be overwritten."""
    found = []
    for count in arrays:
        x = np.ones(count * 4 // dtype.itemsize, dtype)
        y = x if in_place else np.zeros_like(x)
        seconds = best_seconds(partial(kernels.activation.forward, RELU, 0.0, x, y))
        found.append(((1 if in_place else 2) * float(x.nbytes), 2 * x.nbytes / seconds))
    return tuple(found)


def best_seconds(work: Callable[[], object], least: int = 5) -> float:
    """The shortest of some runs: whatever else the machine does only makes a run longer."""
    work()
    best, began, runs = float("inf"), perf_counter(), 0
    while runs < least or perf_counter() - began < BEST_OF:
        start = perf_counter()
        work()
        best, runs = min(best, perf_counter() - start), runs + 1
    return best
