"""How far a training step scales over processes: measured on 1 and 2, predicted on up to 1,000.

    mpiexec -n RANKS python -m bench.ranks ROW BATCH {alone|shared}       one measurement: a line of JSON from rank 0

A step's compute time is measured on one rank at a quarter and at half of the batch, `alone`; the half batch once more
`shared`, that is with gradients packed, summed over a group of one and unpacked. A quarter each on two ranks, `alone`, shows how
much slower neighbours make each other that draw on the same memory. What lies between two ranks is measured by sums of one
number and of four million (netcore/distributed/model.py). From these alone the model predicts the whole batch on one rank and
on two, where it is checked against measurement, and then ranks that are not here, two on a machine. Each has one thread.
"""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench import zoo
from bench.turns import ROOT

MORE = (4, 16, 64, 256, 1000)
SECONDS = 0.4  # a measurement, after a first step that lays everything out
ROUNDS = 3


def measure(name: str, batch: int, shared: bool) -> dict[str, float]:
    """On each rank its rows of the batch: the least seconds of a step, of the slowest rank, and what lies between the ranks."""
    import netcore as nc
    from bench.peers.netcore import Peer
    from netcore.distributed import GradientBuckets, world
    from netcore.distributed.model import measured_network

    nc.set_num_threads(1)
    group = world()
    rows = batch // group.size
    peer = Peer(dataclasses.replace(zoo.BY_NAME[name], batch=rows))
    buckets = GradientBuckets(peer.params, group) if shared else None
    seconds: list[float] = []
    repeats = 4
    while len(seconds) < repeats:
        group.wait()
        began = time.perf_counter()
        peer.optimizer.zero_grad()
        peer.criterion.forward(peer.net.forward(peer.x), peer.target)
        if buckets:
            buckets.begin(rows)
        peer.net.backward(peer.criterion.backward(), input_grad=False)
        if buckets:
            buckets.finish(group.size * rows)
        peer.optimizer.step()
        seconds.append(time.perf_counter() - began)
        if len(seconds) == 4:
            repeats = group.broadcast(min(1000, max(12, int(SECONDS / min(seconds)))))
    found: dict[str, float] = {"seconds": max(group.gather(min(seconds))), "bytes": sum(p.data.nbytes for p in peer.params)}
    if group.size > 1:
        found |= dataclasses.asdict(measured_network(group))
    return found


def asked(name: str, ranks: int, batch: int, how: str = "alone") -> dict[str, float]:
    """`measure` in processes of its own."""
    beside = Path(sys.executable).parent / "mpiexec"
    mpiexec = str(beside) if beside.exists() else shutil.which("mpiexec")
    start = [mpiexec, "-n", str(ranks)] if mpiexec and ranks > 1 else []
    command = [*start, sys.executable, "-m", "bench.ranks", name, str(batch), how]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def in_rounds(name: str, **what: tuple) -> dict[str, dict[str, float]]:
    """Each measurement a few times, one after the other, so that a busy moment spoils no single one: the fastest of each."""
    rounds = [{each: asked(name, *arguments) for each, arguments in what.items()} for _ in range(ROUNDS)]
    return {each: min((one[each] for one in rounds), key=lambda found: found["seconds"]) for each in what}


def entry(name: str) -> dict[str, Any]:
    """Measured and predicted milliseconds of one row of the zoo, and what more ranks would give."""
    from netcore.distributed import Network, predicted_step

    batch = zoo.BY_NAME[name].batch // 4 * 4
    measured = in_rounds(
        name,
        quarter=(1, batch // 4), half=(1, batch // 2), whole=(1, batch), half_shared=(1, batch // 2, "shared"),
        neighbours=(2, batch // 2), two=(2, batch, "shared"),
    )  # fmt: skip
    quarter, half, whole, two = (measured[each]["seconds"] for each in ("quarter", "half", "whole", "two"))
    sharing = max(0.0, measured["half_shared"]["seconds"] - half)
    company = max(1.0, measured["neighbours"]["seconds"] / quarter)
    per_row = max(0.0, (half - quarter) / (batch // 2 - batch // 4))
    fixed = max(0.0, half - per_row * (batch // 2))
    nbytes, network = measured["two"]["bytes"], Network(measured["two"]["latency"], measured["two"]["bandwidth"])

    def predicted(ranks: int, rows: int) -> float:
        more, slower = (sharing, company) if ranks > 1 else (0.0, 1.0)
        return predicted_step(network, ranks, rows, nbytes, slower * (fixed + more), slower * per_row)

    alone = predicted(1, batch)
    return {
        "name": name, "batch": batch, "bytes": nbytes, "fixed": fixed, "per_row": per_row, "sharing": sharing, "company": company,
        "latency": network.latency, "bandwidth": network.bandwidth,
        "measured": [whole, two], "predicted": [alone, predicted(2, batch)],
        "speed_up": {ranks: alone / predicted(ranks, batch) for ranks in MORE},  # the same batch, cut among the ranks
        "efficiency": {ranks: alone / predicted(ranks, batch * ranks) for ranks in MORE},  # as large a batch for each rank
    }  # fmt: skip


if __name__ == "__main__":
    from netcore.distributed import world

    outcome = measure(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "shared")
    if world().speaks:
        print(json.dumps(outcome))
