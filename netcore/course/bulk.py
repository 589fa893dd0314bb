"""Grade many submissions: through any executor, each result written when it is there, nothing graded twice.

results.jsonl gets one line per submission. A line whose (submission, assignment, grader) is what would be graded again is
kept and the work skipped; so an interrupted run goes on where it stopped, and a line that was cut off is done again.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from netcore.course import worker
from netcore.course.assignment import Assignment
from netcore.course.grade import grade
from netcore.course.results import SCHEMA, Record
from netcore.course.stage import ZIP_BYTES, regular, stage
from netcore.errors import DataError, NetcoreError
from netcore.version import __version__


class Bulk:
    """What a worker needs; made once per process, and picklable so that an executor may send it."""

    def __init__(self, folder: Path, key: bytes | None, allow_tier_0: bool = False) -> None:
        self.folder, self.key, self.allow_tier_0 = folder, key, allow_tier_0

    def __call__(self, path: str) -> Record:
        return grade_path(worker.assignment(self.folder), path, key=self.key, runtime=worker.runtime(), allow_tier_0=self.allow_tier_0)


def grade_path(assignment: Assignment, path: str | Path, **options: Any) -> Record:
    """The record of what lies at a path; a submission that cannot be read scores 0 and says why.
    A fault of ours, whatever it is, is one submission's infra_error and not the end of the others."""
    name = Path(path).name.encode(errors="replace").decode()  # tables and pages are written in UTF-8, and names need not be
    try:
        mark = fingerprint(path, assignment)
        try:
            submission = stage(path, assignment)
        except NetcoreError as error:
            return {"submission": name, **_unreadable(assignment, str(error), mark)}
        return {"submission": name, **grade(assignment, submission, **options), "fingerprint": mark}
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        return {"submission": name, "schema": SCHEMA, "assignment": assignment.manifest.name, "state": "infra_error", "message": said}


def _unreadable(assignment: Assignment, message: str, mark: str) -> Record:
    manifest = assignment.manifest
    tests = [
        {"id": f"{t.id}.{kind}", "task": t.id, "name": t.title, "hidden": kind == "hidden", "max_points": round(t.share(kind == "hidden"), 4)}
        | {"points": 0.0, "status": "missing", "passed": 0, "total": count, "message": "" if kind == "hidden" else message, "mistake": ""}
        for kind in ("visible", "hidden")
        for t in manifest.tasks
        if (count := t.hidden if kind == "hidden" else t.visible)
    ]
    return {
        "schema": SCHEMA,
        "assignment": manifest.name,
        "assignment_version": manifest.version,
        "grader_version": __version__,
        "sha256": "",
        "state": "graded",
        "score": 0.0,
        "max_score": manifest.points,
        "message": message,
        "tests": tests,
        "fingerprint": mark,
    }


def fingerprint(path: str | Path, assignment: Assignment) -> str:
    """Changes when what is graded does: the contents of the files that `stage` would look at."""
    path, total = Path(path), hashlib.sha256()
    for each in [path / name for name in (assignment.manifest.file, assignment.manifest.notebook)] if path.is_dir() else [path]:
        try:
            data = regular(each, ZIP_BYTES)
        except DataError:
            data = b"too large"
        total.update(b"-" if data is None else hashlib.sha256(data).digest())
    return total.hexdigest()


def identity(assignment: Assignment, key: bytes | None) -> str:
    """Changes when the same submission would be graded otherwise: the assignment's files, the grader, the key."""
    parts = [__version__.encode(), hashlib.sha256(key or b"").digest(), _grader()]
    parts += [path.read_bytes() for path in sorted(assignment.folder.glob("*.*")) if path.is_file()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@functools.cache
def _grader() -> bytes:
    """The grader's own sources: one that was mended grades again."""
    home = Path(__file__).parent
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted([*home.glob("*.py"), *home.glob("inside/*.py")]))).digest()


def grade_many(
    paths: Iterable[str | Path],
    assignment: Assignment,
    *,
    key: bytes | None = None,
    out: str | Path | None = None,
    executor: concurrent.futures.Executor | None = None,
    jobs: int | None = None,
    allow_tier_0: bool = False,
    told: Callable[[Record, bool], None] | None = None,
) -> list[Record]:
    """The records in the order of `paths`. `told(record, skipped)` hears of each. Uses nothing of the executor but `submit`."""
    chosen, mark = [str(path) for path in paths], identity(assignment, key)
    known = {r["path"]: r for r in read_lines(out) if r.get("identity") == mark and r["state"] == "graded"} if out else {}
    done: dict[str, Record] = {}
    for path in chosen:
        absolute = os.path.abspath(path)
        if absolute in known and known[absolute].get("fingerprint") == fingerprint(path, assignment):
            done[path] = known[absolute]
            if told:
                told(done[path], True)
    own = concurrent.futures.ThreadPoolExecutor(jobs or os.cpu_count() or 1) if executor is None else None
    pool: Any = own or executor
    work = Bulk(assignment.folder, key, allow_tier_0)
    try:
        waiting = {pool.submit(work, path): path for path in dict.fromkeys(chosen) if path not in done}
        with open(out, "a", encoding="utf-8") if out else open(os.devnull, "a") as file:
            if file.tell() and out and not Path(out).read_bytes().endswith(b"\n"):
                file.write("\n")  # a line that was cut off stays one line
            for future in concurrent.futures.as_completed(waiting):
                path = waiting[future]
                record = {**future.result(), "path": os.path.abspath(path), "identity": mark}
                file.write(json.dumps(record, ensure_ascii=True) + "\n")
                file.flush()
                done[path] = record
                if told:
                    told(record, False)
    finally:
        if own:
            own.shutdown(cancel_futures=True)
    return [done[path] for path in chosen]


def read_lines(path: str | Path) -> Iterator[Record]:
    """The records of a results file, the last one of each submission; lines that are no records are passed over."""
    found: dict[str, Record] = {}
    if Path(path).exists():
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
                found[record["path"]] = record
            except (ValueError, KeyError, TypeError):
                continue
    yield from found.values()


def merged(paths: Iterable[str | Path]) -> list[Record]:
    """The records of several results files, such as those of all shards, each submission once: a grade before none, then the later one."""
    found: dict[str, Record] = {}
    for path in paths:
        for record in read_lines(path):
            before = found.get(record["path"])
            if before is None or record["state"] == "graded" or before["state"] != "graded":
                found[record["path"]] = record
    return list(found.values())
