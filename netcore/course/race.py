"""The leaderboard: how fast a submission is that is right, as a multiple of the naive version and of the engine's own kernels.

Three children hold the submission, the naive version (the solution, built alike) and the engine, pinned to one processor; only
the one whose turn it is runs, the others are stopped, so that none can slow another down. The grader reads the clock:

    from sending the inputs until the last byte of the outputs is back,  less what the same transfer takes without any work

It is the clock of the processor's time that the child took, all threads together, which the kernel keeps and who else is on the
machine does not touch; where there is none, that on the wall.
Inputs are fresh for every call. The fastest of REPEATS rounds counts, the three taking turns in each. What came back in the timed
calls is compared, after all children are dead, with what the engine gives here; one wrong number and there is no time.
"""

import contextlib
import dataclasses
import math
import os
import random
import secrets
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netcore.course import build, compare, seeds
from netcore.course.assignment import Assignment, evaluate, load
from netcore.course.case import Case
from netcore.course.manifest import Manifest
from netcore.course.runtime import ENGINE, Runtime
from netcore.course.spawn import Child, ChildEnded, Reply
from netcore.course.stage import Submission

REPEATS = 7
LEAST = 0.02  # of the whole time at least is taken for work, whatever transfer took
_one_at_a_time = threading.Lock()

Row = dict[str, Any]


def cpu_clock(pid: int) -> Callable[[], float]:
    """The processor's time of the last process below this one, where the system tells it; otherwise the time on the wall.

    The number of a process's clock: clock_getcpuclockid(3), and include/linux/posix-timers.h.
    """
    try:
        while below := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            pid = int(below[-1])
        number = (~pid << 3) | 2
        time.clock_gettime(number)
    except (OSError, AttributeError, ValueError):
        return time.perf_counter

    def clock() -> float:
        try:
            return time.clock_gettime(number)
        except OSError:
            return math.inf  # it is gone, and so is its time

    return clock


class Runner:
    """One child, which runs only while it is asked something."""

    def __init__(self, manifest: Manifest, source: str, runtime: Runtime, more: dict[str, Any]) -> None:
        self.child = Child(manifest, source, runtime, manifest.seconds, more)
        self.ended = self.child.failed
        self.clock = cpu_clock(self.child.process.pid)
        self._send("SIGSTOP")

    def _send(self, name: str) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.killpg(self.child.process.pid, getattr(signal, name))

    def timed(self, case: Case, seconds: float) -> tuple[Reply, float]:
        """The reply, and the seconds that it took until it was complete."""
        if self.ended is not None:
            return self.ended, math.inf
        self._send("SIGCONT")
        began = self.clock()
        try:
            reply = self.child.run(case, seconds)
        except ChildEnded as error:
            reply = self.ended = Reply(error.status, str(error))
        took = self.clock() - began
        self._send("SIGSTOP")
        return reply, took if reply.status == "ok" else math.inf

    def close(self) -> None:
        self._send("SIGCONT")
        self.child.close()


def race(assignment: Assignment, submission: Submission, key: bytes | None, runtime: Runtime) -> list[Row]:
    """One row for each race of the manifest: status, seconds, and the multiples where it is right."""
    with _one_at_a_time:
        manifest, engine = assignment.manifest, (assignment.folder / "engine.py").read_text(encoding="utf-8")
        own, naive = (build.built(manifest, source, runtime) for source in (submission.source, assignment.solution))
        library = dataclasses.replace(manifest, file="engine.py", packages=("numpy", "safetensors"), netcore=(ENGINE,))
        cpu = {"cpu": random.choice(sorted(os.sched_getaffinity(0)))} if hasattr(os, "sched_getaffinity") else {}
        given = {
            "own": (manifest, submission.source, own.setup),
            "naive": (manifest, assignment.solution, naive.setup),
            "engine": (library, engine, {"trusted": True}),
        }
        runners: dict[str, Runner] = {}
        with contextlib.ExitStack() as closing:  # each is closed, whatever becomes of the others
            for who, (what, source, more) in given.items():
                runners[who] = Runner(what, source, runtime, {**more, **cpu})
                closing.callback(runners[who].close)
            key = key or secrets.token_bytes(32)
            run = [_run(assignment, name, runners, key, submission.sha256) for name in manifest.races]
        module = load(engine, "engine.py")
        return [_row(assignment, name, module, *each) for name, each in zip(manifest.races, run, strict=True)]


def _run(assignment: Assignment, name: str, runners: dict[str, Runner], key: bytes, digest: str) -> tuple[list[tuple[Case, Reply]], dict[str, float]]:
    """All rounds of one race: what the submission answered, and the best time of each."""
    ask: Callable[..., None] = getattr(assignment.checks, f"race_{name}")
    answers, best = [], dict.fromkeys((*runners, "transfer"), math.inf)
    for number in range(REPEATS):
        case = Case()
        ask(case, seeds.generator(key, assignment.manifest.name, f"race {name}", digest, number))
        turns = [("own", case), ("naive", case), ("engine", case), ("transfer", _nothing(case))]
        for who, asked in turns[number % 4 :] + turns[: number % 4]:
            reply, took = runners["engine" if who == "transfer" else who].timed(asked, assignment.manifest.case_seconds)
            best[who] = min(best[who], took)
            if who == "own":
                answers.append((case, reply))
    return answers, best


def _nothing(case: Case) -> Case:
    """The same arrays there and as many back, and no work between."""
    empty = Case()
    empty.arrays = case.arrays
    for output in case.outputs:
        empty.output(output.name, empty.call("nothing", output.shape), output.shape, output.dtype)
    return empty


def _row(assignment: Assignment, name: str, engine: dict[str, Any], answers: list[tuple[Case, Reply]], best: dict[str, float]) -> Row:
    title = (getattr(assignment.checks, f"race_{name}").__doc__ or name).strip()
    row: Row = {"id": name, "name": title, "status": "ok"}
    for case, reply in answers:
        if (status := reply.status if reply.status != "ok" else _status(case, reply, engine)) != "ok":
            return row | {"status": status}
    net = {who: max(best[who] - best["transfer"], LEAST * best[who]) for who in ("own", "naive", "engine")}
    if not all(math.isfinite(seconds) for seconds in net.values()):
        return row | {"status": "timeout"}
    row |= {f"{who}_s": round(seconds, 7) for who, seconds in net.items()}
    return row | {"times_naive": round(net["naive"] / net["own"], 3), "times_engine": round(net["engine"] / net["own"], 3)}


def _status(case: Case, reply: Reply, engine: dict[str, Any]) -> str:
    """'ok' where every output of a timed call is right."""
    expected, single = evaluate(engine, case, double=True), evaluate(engine, case)
    for output, got, want, rough in zip(case.outputs, reply.arrays, expected, single, strict=True):
        status, _ = compare.wrong(output, got, want, compare.tolerance(output, want, rough))
        if status:
            return status
    return "ok"


def overall(rows: list[Row]) -> dict[str, float]:
    """The geometric means of the multiples; nothing unless all races were run."""
    if not rows or any(row["status"] != "ok" for row in rows):
        return {}
    return {which: round(math.exp(sum(math.log(row[which]) for row in rows) / len(rows)), 3) for which in ("times_naive", "times_engine")}
