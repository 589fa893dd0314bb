"""Grade 300 synthetic submissions (right, wrong, crashing, hanging, malicious), kill the grader half-way, start it again.

    python tools/load_course.py [COUNT] [threads|processes|mpi]

Checks that every submission gets its grade, that none is graded twice or lost, that no process or folder is left and that the
grader's memory stays flat; prints seconds per submission. With `mpi`: mpiexec -n 2 python -m mpi4py.futures tools/load_course.py 60 mpi
"""

import concurrent.futures
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from netcore.course import assignment, bulk, handout

KEY = bytes(range(32))
LAYERS = assignment.find("layers")
KINDS = {
    "right": (LAYERS.solution, 50.0),
    "wrong": (LAYERS.solution.replace("db = dy.sum(axis=0)", "db = dy.mean(axis=0)"), None),
    "untouched": (handout.with_gaps(LAYERS.source), 0.0),
    "crashing": ("import ctypes\nctypes.string_at(0)\n", 0.0),
    "exits": (LAYERS.solution.replace("y = np.maximum(x, 0)", "__import__('os')._exit(0)"), None),
    "forking": ("import os\nwhile True:\n    os.fork()\n", 0.0),
    "printing": (LAYERS.solution + "\nimport os\nfor _ in range(200):\n    os.write(1, b'x' * 65536)\n", 50.0),
    "hungry": ("import numpy as np\nkeep = []\nwhile True:\n    keep.append(np.ones(4_000_000))\n", 0.0),
}
HANGS = ("while True:\n    try:\n        while True: pass\n    except BaseException: pass\n", 0.0)  # one in fifty: each costs its ten seconds


def make(folder: Path, count: int) -> list[str]:
    """`count` files, all different, so that all have seeds of their own."""
    folder.mkdir(exist_ok=True)
    names = list(KINDS)
    for i in range(count):
        kind = "hanging" if i % 50 == 25 else names[i % len(names)]
        source = (KINDS | {"hanging": HANGS})[kind][0]
        (folder / f"{i:04d}-{kind}.py").write_text(source + f"\n# student {i}\n")
    return sorted(str(path) for path in folder.iterdir())


def grade(folder: Path, out: Path, how: str) -> list[bulk.Record]:
    """All of them, through the executor asked for."""
    paths = sorted(str(path) for path in folder.iterdir())
    if how == "mpi":
        from mpi4py.futures import MPIPoolExecutor

        with MPIPoolExecutor() as executor:
            return bulk.grade_many(paths, LAYERS, key=KEY, out=out, executor=executor)
    if how == "processes":
        with concurrent.futures.ProcessPoolExecutor(2) as executor:
            return bulk.grade_many(paths, LAYERS, key=KEY, out=out, executor=executor)
    return bulk.grade_many(paths, LAYERS, key=KEY, out=out, jobs=2)


def check(records: list[bulk.Record]) -> Counter[str]:
    """The right grade for every one."""
    seen: Counter[str] = Counter()
    wrong = {r["score"] for r in records if "-wrong" in r["submission"]} | {0.0}
    for r in records:
        kind = r["submission"].split("-")[1].removesuffix(".py")
        wanted = (KINDS | {"hanging": HANGS})[kind][1]
        right = r["state"] == "graded" and (r["score"] == wanted if wanted is not None else 0 < r["score"] < 50)
        assert right, (r["submission"], r.get("score"), r.get("message"))
        seen[kind] += 1
    assert len(wrong) == 2 or len(records) < 8, wrong
    return seen


def main() -> None:
    count, how = int(sys.argv[1]) if len(sys.argv) > 1 else 300, sys.argv[2] if len(sys.argv) > 2 else "threads"
    if len(sys.argv) > 3:  # the grader that will be killed
        grade(Path(sys.argv[3]), Path(sys.argv[4]), how)
        return
    with tempfile.TemporaryDirectory() as base:
        folder, out = Path(base, "in"), Path(base, "results.jsonl")
        make(folder, count)
        began, kept = time.monotonic(), 0
        if how != "mpi":
            first = subprocess.Popen([sys.executable, __file__, str(count), how, str(folder), str(out)], start_new_session=True)
            while sum(1 for _ in bulk.read_lines(out)) < count // 2:
                assert first.poll() is None, "the grader that was to be killed ended by itself"
                time.sleep(0.2)
            os.killpg(first.pid, signal.SIGKILL) if how == "processes" else first.kill()
            first.wait()
            kept = sum(1 for _ in bulk.read_lines(out))
            print(f"killed after {kept} of {count}, {time.monotonic() - began:.0f} s")
        records = grade(folder, out, how)
        seconds = time.monotonic() - began
        seen = check(records)
        lines = [json.loads(line)["submission"] for line in out.read_text().splitlines() if line.endswith("}")]
        assert sorted(lines) == sorted(r["submission"] for r in records), "something was graded twice or lost"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        left = subprocess.run(["pgrep", "-f", "course/inside/main.py"], capture_output=True, text=True, check=False).stdout.split()
        print(f"{count} submissions in {seconds:.0f} s, {seconds / count:.2f} s each with two at a time ({how}); kinds: {dict(seen)}")
        print(f"graded before and after the kill: {kept} + {count - kept}; the grader's peak memory {peak:.0f} MB; processes left: {len(left)}")


if __name__ == "__main__":
    main()
