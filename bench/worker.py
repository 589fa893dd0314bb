"""One engine in a process of its own, which waits to be asked:  python -m bench.worker PEER THREADS

Each line on standard input is a JSON list: what to do and with what; each answer is a line of JSON.
    ["build", kind, case]    make the subject ('step' or 'infer' of a row of the zoo, a 'kernel')
    ["time", seconds]        run it for so long; seconds a call
    ["memory", kind, case]   peak memory of building it and of three calls, beyond what stood before, in bytes; the engine has met
                             every kind of layer then, so that parts of it which load late do not count
    ["roofline"]             netcore only: FLOP/s and bytes/s that this machine gives
    ["peak"]                 netcore only: FLOP/s alone, at this moment
    ["where", kind, case, roofline]   netcore only: what of a row takes longest (bench/where.py)
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.zoo import BY_NAME as ROWS
from bench.zoo import TOUCH


def subject(module: Any, peer: str, kind: str, case: str) -> Callable[[], Any]:
    """The call that is measured."""
    if kind == "kernel":
        from bench.kernels import BY_NAME, calls

        return calls(BY_NAME[case])[peer]()
    made = module.Peer(ROWS[case])
    return made.step if kind == "step" else made.infer


def timed(call: Callable[[], Any], seconds: float) -> float:
    """Seconds a call, over as many calls as fit, at least one."""
    began, count = time.perf_counter(), 0
    while True:
        call()
        count += 1
        elapsed = time.perf_counter() - began
        if elapsed >= seconds:
            return elapsed / count


def resident(field: str) -> int:
    """VmRSS, what is held now, or VmHWM, the most that ever was (or was since it was cleared), in bytes."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
    except (OSError, StopIteration):  # no Linux: the peak of the whole process stands for both
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def peak_of(build: Callable[[], Callable[[], Any]]) -> int:
    """Bytes that three calls, and what they need, hold at their peak beyond what stood before."""
    gc.collect()
    before = resident("VmRSS")
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    call = build()
    for _ in range(3):
        call()
    return resident("VmHWM") - before


def main(peer: str, threads: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-threads:]))
    module = importlib.import_module(f"bench.peers.{peer.replace('-', '_')}")
    module.threads(threads)
    answers = sys.stdout
    call: Callable[[], Any] | None = None
    for line in sys.stdin:
        what, *rest = json.loads(line)
        with contextlib.redirect_stdout(sys.stderr):  # a compiler's remarks are no answer
            try:
                answer = None
                if what == "build":
                    call = None
                    gc.collect()
                    call = subject(module, peer, *rest)
                    for _ in range(3):
                        call()
                elif what == "time":
                    assert call is not None
                    answer = timed(call, *rest)
                elif what == "memory":
                    for row in TOUCH:
                        module.Peer(row).step()
                    answer = peak_of(lambda rest=rest: subject(module, peer, *rest))
                elif what == "versions":
                    answer = module.versions()
                elif what == "roofline":
                    from bench.roofline import measured

                    answer = measured(threads)
                elif what == "peak":
                    from bench.roofline import peak_now

                    answer = peak_now()
                elif what == "where":
                    from bench.where import longest

                    answer = longest(*rest)
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
