"""An assignment read from its folder: manifest, solution, checks, mutants; and what a case gives on each of them."""

import importlib.util
import tomllib
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from netcore.course import handout, hints, manifest, seeds
from netcore.course.case import Case
from netcore.course.inside import program
from netcore.course.manifest import Manifest, Task
from netcore.course.untyped import untyped
from netcore.errors import ArgumentError

HOME = Path(__file__).resolve().parent / "assignments"


@dataclass(frozen=True)
class Mutant:
    """A known-wrong variant: `old` becomes `new` in the solution; `says` names the mistake."""

    task: str
    name: str
    says: str
    old: str
    new: str


class Assignment:
    """Everything in the folder; ArgumentError says what is missing or does not fit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "assignment.toml").is_file():
            raise ArgumentError(f"{folder} holds no assignment.toml; shipped assignments: {', '.join(names())}")
        self.manifest: Manifest = manifest.read(folder / "assignment.toml")
        self.source = (folder / f"solution{Path(self.manifest.file).suffix}").read_text(encoding="utf-8")
        self.solution = handout.without_markers(self.source)
        if extra := {task.id for task in self.manifest.tasks} ^ handout.gaps(self.source):
            raise ArgumentError(f"{folder}: task and gap must go together; {sorted(extra)[0]!r} is only one of the two")

    @cached_property
    def mutants(self) -> list[Mutant]:
        path = self.folder / "mutants.toml"
        if not path.exists():
            return []
        found = [Mutant(**each) for each in tomllib.loads(path.read_text(encoding="utf-8")).get("mutants", [])]
        for mutant in found:
            if (count := self.solution.count(mutant.old)) != 1:
                raise ArgumentError(f"{path}: {mutant.task}/{mutant.name}: `old` must occur once in the solution, it occurs {count} times")
        return found

    @cached_property
    def checks(self) -> types.ModuleType:
        path = self.folder / "checks.py"
        spec = importlib.util.spec_from_file_location(f"netcore_checks_{self.manifest.name}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise ArgumentError(f"{path}: {type(error).__name__}: {error}{_line(error, 'checks.py')}")
        for name in [*(f"{task.id}(case, rng, index)" for task in self.manifest.tasks), *(f"race_{race}(case, rng)" for race in self.manifest.races)]:
            if not callable(getattr(module, name.partition("(")[0], None)):
                raise ArgumentError(f"{path} has no function {name}")
        return module

    def cases(self, task: Task, key: bytes | None, submission: str) -> list[Case]:
        """The cases of the hidden test (with a key) or of the visible one."""
        build: Callable[..., None] = getattr(self.checks, task.id)
        made = []
        for index in range(task.hidden if key else task.visible):
            case = Case()
            try:
                build(case, seeds.generator(key, self.manifest.name, task.id, submission, index), index)
            except Exception as error:
                raise ArgumentError(
                    f"{self.folder / 'checks.py'}: {task.id}, case {index + 1}: {type(error).__name__}: {error}{_line(error, 'checks.py')}"
                )
            case.title = case.title or f"case {index + 1}"
            made.append(case)
        return made

    def expected(self, case: Case, double: bool = False) -> list[np.ndarray]:
        """What the solution gives; ArgumentError where it fails itself, which is no submission's fault."""
        try:
            return evaluate(self.reference, case, double)
        except Exception as error:
            where = _line(error, self.manifest.file)
            raise ArgumentError(f"{self.folder}: the solution itself fails on the case {case.title!r}: {type(error).__name__}: {error}{where}")

    @cached_property
    def reference(self) -> dict[str, Any]:
        return load(self.solution, self.manifest.file)

    @cached_property
    def uses(self) -> dict[str, set[str]]:
        """Which task builds on which (hints.py)."""
        return hints.uses(self.source, [task.id for task in self.manifest.tasks])

    @cached_property
    def _mutated(self) -> dict[str, tuple[Mutant, dict[str, Any]]]:
        return {f"{m.task}/{m.name}": (m, load(self.mutate(m), self.manifest.file)) for m in self.mutants}

    def mutate(self, mutant: Mutant) -> str:
        """The solution with one mistake."""
        return self.solution.replace(mutant.old, mutant.new)

    def mutants_of(self, task: str) -> list[tuple[Mutant, dict[str, Any]]]:
        return [pair for pair in self._mutated.values() if pair[0].task == task]


def evaluate(module: dict[str, Any], case: Case, double: bool = False) -> list[np.ndarray]:
    """What a case gives on trusted code; with `double`, after all floating inputs went to float64."""
    arrays = [np.array(a, np.float64 if double and a.dtype.kind == "f" else a.dtype) for a in case.arrays]
    with np.errstate(all="ignore"):  # some BLAS report overflows in lanes that nobody asked for
        values = program.run(module, case.steps, arrays, [(o.name, o.handle.name) for o in case.outputs])
    return [np.asarray(value) for value in values]


def load(source: str, file: str) -> dict[str, Any]:
    """A module's names, from trusted source; Cython runs as the Python that it is without its types."""
    scope: dict[str, Any] = {"__name__": file.rpartition(".")[0]}
    exec(compile(untyped(source) if file.endswith(".pyx") else source, file, "exec"), scope)
    return scope


def _line(error: BaseException, file: str) -> str:
    """Where in a file of the assignment an exception comes from."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).name == file:
            lines.append(f" (line {trace.tb_lineno})")
        trace = trace.tb_next
    return lines[-1] if lines else ""


def names() -> list[str]:
    """The assignments that are shipped."""
    return sorted(path.parent.name for path in HOME.glob("*/assignment.toml"))


def find(name: str | Path) -> Assignment:
    """An assignment by its name, or by the path of its folder."""
    if str(name) in names():
        return Assignment(HOME / str(name))
    if not Path(name).is_dir():
        raise ArgumentError(f"there is no assignment {str(name)!r}; shipped: {', '.join(names())}; or the path of an assignment's folder")
    return Assignment(Path(name).resolve())
