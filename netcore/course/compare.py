"""Are these numbers right? Shape and dtype are right already; then finite, then within the solution's own noise.

    noise     = max |solution in float32 - solution in float64|     on the same inputs
    tolerance = max(30 · noise, 1e-4 · scale)   (1e-9 for float64)  scale = max |solution in float64|

Matching a mutant's numbers names the mistake.
"""

from dataclasses import dataclass

import numpy as np

from netcore.course import hints
from netcore.course.assignment import Assignment, evaluate
from netcore.course.case import INPUT, Case, Output
from netcore.course.spawn import Reply

NOISE = 30.0
FLOOR = {"float32": 1e-4, "float64": 1e-9, "float": 1e-4, "float16": 1e-2}


@dataclass(frozen=True)
class Judgement:
    """One case: status, and for the student what is wrong in words; `mistake` where it is a known one."""

    status: str
    message: str = ""
    mistake: str = ""


def judge(assignment: Assignment, task: str, case: Case, reply: Reply, *, explain: bool) -> Judgement:
    """Compare what came back with what the solution gives. Only called after the child is dead."""
    if reply.status != "ok":
        return Judgement(reply.status, hints.in_words(reply.message))
    expected, limits = expectation(assignment, case)
    for output, got, want, limit in zip(case.outputs, reply.arrays, expected, limits, strict=True):
        status, message = wrong(output, got, want, limit)
        if status:
            return Judgement(status, message, _mistake(assignment, task, case, reply, limits) if explain else "")
    return Judgement("ok")


def expectation(assignment: Assignment, case: Case) -> tuple[list[np.ndarray], list[float]]:
    """What the solution gives, and how far from it an answer may be; nothing is run where every output has a judge of its own."""
    if all(output.judge for output in case.outputs):
        return [np.zeros(output.shape) for output in case.outputs], [0.0] * len(case.outputs)
    expected, single = assignment.expected(case, double=True), assignment.expected(case)
    return expected, [tolerance(o, e, s) for o, e, s in zip(case.outputs, expected, single, strict=True)]


def tolerance(output: Output, expected: np.ndarray, single: np.ndarray) -> float:
    """The largest absolute difference that is forgiven."""
    scale = float(np.abs(expected).max(initial=0.0))
    if output.rtol is not None:
        return output.rtol * scale
    noise = float(np.abs(single.astype(np.float64) - expected).max(initial=0.0)) if expected.dtype.kind == "f" else 0.0
    return max(NOISE * noise, FLOOR.get(output.dtype, 0.0) * scale)


def wrong(output: Output, got: np.ndarray, expected: np.ndarray, limit: float) -> tuple[str, str]:
    """('', '') where it is right, otherwise a status and a sentence."""
    if got.dtype.kind == "f" and not np.isfinite(got).all():
        where = np.unravel_index(int(np.argmin(np.isfinite(got))), got.shape)
        return "nonfinite", f"{output.name}{_index(where)} is {got[where]}"
    if output.judge is not None:
        said = output.judge(got)
        return ("wrong_value", f"{output.name}: {said}") if said else ("", "")
    error = np.abs(got.astype(np.float64) - expected)
    if not error.size or float(error.max()) <= limit:
        return "", ""
    if output.name.startswith("PhaseError") or output.name.startswith("error"):
        return "wrong_value", f"{output.name}: " + ("an exception was due and did not come" if expected else "no exception was due")
    where = np.unravel_index(int(error.argmax()), got.shape)
    if output.name.endswith(INPUT):
        return (
            "wrong_value",
            f"{output.name} was changed by your code: {_index(where)} was {expected[where]:.6g}, now {got[where]:.6g}. Work on a copy",
        )
    many = f"{int((error > limit).sum())} of {error.size} entries are wrong, worst at " if error.size > 1 else ""
    more = f"; {said}" if (said := hints.relation(got, expected, limit)) else ""
    return "wrong_value", f"{many}{output.name}{_index(where)}: expected {expected[where] + 0.0:.6g}, got {got[where] + 0.0:.6g}{more}"


def _mistake(assignment: Assignment, task: str, case: Case, reply: Reply, limits: list[float]) -> str:
    """The sentence of the mutant that gives the same numbers as the submission, where one does."""
    if any(output.judge for output in case.outputs):
        return ""
    for mutant, module in assignment.mutants_of(task):
        try:
            theirs = evaluate(module, case)
        except Exception:
            continue
        pairs = list(zip(case.outputs, reply.arrays, theirs, limits, strict=True))
        if all(t.shape == g.shape and np.allclose(g, t, rtol=0, atol=max(limit, 1e-300)) for _, g, t, limit in pairs):
            return mutant.says
    return ""


def _index(where: tuple[np.intp, ...]) -> str:
    return f"[{', '.join(str(int(i)) for i in where)}]" if where else ""
