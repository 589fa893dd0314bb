"""Run as a program: grade every attack, and after each the solution; print one JSON line per attack.

After each attack another submission is graded, on hidden tests. `python red_team.py FOLDER [UID]`; with a UID the whole grader
runs as that user, as an instructor without root would run it.
"""

import dataclasses
import glob
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from netcore.course import bulk, grade, results, runtime, scaffold, seeds, stage
from netcore.course.assignment import Assignment
from netcore.course.case import Case
from netcore.course.inside.sandbox import NOBODY
from tests.course import attacks, handed_in

KEY = bytes(range(32))


def main() -> None:
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        os.setgroups([])
        os.setresgid(*[int(sys.argv[2])] * 3)
        os.setresuid(*[int(sys.argv[2])] * 3)
    os.umask(0o022)
    tempfile.tempdir = str(folder)
    scaffold.make("task", folder / "task")
    assignment, patient = Assignment(folder / "task"), Assignment(folder / "task")
    assignment.manifest = dataclasses.replace(assignment.manifest, case_seconds=0.5, seconds=1.0)
    [task] = patient.manifest.tasks  # whoever is graded next: hidden cases alone, which take one child, the solution's
    patient.manifest = dataclasses.replace(patient.manifest, tasks=(dataclasses.replace(task, visible=0, hidden=3),))
    out, secret = folder / "results.json", folder / "key.txt"
    seeds.make_key(secret)
    package = Path(grade.__file__).parents[1]
    kernel = next(iter(glob.glob(str(package / "_kernels/*.so"))), "")
    sources = attacks.sources(results=str(out), secret=str(secret), package=str(package), kernel=kernel) | {"hard-coded": hard_coded(assignment)}

    with runtime.Runtime(boxed=len(sys.argv) > 2) as tree:  # root in tier 2; the ordinary user in tier 3, where there is bubblewrap

        def graded(source: str, by: Assignment, key: bytes | None = KEY) -> dict:
            submission = stage.Submission(source, seeds.digest(source.encode()), "task.py")
            return grade.grade(by, submission, key=key, runtime=tree)

        first = graded(patient.solution, patient)
        print(json.dumps({"name": "control", "record": first, "left": [], "next": first["score"], "results_ok": True}), flush=True)
        paths = handed_in.make(folder / "in", patient.solution)
        for name in [*sources, *paths]:
            before, began = seen(folder), time.monotonic()
            record = graded(sources[name], assignment) if name in sources else bulk.grade_path(assignment, paths[name], key=KEY, runtime=tree)
            took = time.monotonic() - began
            results.write(out, record)
            ok = json.loads(out.read_text()) == record and not out.is_symlink()
            out.unlink()
            left = sorted(seen(folder) - before)
            after = graded(patient.solution, patient)["score"]
            print(json.dumps({"name": name, "record": record, "left": left, "results_ok": ok, "next": after, "took": took}), flush=True)


def seen(folder: Path) -> set[str]:
    """All processes that come from our run-time tree (a fork keeps its command line), and all files where something could be left."""
    processes = set()
    for path in glob.glob("/proc/[0-9]*"):
        try:
            words = Path(path, "cmdline").read_bytes().split(b"\0")
            status = Path(path, "stat").read_text().rsplit(")", 1)[1].split()
            ours = str(folder).encode() in b" ".join(words) and path != f"/proc/{os.getpid()}"
            if ours or (status[0] == "Z" and int(status[1]) == os.getpid()):
                processes.add(path)
        except OSError:
            continue
    files = {str(p) for p in folder.rglob("*")} | set(glob.glob("/tmp/full")) | set(glob.glob("/tmp/results*"))
    shared = {path for path in glob.glob("/dev/shm/*") if owner(path) == (NOBODY if os.geteuid() == 0 else os.geteuid()) and "mpich" not in path}
    return processes | files | shared


def owner(path: str) -> int:
    """Whose file it is: attacks run as the grader's user, and under root as nobody; other people's files come and go."""
    try:
        return os.lstat(path).st_uid
    except OSError:
        return -1


def hard_coded(assignment: Assignment) -> str:
    """The right answers to all visible cases, looked up by their inputs."""
    [task] = assignment.manifest.tasks
    table = {}
    for case in assignment.cases(task, None, ""):
        assert isinstance(case, Case)
        x = case.arrays[0]
        table[x.tobytes().hex()] = (assignment.reference["scale"](x).astype(np.float32).tobytes().hex(), x.shape)
    return (
        f"import numpy as np\ntable = {table!r}\ndef scale(x):\n    found = table.get(x.tobytes().hex())\n"
        "    return np.frombuffer(bytes.fromhex(found[0]), np.float32).reshape(found[1]) if found else np.zeros_like(x)\n"
    )


if __name__ == "__main__":
    main()
