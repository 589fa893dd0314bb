"""Are an assignment's checks good enough? They must let the solution through, and nothing that is known to be wrong.

Every variant goes through the same grader as a submission, so what holds here holds for students.
"""

import ast
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from netcore.course import handout, seeds
from netcore.course.assignment import Assignment, Mutant
from netcore.course.grade import grade
from netcore.course.results import Record
from netcore.course.runtime import Runtime
from netcore.course.stage import Submission
from netcore.course.untyped import untyped

KEYS = [bytes([k]) * 32 for k in (1, 2, 3)]
ENOUGH = 15  # mutants


@dataclass(frozen=True)
class Finding:
    """One variant and what was wrong with how it was graded; '' where all is as it should be."""

    variant: str
    wanted: str
    problem: str
    mutant: bool = False


def certify(assignment: Assignment, mutants: bool = True) -> Iterator[Finding]:
    """Controls first, then every mutant."""
    with Runtime() as runtime:

        def graded(source: str, key: bytes, tasks: list[str] | None = None) -> Record:
            submission = Submission(source, seeds.digest(source.encode()), assignment.manifest.file)
            return grade(assignment, submission, key=key, runtime=runtime, tasks=tasks, races=False)

        for number, key in enumerate(KEYS, 1):
            yield Finding(f"solution, seed {number}", "full marks", _full(graded(assignment.solution, key)))
        yield Finding("handout", "0, missing", _nothing(graded(handout.with_gaps(assignment.source), KEYS[0]), {"missing"}))
        yield Finding("zeros", "0", _nothing(graded(zeros(assignment.solution), KEYS[0]), set()))
        if not mutants:
            return
        if len(assignment.mutants) < ENOUGH:
            yield Finding("mutants", f"at least {ENOUGH}", f"there are {len(assignment.mutants)}; at least {ENOUGH} are due")

        def killed(mutant: Mutant) -> Finding:
            record = graded(assignment.mutate(mutant), KEYS[0], [mutant.task])
            return Finding(f"{mutant.task}/{mutant.name}", "killed twice and named", _survives(record, mutant.task, mutant.says), True)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield from pool.map(killed, assignment.mutants)


def zeros(solution: str) -> str:
    """The solution with every function and method returning 0 in the shape of its first argument: wrong, and always an answer."""
    tree = ast.parse(untyped(solution))  # Python, which is Cython too
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            returns = next((each.value for each in ast.walk(node) if isinstance(each, ast.Return)), None)
            count = len(returns.elts) if isinstance(returns, ast.Tuple) else 1
            first = next((a.arg for a in node.args.args if a.arg != "self"), None)
            zero = f"np.zeros_like({first})" if first else "0.0"
            node.body = ast.parse(f"return ({', '.join([zero] * count)})").body
    return "import numpy as np\n" + ast.unparse(tree)


def _full(record: Record) -> str:
    if record["state"] != "graded":
        return str(record["message"])
    failed = [f"{t['id']}: {t['status']} {t['message']}" for t in record["tests"] if t["status"] != "ok"]
    return failed[0] if failed else "" if record["score"] == record["max_score"] else f"{record['score']} of {record['max_score']}"


def _nothing(record: Record, statuses: set[str]) -> str:
    if record["state"] != "graded":
        return str(record["message"])
    earned = [f"{t['id']} earns {t['points']}" for t in record["tests"] if t["points"]]
    other = [f"{t['id']} is {t['status']}" for t in record["tests"] if statuses and t["status"] not in statuses]
    return next(iter(earned + other), "")


def _survives(record: Record, task: str, says: str) -> str:
    if record["state"] != "graded":
        return str(record["message"])
    tests = [t for t in record["tests"] if t["task"] == task]
    if alive := [t["id"] for t in tests if t["status"] == "ok"]:
        return f"{alive[0]} lets it through"
    said = next((t["mistake"] for t in tests if not t["hidden"]), says)
    return "" if said == says else f"it is called {said!r}" if said else "its mistake is not named"
