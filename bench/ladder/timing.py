"""How long a sample takes on each rung: the best of several runs, rung after rung, three times.

A rung is timed with a batch of its own: 64 samples, fewer where they would take minutes. Products by NumPy and kernels run on
one thread, but for the rungs whose idea is threads.
"""

from dataclasses import dataclass
from time import perf_counter

import netcore as nc
from bench.ladder.rung import Ladder, Rung

ROUNDS = 3


@dataclass(frozen=True)
class Timed:
    """A rung with its seconds a sample, and how many times as fast as the rung it builds on, and as the first one."""

    rung: Rung
    seconds: float
    over: float
    total: float


def climb(ladder: Ladder, seconds: float = 0.3) -> list[Timed]:
    """Time every rung for about so many seconds a round, at least one run."""
    best = dict.fromkeys((rung.name for rung in ladder.rungs), float("inf"))
    for _ in range(ROUNDS):
        for rung in ladder.rungs:
            best[rung.name] = min(best[rung.name], per_sample(ladder, rung, seconds))
    first = best[ladder.rungs[0].name]
    found = []
    for rung in ladder.rungs:
        below = ladder.below(rung)
        own = best[rung.name]
        found.append(Timed(rung, own, best[below.name] / own if below else 1.0, first / own))
    return found


def per_sample(ladder: Ladder, rung: Rung, seconds: float) -> float:
    arguments, before = ladder.problem(rung.samples), nc.get_num_threads()
    nc.set_num_threads(rung.threads)
    try:
        best, began = float("inf"), perf_counter()
        while best == float("inf") or perf_counter() - began < seconds:
            start = perf_counter()
            rung.run(*arguments)
            best = min(best, perf_counter() - start)
        return best / rung.samples
    finally:
        nc.set_num_threads(before)
