"""What a teaching assistant would add to a number that is wrong, where it is no known mistake: how yours and the right ones are
related, which part of them is wrong, what an error of NumPy means, and which other task is to be mended first.
"""

import ast
import re
from collections.abc import Iterable

import numpy as np

from netcore.course import handout
from netcore.course.case import Case
from netcore.course.untyped import untyped

WORDS = (
    (r"matmul: .*mismatch in its core dimension.*\(size (\d+) is different from (\d+)\)", r"the inner sizes of the product @ do not fit, \2 and \1"),
    (r"shapes (\(.*?\)) and (\(.*?\)) not aligned.*?(?= \(line|$)", r"the inner sizes of the product of \1 and \2 do not fit"),
    (
        r"operands could not be broadcast together with shapes (\(.*?\)) (\(.*?\)).*?(?= \(line|$)",
        r"arrays of shapes \1 and \2 do not fit elementwise",
    ),
    (r"could not broadcast input array from shape (\(.*?\)) into shape (\(.*?\))", r"values of shape \1 do not fit into a place of shape \2"),
    (r"The truth value of an array.*?(?= \(line|$)", r"a whole array stands where one yes or no is due; for arrays use np.maximum, np.where, a mask"),
    (r"only (?:integer scalar arrays|length-1 arrays) can be converted.*?(?= \(line|$)", r"an array stands where one number is due"),
    (r"RuntimeError: can't start new thread", "the grader gives a submission one thread; do the work in it"),
    (r"not enough values to unpack \(expected (\d+), got (\d+)\)", r"\1 things are unpacked, \2 came back"),
)


def in_words(message: str) -> str:
    """A message of NumPy's as a sentence about shapes; any other stays as it is."""
    for pattern, words in WORDS:
        message = re.sub(pattern, words, message)
    return message


def relation(got: np.ndarray, expected: np.ndarray, limit: float) -> str:
    """How these wrong numbers and the right ones are related, '' where nothing simple fits."""
    if got.size < 2 or not np.abs(expected).max(initial=0.0) > limit:
        return ""
    got = got.astype(np.float64)
    if not np.abs(got).max() > limit:
        return "yours are all 0"
    factor = float((got * expected).sum() / (expected * expected).sum())
    if abs(factor) > 1e-3 and np.abs(got - factor * expected).max() <= 2 * max(1.0, abs(factor)) * limit:
        fraction = f" (1/{1 / factor:.4g})" if 0 < factor < 1 and abs(1 / factor - round(1 / factor)) < 1e-3 else ""
        return (
            "only the sign is wrong, everywhere" if abs(factor + 1) < 1e-3 else f"yours are {factor:.4g}{fraction} times the right ones, everywhere"
        )
    shift = float((got - expected).mean())
    if np.abs(got - expected - shift).max() <= 2 * limit:
        return f"yours are too {'large' if shift > 0 else 'small'} by the same {abs(shift):.4g} everywhere"
    for axis in range(got.ndim):
        if got.shape[axis] > 1 and np.abs(np.flip(got, axis) - expected).max() <= limit:
            return f"they come in the reverse order along axis {axis}"
        for other in range(axis):
            if got.shape[axis] == got.shape[other] > 1 and np.abs(np.swapaxes(got, axis, other) - expected).max() <= limit:
                return f"axes {other} and {axis} are exchanged"
    return _part(np.abs(got - expected) > limit)


def _part(bad: np.ndarray) -> str:
    """Where the wrong entries lie, if they all lie in one slice, or all but one slice of an axis is wrong."""
    for axis, size in enumerate(bad.shape):
        along = np.moveaxis(bad, axis, 0).reshape(size, -1).any(axis=1)
        if size > 1 and along.sum() == 1:
            return f"all of the wrong ones have index {int(along.argmax())} on axis {axis}"
        if size > 2 and along.sum() == size - 1:
            return f"those with index {int(along.argmin())} on axis {axis} are right, all others have wrong ones"
    return ""


def uses(solution: str, tasks: Iterable[str]) -> dict[str, set[str]]:
    """For each task the tasks whose functions it calls, in the order of `tasks`; and under "name()" the task of each function."""
    tree = ast.parse(untyped(handout.without_markers(solution)))
    marked = ast.parse(untyped(handout.with_gaps(solution)))
    owner = {f.name: task for f in _functions(marked) if (task := _task(f)) is not None}
    found: dict[str, set[str]] = {task: set() for task in tasks}
    for function in _functions(tree):
        if function.name in owner:
            called = {node.func.id for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
            found[owner[function.name]] |= {owner[name] for name in called if name in owner} - {owner[function.name]}
    return found | {f"{name}()": {task} for name, task in owner.items()}


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _task(function: ast.FunctionDef) -> str | None:
    """The task of the gap in a function of the handout: what its `raise NotImplementedError("task")` says."""
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args and isinstance(node.exc.args[0], ast.Constant):
            return str(node.exc.args[0].value)
    return None


def first(known: dict[str, set[str]], task: str, cases: list[Case], wrong: set[str]) -> str | None:
    """The task to be mended before this one: it builds on it, or its cases call it, and it is wrong through nothing below itself."""
    called = {owner for case in cases for step in case.steps if step["do"] == "call" for owner in known.get(f"{step['name']}()", ())}
    bad = (_below(known, known[task] | called) - {task}) & wrong
    return next((each for each in known if each in bad and not (_below(known, known[each]) - {each}) & wrong), None)


def _below(known: dict[str, set[str]], tasks: set[str]) -> set[str]:
    """These tasks and all that they build on."""
    found: set[str] = set()
    while new := tasks - found:
        found |= new
        tasks = {below for task in new for below in known[task]}
    return found
