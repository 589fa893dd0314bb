"""The sections of a benchmark: zoo, kernels, memory, overhead, scaling, ranks. Each is a list of entries, ready for JSON."""

import importlib.util
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

from bench import goals, kernels, overhead, ranks, work, zoo
from bench.peers import LIBRARY, NAMES
from bench.turns import Engine, in_turns, summary

Say = Callable[[str], None]


def installed(wanted: Iterable[str]) -> list[str]:
    """Those of the wanted peers that are there; netcore always is."""
    return ["netcore", *(peer for peer in NAMES[1:] if peer in set(wanted) and importlib.util.find_spec(LIBRARY[peer]))]


def roofline(threads: int) -> dict[str, Any]:
    """FLOP/s and bytes/s, measured in a process of its own."""
    with Engine("netcore", threads) as engine:
        return engine.ask("roofline")


def multiply_adds(row: zoo.Row) -> float:
    """Of a forward phase, as the layers predict them."""
    from bench.peers.netcore import build
    from netcore import Sequential

    return float(row.batch * Sequential(*build(row.layers)).multiply_adds(row.shape))


def zoo_section(rows: list[str], peers: list[str], threads: list[int], turns: int, seconds: float, roof: dict[int, Any], say: Say) -> list[dict]:
    entries = []
    for name in rows:
        row = zoo.BY_NAME[name]
        for kind in ("step", "infer"):
            needed = work.of_row(row, kind)
            for count in threads:
                found = in_turns(peers, count, kind, name, turns, seconds)
                entry: dict[str, Any] = {"name": name, "kind": kind, "threads": count, "flops": needed.flops}
                entry |= summary(found) | share(found, roof[count], lambda now, needed=needed: sum(needed.seconds(now).values()))
                entry |= goals.of_row(entry)
                if not entry.get("met", True):
                    with Engine("netcore", count) as engine:
                        entry["where"] = engine.ask("where", kind, name, roof[count])
                entries.append(entry)
                say(f"{name} {kind}, {count} thread(s): {told(entry)}")
    return entries


def kernel_section(groups: list[str], peers: list[str], threads: list[int], turns: int, seconds: float, roof: dict[int, Any], say: Say) -> list[dict]:
    entries = []
    own = [peer for peer in peers if peer in ("netcore", "torch")]
    for case in kernels.CASES:
        if groups and not any(case.group.startswith(group) for group in groups):
            continue
        for count in threads:
            entry: dict[str, Any] = {"name": case.name, "kind": case.group, "threads": count, "flops": case.flops, "bytes": case.nbytes}
            found = in_turns(own, count, "kernel", case.name, turns, seconds)
            entry |= summary(found) | share(found, roof[count], lambda now, case=case: work.of_case(case, now))
            entry |= goals.of_case(case, entry)
            entries.append(entry)
            say(f"{case.name}, {count} thread(s): {told(entry)}")
    return entries


def share(found: dict[str, Any], roof: dict[str, Any], seconds: Callable[[dict[str, Any]], float]) -> dict[str, float]:
    """The time at the roofline, with the arithmetic of each turn and the bandwidth of the run, and that as a part of netcore's."""
    own = found["netcore"]
    best = [seconds(roof | {"flops": flops}) for flops in own.get("flops", [])]
    if not best:
        return {}
    return {"roofline": median(best), "share": median(least / took for least, took in zip(best, own["seconds"], strict=True))}


def told(entry: dict) -> str:
    times = ", ".join(f"{peer} {1e3 * value:.3g} ms" for peer, value in entry["median"].items())
    return times + (f"; {entry['ratio']:.2f} x" if "ratio" in entry else "")


def memory_section(rows: list[str], peers: list[str], say: Say) -> list[dict]:
    """Peak resident memory of a network and three training steps beyond the process that has met every kind of layer already, two threads."""
    entries = []
    for name in rows:
        peaks: dict[str, Any] = {}
        for peer in peers:
            with Engine(peer, 2) as engine:
                answer = engine.ask("memory", "step", name)
            peaks[peer] = answer
        entry: dict[str, Any] = {"name": name, "peak": peaks}
        if all(isinstance(peaks.get(peer), int) for peer in ("netcore", "torch")):
            entry["met"] = peaks["netcore"] <= peaks["torch"]
        entries.append(entry)
        say(f"{name}: " + ", ".join(f"{peer} {value / 1e6:.0f} MB" for peer, value in peaks.items() if isinstance(value, int)))
    return entries


LIGHT = {"call": 10e-6, "import": 30e-3}  # seconds: single-digit microseconds a call, and as long as nobody notices


def overhead_section(say: Say) -> list[dict]:
    """What a call of each layer costs besides its arithmetic, and the import."""
    entries = [entry | {"met": max(entry["forward"], entry.get("backward", 0.0)) < LIGHT["call"]} for entry in overhead.measured()]
    seconds = overhead.importing()
    entries.append({"name": "import netcore", "forward": seconds, "met": seconds < LIGHT["import"]})
    for entry in entries:
        say(f"{entry['name']}: " + ", ".join(f"{phase} {1e6 * entry[phase]:.1f} us" for phase in ("forward", "backward") if phase in entry))
    return entries


SCALES = {
    "batch size": ([1, 2, 4, 8, 15, 16, 17, 31, 32, 33, 64, 128], lambda v: zoo.Row("", (("conv", 32, 32, 3, 1, 1),), v, (32, 16, 16), "input")),
    "channels": ([8, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65], lambda v: zoo.Row("", (("conv", v, v, 3, 1, 1),), 16, (v, 16, 16), "input")),
    "sequence length": ([1, 2, 4, 8, 16, 32, 64, 128, 256], lambda v: zoo.Row("", (("lstm", 64, 64),), 32, (v, 64), "input")),
    "hidden size": ([8, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 127, 128, 129], lambda v: zoo.Row("", (("lstm", v, v),), 32, (20, v), "input")),
    "units": ([16, 31, 32, 33, 64, 127, 128, 129, 256, 257, 512], lambda v: zoo.Row("", (("linear", v, v),), 128, (v,), "input")),
}


def scaling_section(threads: list[int], seconds: float, say: Say) -> list[dict]:
    """netcore's training step against one size; `cliff`: the worst factor by which a multiply-add gets dearer from one size to
    the next. Sizes are measured round after round, so that a busy moment does not look like a cliff."""
    import netcore as nc
    from bench.peers.netcore import Peer
    from bench.worker import timed

    entries = []
    for what, (sizes, made) in SCALES.items():
        for count in threads:
            nc.set_num_threads(count)
            peers = [Peer(made(size)) for size in sizes]
            rounds = [[timed(peer.step, seconds) for peer in peers] for _ in range(5)]
            best = [min(each) for each in zip(*rounds, strict=True)]
            work = [multiply_adds(made(size)) for size in sizes]
            dearer = [best[i + 1] / work[i + 1] / (best[i] / work[i]) for i in range(len(sizes) - 1)]
            entries.append({"name": what, "threads": count, "sizes": sizes, "seconds": best, "cliff": max(dearer)})
            say(f"{what}, {count} thread(s): worst step in cost per multiply-add {max(dearer):.2f} x")
    return entries


def ranks_section(rows: list[str], say: Say) -> list[dict]:
    """Data-parallel steps of netcore, measured on 1 and 2 ranks and predicted for more."""
    if importlib.util.find_spec("mpi4py") is None:
        say('left out: it needs MPI (pip install "netcore-nn[mpi]")')
        return []
    entries = []
    for name in rows:
        entries.append(entry := ranks.entry(name))
        pairs = zip(entry["measured"], entry["predicted"], strict=True)
        say(f"{name}: " + ", ".join(f"{1e3 * measured:.3g} ms measured, {1e3 * predicted:.3g} predicted" for measured, predicted in pairs))
    return entries
