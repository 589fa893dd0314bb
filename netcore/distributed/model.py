"""What a step costs on R ranks: a model with four measured numbers, good enough to say where adding machines stops to pay.

    step(R)  =  compute(B / R) + exposed(R)
    compute(rows) = fixed + per_row · rows                      measured on one rank at two batch sizes
    sum(R, n) = 2 ⌈log2 R⌉ latency + 2 (R - 1)/R · n/bandwidth   of n bytes over all ranks
    exposed(R) = what of all buckets' sums is left when the backward phase ends: at least the last bucket's

Source of the sum's cost: R. Thakur, R. Rabenseifner and W. Gropp, "Optimization of collective communication operations in
MPICH", 2005, section 5.
"""

import math
import time
from dataclasses import dataclass

import numpy as np

from netcore import checks
from netcore.distributed.buckets import BUCKET_BYTES
from netcore.distributed.group import Group

BACKWARD = 2 / 3  # of the compute time: two products where the forward phase has one


@dataclass(frozen=True)
class Network:
    """What lies between two ranks."""

    latency: float  # seconds for the shortest message
    bandwidth: float  # bytes a second

    def sum_seconds(self, ranks: int, nbytes: float) -> float:
        """Seconds to sum an array over all ranks.

        >>> f"{Network(latency=1e-6, bandwidth=1e10).sum_seconds(4, 1e6):.6f}"
        '0.000154'
        """
        return 0.0 if ranks == 1 else 2 * math.ceil(math.log2(ranks)) * self.latency + 2 * (ranks - 1) / ranks * nbytes / self.bandwidth


def predicted_step(
    network: Network, ranks: int, rows: int, nbytes: float, fixed: float, per_row: float, bucket_bytes: float = BUCKET_BYTES
) -> float:
    """Seconds of a training step of `rows` rows in all, with `nbytes` of gradients, on so many ranks.

    >>> fast = Network(latency=2e-6, bandwidth=1e10)
    >>> one, many = (predicted_step(fast, ranks, 1024, 4e6, 1e-4, 1e-4) for ranks in (1, 64))
    >>> round(one / many)
    53
    """
    checks.at_least("ranks", ranks, 1)
    compute = fixed + per_row * math.ceil(rows / ranks)
    buckets = max(1, math.ceil(nbytes / bucket_bytes))
    each = network.sum_seconds(ranks, nbytes / buckets)
    return compute + max(each, buckets * each - BACKWARD * compute * (buckets - 1) / buckets)


def measured_network(group: Group, repeats: int = 20) -> Network:
    """Latency and bandwidth between the ranks of a group, from sums of one number and of four million; all ranks call it."""
    seconds = []
    for size in (1, 1 << 22):
        array = np.zeros(size, np.float32)
        best = math.inf
        for _ in range(repeats):
            group.wait()
            began = time.perf_counter()
            group.start_sum(array).Wait()
            best = min(best, time.perf_counter() - began)
        seconds.append(max(group.gather(best)))
    steps, share = 2 * max(1, math.ceil(math.log2(group.size))), 2 * max(group.size - 1, 1) / group.size
    latency = seconds[0] / steps
    return Network(latency, share * 4 * (1 << 22) / max(seconds[1] - seconds[0], 1e-9))
