"""`netcore course try`: which recipe an assignment trains, with the student's functions under it (swap.py)."""

import importlib.util
import linecache
import shutil
import sys
import tempfile
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netcore import functional as F
from netcore import recipes
from netcore.course import build
from netcore.course.assignment import Assignment
from netcore.course.stage import Submission
from netcore.course.swap import Swap
from netcore.errors import ArgumentError


@dataclass
class Trial:
    """A training that is about to begin: the recipe, and the student's functions wrapped for it."""

    recipe: recipes.Recipe
    swap: Swap

    def run(self, **options: Any) -> Any:
        """The result of the training; Diverged at the first call that is not the engine's."""
        with F.replaced(**{name: function for name, function in self.swap.functions.items() if hasattr(F, name)}):
            return recipes.train(self.recipe, **options)


def prepare(assignment: Assignment, submission: Submission, **options: Any) -> Trial:
    """The trial of a submission; `options` change those of the recipe that the manifest names."""
    chosen = dict(assignment.manifest.training)
    path = assignment.folder / "swap.py"
    if not chosen or not path.exists():
        raise ArgumentError(f"{assignment.manifest.name} names no training: its manifest has no [training], or its folder no swap.py")
    adapter = _imported(path, f"netcore_swap_{assignment.manifest.name}")
    swap = Swap(adapter.pairs(load(assignment, submission)))
    name = chosen.pop("recipe")
    known = {**chosen, **{key: value for key, value in options.items() if value is not None}}
    recipe = adapter.recipe(swap, **known) if hasattr(adapter, "recipe") else recipes.get(name, **known)
    return Trial(recipe, swap)


def load(assignment: Assignment, submission: Submission) -> types.ModuleType:
    """The student's file as a module, built before where it is Cython. Not shut in: it is the student's own code."""
    file = assignment.manifest.file
    name = file.rpartition(".")[0]
    if not assignment.manifest.compiled:
        source = submission.source
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        module = types.ModuleType(name)
        sys.modules[name] = module
        exec(compile(source, file, "exec"), module.__dict__)
        return module
    folder = Path(tempfile.mkdtemp(prefix="netcore-try-"))
    try:
        (folder / file).write_text(submission.source, encoding="utf-8")
        return _imported(build.local(folder / file), name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _imported(path: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
