"""Grade one submission: all visible cases in one child, all hidden ones in another, judged when both are dead.

A crash ends its case and its child; the next case gets a fresh one. A visible test never earns a larger share than its hidden
test does: numbers that are right for the published cases alone are worth nothing.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from netcore.course import build, hints, race
from netcore.course.assignment import Assignment
from netcore.course.case import Case
from netcore.course.compare import Judgement, judge
from netcore.course.inside import sandbox
from netcore.course.manifest import Task
from netcore.course.results import SCHEMA, Record
from netcore.course.runtime import Runtime
from netcore.course.spawn import Child, ChildEnded, InfraError, Reply
from netcore.course.stage import Submission
from netcore.errors import NetcoreError
from netcore.version import __version__

CRASHES = 2  # in one test, after which its other cases are not tried


@dataclass
class Group:
    """The cases that one kind of child ran, and what came back."""

    replies: dict[str, list[Reply]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    printed: str = ""
    unimportable: Reply | None = None
    cpu_s: float = 0.0
    maxrss_mb: float = 0.0


def grade(
    assignment: Assignment,
    submission: Submission,
    *,
    key: bytes | None = None,
    runtime: Runtime | None = None,
    tasks: list[str] | None = None,
    allow_tier_0: bool = False,
    races: bool = True,
) -> Record:
    """The record of this submission. Without a key the hidden tests stay pending. Any fault of ours gives state infra_error and no score.
    Where all is right and the assignment has `races`, they are run, and the record has a leaderboard."""
    record = {
        "schema": SCHEMA,
        "assignment": assignment.manifest.name,
        "assignment_version": assignment.manifest.version,
        "grader_version": __version__,
        "sha256": submission.sha256,
        "came_as": submission.came_as,
    }
    own = Runtime(boxed=key is not None) if runtime is None else None
    began = time.monotonic()
    try:
        sandbox.undumpable()
        chosen = [task for task in assignment.manifest.tasks if not tasks or task.id in tasks]
        tests, isolation, printed = _graded(assignment, submission, key, own or runtime, chosen, allow_tier_0)
        score = round(sum(test["points"] for test in tests), 4)
        record |= {
            "state": "graded",
            "score": score,
            "max_score": round(sum(task.points for task in chosen), 4),
            "pending": round(sum(t["max_points"] for t in tests if t["status"] == "pending"), 4),
            "isolation": isolation,
            "tests": tests,
            "printed": printed,
        }
        if races and assignment.manifest.races and not tasks and all(test["status"] in ("ok", "pending") for test in tests):
            record |= _raced(assignment, submission, key, own or runtime)
    except (InfraError, NetcoreError, OSError, MemoryError) as error:
        record |= {"state": "infra_error", "message": f"{type(error).__name__}: {error}"}
    finally:
        if own is not None:
            own.close()
    return record | {"seconds": round(time.monotonic() - began, 3)}


def _raced(assignment: Assignment, submission: Submission, key: bytes | None, runtime: Any) -> Record:
    """The leaderboard; a race that cannot be held takes nothing from the grade."""
    try:
        return {"leaderboard": race.race(assignment, submission, key, runtime)}
    except (InfraError, NetcoreError, OSError) as error:
        return {"leaderboard_message": f"{type(error).__name__}: {error}"}


def _graded(
    assignment: Assignment, submission: Submission, key: bytes | None, runtime: Any, tasks: list[Task], allow_tier_0: bool
) -> tuple[list[Record], dict[str, Any], str]:
    """Run both groups, then judge both."""
    groups: dict[bool, tuple[dict[str, list[Case]], Group]] = {}
    for hidden in (False, True) if key else (False,):
        cases = {task.id: assignment.cases(task, key if hidden else None, submission.sha256) for task in tasks}
        before = groups[False][1] if hidden else Group()
        group = _failed(before, cases) if before.unimportable else _run(assignment, submission.source, cases, runtime)
        if hidden and group.facts.get("tier", 0) < 1 and not allow_tier_0:
            raise InfraError("hidden tests need isolation of tier 1 or better; this machine has tier 0 (allow it with --allow-tier-0)")
        groups[hidden] = (cases, group)
    tests: list[Record] = []
    for task in tasks:
        shares: dict[bool, float] = {}
        for hidden in (True, False):
            if not (task.hidden if hidden else task.visible):
                continue
            test: Record = {"id": f"{task.id}.{'hidden' if hidden else 'visible'}", "task": task.id, "name": task.title, "hidden": hidden}
            test["max_points"] = round(task.share(hidden), 4)
            if hidden not in groups:
                tests.append(test | {"points": 0.0, "status": "pending", "passed": 0, "total": task.hidden, "message": ""})
                continue
            cases_of, group = groups[hidden]
            judged = _judge(assignment, task.id, cases_of[task.id], group.replies[task.id], hidden)
            passed, total = sum(j.status == "ok" for j in judged), len(judged)
            shares[hidden] = passed / total
            points = task.share(hidden) * min(shares.values())
            status = next((j.status for j in judged if j.status != "ok"), "ok")
            test |= {"points": round(points, 4), "status": status, "passed": passed, "total": total}
            test |= _told(judged, cases_of[task.id], hidden, whole=group.unimportable is not None)
            tests.append(test | {"cpu_s": round(group.cpu_s, 3), "maxrss_mb": round(group.maxrss_mb, 1)})
    _say_what_comes_first(assignment, tests, groups[False][0])
    isolation = min((group.facts for _, group in groups.values() if group.facts), key=lambda facts: facts["tier"], default={})
    return sorted(tests, key=lambda t: t["hidden"]), isolation, groups[False][1].printed


def _told(judged: list[Judgement], cases: list[Case], hidden: bool, whole: bool) -> Record:
    """What the student is told: for a visible test the first failure in words, for a hidden test nothing but its status."""
    if hidden:
        return {"message": "", "mistake": ""}
    for case, each in zip(cases, judged, strict=True):
        if each.status != "ok":
            return {
                "message": each.message if whole else f"{case.title}: {each.message}",
                "mistake": each.mistake or next((j.mistake for j in judged if j.mistake), ""),
            }
    return {"message": "", "mistake": ""}


def _say_what_comes_first(assignment: Assignment, tests: list[Record], cases: dict[str, list[Case]]) -> None:
    """What follows from a task that is not right yet is said to."""
    wrong = {test["task"]: test for test in tests if not test["hidden"] and test["status"] not in ("ok", "pending")}
    for task, test in wrong.items():
        if test["message"] and not test["mistake"] and (first := hints.first(assignment.uses, task, cases[task], set(wrong))):
            title = next(each.title for each in assignment.manifest.tasks if each.id == first)
            test["message"] = (
                f"{test['message']}{'' if test['message'].endswith('?') else '.'} It builds on {title!r}, which is not right yet: mend that first"
            )


def _judge(assignment: Assignment, task: str, cases: list[Case], replies: list[Reply], hidden: bool) -> list[Judgement]:
    """All cases of a test; a mistake is looked for until one is found."""
    judged: list[Judgement] = []
    for case, reply in zip(cases, replies, strict=True):
        judged.append(judge(assignment, task, case, reply, explain=not hidden and not any(j.mistake for j in judged)))
    return judged


def _failed(before: Group, cases: dict[str, list[Case]]) -> Group:
    """What cannot be imported need not be tried again for the hidden cases."""
    reply = before.unimportable or Reply("exception")
    return Group({task: [reply] * len(asked) for task, asked in cases.items()}, before.facts, unimportable=reply)


def _run(assignment: Assignment, source: str, cases: dict[str, list[Case]], runtime: Runtime) -> Group:
    """Ask all cases, with a fresh child after each crash; when this returns, no process is left."""
    group, manifest = Group(), assignment.manifest
    built = build.built(manifest, source, runtime)
    if built.failed is not None:
        return _failed(Group(facts=built.facts, unimportable=built.failed), cases)
    end = time.monotonic() + manifest.seconds
    child: Child | None = None
    try:
        for task, asked in cases.items():
            group.replies[task], crashes = [], 0
            for case in asked:
                left = end - time.monotonic()
                if crashes >= CRASHES:
                    group.replies[task].append(group.replies[task][-1])
                    continue
                if left <= 0:
                    group.replies[task].append(Reply("timeout", "the time of the whole submission is up"))
                    continue
                if child is None:
                    child = Child(manifest, source, runtime, left, built.setup)
                    group.facts = group.facts or child.facts | {"tier": min(child.facts["tier"], built.facts.get("tier", 3))}
                if child.failed is not None:
                    group.unimportable = child.failed
                    group.replies[task].append(Reply(child.failed.status, child.failed.message))
                    continue
                try:
                    group.replies[task].append(child.run(case, manifest.case_seconds))
                except ChildEnded as error:
                    crashes += 1
                    group.replies[task].append(Reply(error.status, str(error)))
                    _end(child, group)
                    child = None
    finally:
        if child is not None:
            _end(child, group)
    return group


def _end(child: Child, group: Group) -> None:
    cpu, memory = child.close()
    group.cpu_s += cpu
    group.maxrss_mb = max(group.maxrss_mb, memory)
    text = child.printed.decode(errors="replace")
    group.printed = (group.printed + "".join(c if c.isprintable() or c == "\n" else " " for c in text))[:4000]
