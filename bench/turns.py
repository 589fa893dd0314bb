"""Engines in processes of their own, asked in turns, so that what the machine does meanwhile strikes all of them alike.

One turn is a block of calls of each engine, one after the other; what the arithmetic gives is measured just before and just
after netcore's. A ratio is taken within a turn, the share of the roofline too; the median over the turns is reported, and the
spread beside it.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Engine:
    """A peer in its process."""

    def __init__(self, peer: str, threads: int) -> None:
        environment = os.environ | {
            "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "JAX_PLATFORMS": "cpu",
        }  # fmt: skip
        self.peer = peer
        self.remarks = tempfile.TemporaryFile()  # noqa: SIM115, what it writes to standard error; closed in close()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", peer, str(threads)], cwd=ROOT, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.remarks, text=True,
        )  # fmt: skip

    def ask(self, *request: Any) -> Any:
        """Its answer; a dict with 'error' where it failed or died."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except (BrokenPipeError, ValueError):  # it died
            line = ""
        return json.loads(line) if line else {"error": f"{self.peer} died with exit code {self.process.wait()}{self._last_words()}"}

    def _last_words(self) -> str:
        self.remarks.seek(0)
        lines = self.remarks.read().decode(errors="replace").split("\n")
        return next((f": {line.strip()[:200]}" for line in reversed(lines) if line.strip()), "")

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self.process.wait()
        self.remarks.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def error_of(answer: Any) -> str | None:
    return answer["error"] if isinstance(answer, dict) and "error" in answer else None


def in_turns(peers: list[str], threads: int, kind: str, case: str, turns: int, seconds: float) -> dict[str, Any]:
    """{peer: {'seconds': [a number a turn]} or {'error': …}}, netcore among the peers, with 'flops' beside: FLOP/s of that turn."""
    found: dict[str, Any] = {}
    engines = {peer: Engine(peer, threads) for peer in peers}
    try:
        for peer, engine in engines.items():
            error = error_of(engine.ask("build", kind, case))
            found[peer] = {"error": error} if error else {"seconds": []}
        for _ in range(turns):
            for peer, engine in engines.items():
                if "error" in found[peer]:
                    continue
                before = engine.ask("peak") if peer == "netcore" else 0.0
                answer = engine.ask("time", seconds)
                if error := error_of(answer):
                    found[peer] = {"error": error}
                    continue
                found[peer]["seconds"].append(answer)
                if peer == "netcore":
                    found[peer].setdefault("flops", []).append(max(before, engine.ask("peak")))
    finally:
        for engine in engines.values():
            engine.close()
    return found


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """Median seconds of each, the fastest other engine, and the ratios to it: turn by turn, and their median."""
    medians = {peer: statistics.median(one["seconds"]) for peer, one in found.items() if one.get("seconds")}
    others = {peer: value for peer, value in medians.items() if peer != "netcore"}
    result: dict[str, Any] = {"median": medians, "errors": {peer: one["error"] for peer, one in found.items() if "error" in one}}
    if "netcore" in medians and others:
        fastest = min(others, key=others.__getitem__)
        ratios = [a / b for a, b in zip(found[fastest]["seconds"], found["netcore"]["seconds"], strict=True)]
        result |= {"fastest": fastest, "ratios": ratios, "ratio": statistics.median(ratios), "spread": [min(ratios), max(ratios)]}
    return result
