"""Run as a program, like red_team.py: every attack of attacks_cython.txt on a small assignment in Cython; one JSON line per attack.

`python -m tests.course.red_team_cython FOLDER NAMES [UID]`, NAMES with commas between.
"""

import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path

from netcore.course import build, grade, results, runtime, scaffold, seeds, stage
from netcore.course.assignment import Assignment
from tests.course import attacks, red_team


def main() -> None:
    folder, names = Path(sys.argv[1]), sys.argv[2].split(",")
    if len(sys.argv) > 3:
        os.setgroups([])
        os.setresgid(*[int(sys.argv[3])] * 3)
        os.setresuid(*[int(sys.argv[3])] * 3)
    os.umask(0o022)
    tempfile.tempdir = str(folder)
    scaffold.make("task", folder / "task")
    (folder / "task" / "solution.py").rename(folder / "task" / "solution.pyx")
    text = (folder / "task" / "assignment.toml").read_text()
    (folder / "task" / "assignment.toml").write_text(text.replace('"task.py"', '"task.pyx"'))
    patient, assignment = Assignment(folder / "task"), Assignment(folder / "task")
    assignment.manifest = dataclasses.replace(assignment.manifest, case_seconds=0.5, seconds=1.0, build_seconds=8.0)
    out, secret = folder / "results.json", folder / "key.txt"
    seeds.make_key(secret)
    package = Path(build.__file__).parents[1]
    aims = {"results": out, "secret": secret, "package": package, "solution": package / "course/assignments/kernels/solution.pyx"}
    sources = attacks.sources("attacks_cython.txt", **{name: str(path) for name, path in aims.items()})

    with runtime.Runtime() as tree:

        def graded(source: str, by: Assignment, key: bytes | None = red_team.KEY) -> dict:
            submission = stage.Submission(source, seeds.digest(source.encode()), "task.pyx")
            return grade.grade(by, submission, key=key, runtime=tree)

        first = graded(patient.solution, patient)
        build.module(assignment.manifest, build.PROBE, tree)
        print(json.dumps({"name": "control", "record": first, "left": [], "next": 2, "results_ok": True, "key": secret.read_text()}), flush=True)
        for name in names:
            before = {path for path in red_team.seen(folder) if "/built/" not in path}
            record = graded(sources[name], assignment)
            results.write(out, record)
            ok = json.loads(out.read_text()) == record and not out.is_symlink()
            out.unlink()
            left = sorted(path for path in red_team.seen(folder) - before if "/built" not in path)
            after = graded(patient.solution, patient, None)["score"]
            print(json.dumps({"name": name, "record": record, "left": left, "results_ok": ok, "next": after}), flush=True)


if __name__ == "__main__":
    main()
