"""Grade 300 synthetic submissions (right, wrong, crashing, hanging, malicious), kill the grader half-way, start it again.

    python tools/load_course.py [COUNT] [threads|processes|mpi]

Checks that every submission gets its grade and that none is graded twice or lost; prints seconds per submission, the grader's memory,
and how many processes and run-time trees are left. `mpi` needs the extra of this name: one rank hands out the work, the other does it.
"""

import concurrent.futures
import json
import os
import resource
import shutil
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


def grade(folder: Path, out: Path, how: str) -> None:
    """All of them, through the executor asked for; beside the results the memory of this process after each."""
    paths, memory = sorted(str(path) for path in folder.iterdir()), []

    def told(record: bulk.Record, skipped: bool) -> None:
        if not skipped:
            memory.append(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20)

    def through(executor: concurrent.futures.Executor | None) -> None:
        bulk.grade_many(paths, LAYERS, key=KEY, out=out, executor=executor, jobs=2, told=told)

    if how == "mpi":
        from mpi4py.futures import MPIPoolExecutor

        with MPIPoolExecutor() as executor:
            through(executor)
    elif how == "processes":
        with concurrent.futures.ProcessPoolExecutor(2) as executor:
            through(executor)
    else:
        through(None)
    out.with_suffix(".memory").write_text(json.dumps(memory))


def start(*given: object) -> "subprocess.Popen[bytes]":
    """A grader in a process of its own; with `mpi` one of two ranks, the other works."""
    *_, how = given
    ranks = [shutil.which("mpiexec") or "mpiexec", "-n", "2"] if how == "mpi" else []
    futures = ["-m", "mpi4py.futures"] if how == "mpi" else []
    return subprocess.Popen([*ranks, sys.executable, *futures, __file__, *map(str, given)], start_new_session=True)


def check(records: list[bulk.Record]) -> Counter[str]:
    """The right grade for every one."""
    seen: Counter[str] = Counter()
    wrong = {r.get("score") for r in records if "-wrong" in r["submission"]} | {0.0}
    for r in records:
        kind = r["submission"].split("-")[1].removesuffix(".py")
        wanted = (KINDS | {"hanging": HANGS})[kind][1]
        right = r["state"] == "graded" and (r["score"] == wanted if wanted is not None else 0 < r["score"] < 50)
        assert right, (r["submission"], r.get("score"), r.get("message"))
        seen[kind] += 1
    assert len(wrong) == 2 or len(records) < 8, wrong
    return seen


def main() -> None:
    if len(sys.argv) == 4:  # a grader
        grade(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
        return
    count, how = int(sys.argv[1]) if len(sys.argv) > 1 else 300, sys.argv[2] if len(sys.argv) > 2 else "threads"
    with tempfile.TemporaryDirectory() as base:
        folder, out = Path(base, "in"), Path(base, "results.jsonl")
        os.chmod(base, 0o755)
        os.environ["TMPDIR"] = base
        make(folder, count)
        began, used = time.monotonic(), os.times()
        first = start(folder, out, how)
        while sum(1 for _ in bulk.read_lines(out)) < count // 2:
            assert first.poll() is None, "the grader that was to be killed ended by itself"
            time.sleep(0.2)
        first.kill()
        first.wait()
        kept = sum(1 for _ in bulk.read_lines(out))
        print(f"killed after {kept} of {count}, {time.monotonic() - began:.0f} s", flush=True)
        assert start(folder, out, how).wait() == 0
        seconds = time.monotonic() - began
        cpu = sum(os.times()[2:4]) - sum(used[2:4])
        records = list(bulk.read_lines(out))
        seen = check(records)
        lines = [json.loads(line)["submission"] for line in out.read_text().splitlines() if line.endswith("}")]
        assert sorted(lines) == sorted(path.name for path in folder.iterdir()), "something was graded twice or lost"
        memory = json.loads(out.with_suffix(".memory").read_text())
        left = subprocess.run(["pgrep", "-f", "course/inside/main.py"], capture_output=True, text=True, check=False).stdout.split()
        trees = [path.name for path in Path(base).glob("*netcore-course-*")]
        few, half = memory[min(9, len(memory) - 1)], memory[len(memory) // 2]
        beside = "one" if how == "mpi" else "two"
        print(f"{count} submissions in {seconds:.0f} s, {seconds / count:.2f} s each, {beside} at a time ({how}); kinds: {dict(seen)}")
        print(f"{cpu / count:.2f} s of processor time each; graded before and after the kill: {kept} + {count - kept}")
        print(f"the grader's memory in MB after 10 submissions, half of them and all: {few}, {half}, {memory[-1]}")
        print(f"processes left: {len(left)}; run-time trees left: {len(trees)}")


if __name__ == "__main__":
    main()
