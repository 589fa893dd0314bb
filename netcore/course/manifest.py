"""assignment.toml: what an assignment is called, what is handed in, what each task is worth, what a child may use.

Every key is read here and nowhere else; a key that is missing or unknown is an error that names it.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netcore.errors import ArgumentError

FORMAT = 1


@dataclass(frozen=True)
class Task:
    """One task: a function (or class) to write, checked by `checks.<id>(case, rng, index)`."""

    id: str
    title: str
    points: float
    visible: int  # cases from the public seed
    hidden: int  # cases from the secret seed
    hidden_share: float = 0.5  # of the points
    hint: str = ""

    def share(self, hidden: bool) -> float:
        """The points of the visible or of the hidden test; all of them where the other has no cases."""
        if not (self.visible and self.hidden):
            return self.points if (self.hidden if hidden else self.visible) else 0.0
        return self.points * (self.hidden_share if hidden else 1 - self.hidden_share)


@dataclass(frozen=True)
class Manifest:
    """An assignment's manifest. `file` is what the student writes; the notebook of the same stem may stand for it."""

    name: str
    title: str
    version: int
    file: str
    tasks: tuple[Task, ...]
    packages: tuple[str, ...] = ("numpy",)  # what the child may import beside the standard library
    netcore: tuple[str, ...] = ()  # modules of netcore that the child may import, such as "errors"
    case_seconds: float = 10.0  # wall clock of one case
    seconds: float = 120.0  # wall clock of a whole submission
    build_seconds: float = 60.0  # wall clock of compiling, where the file is Cython
    races: tuple[str, ...] = ()  # `race_<name>` in checks.py: what is timed for the leaderboard when all is right
    memory_mb: int = 512  # beyond what Python and NumPy take
    training: dict[str, Any] = field(default_factory=dict)  # `recipe` and its options: what `netcore course try` runs
    max_bytes: int = 1 << 20  # of the file handed in
    order: int = 0  # place in the list of assignments

    @property
    def notebook(self) -> str:
        return Path(self.file).with_suffix(".ipynb").name

    @property
    def compiled(self) -> bool:
        """The file is Cython, and is built before it is run."""
        return self.file.endswith(".pyx")

    @property
    def points(self) -> float:
        return sum(task.points for task in self.tasks)


def read(path: Path) -> Manifest:
    """The manifest at `path`; ArgumentError names the file and the key that is wrong."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArgumentError(f"{path}: {error}")
    if raw.pop("format", None) != FORMAT:
        raise ArgumentError(f"{path}: format must be {FORMAT}")
    tasks = tuple(_build(Task, task, f"{path}, task {task.get('id', '?')!r}") for task in raw.pop("tasks", []))
    manifest: Manifest = _build(Manifest, {**raw, "tasks": tasks}, str(path))
    if not tasks or len({task.id for task in tasks}) != len(tasks):
        raise ArgumentError(f"{path}: at least one task is needed, and no id twice")
    if Path(manifest.file).name != manifest.file or not manifest.file.endswith((".py", ".pyx")):
        raise ArgumentError(f"{path}: file must be the plain name of a Python or Cython file, got {manifest.file!r}")
    return manifest


def _build(kind: Any, raw: dict[str, Any], where: str) -> Any:
    """A dataclass from a table; lists become tuples."""
    known = kind.__dataclass_fields__
    if unknown := sorted(set(raw) - set(known)):
        raise ArgumentError(f"{where}: unknown key {unknown[0]!r}; known: {', '.join(known)}")
    try:
        return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()})
    except TypeError as error:
        raise ArgumentError(f"{where}: {error}")
