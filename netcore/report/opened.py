"""A run's folder, read for a report: what was trained, how it went, the network, and the data it was trained on.

Whatever in the folder cannot be read is a CheckpointError that names the file; data that are not here are no error: the report
is written without the figures that need them, and says so.
"""

import json
import math
import os
import shlex
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from netcore.data import registry
from netcore.errors import CheckpointError, DataError, NetcoreError
from netcore.layers import Layer
from netcore.recipes import Facts, Prepared, Recipe, open_run
from netcore.recipes.running import open_config
from netcore.rng import manual_seed
from netcore.training import Run


@dataclass
class Opened:
    """What the sections of a report are made from."""

    folder: Path
    root: "Path | str | None"  # the folder of data sets
    config: dict[str, Any]
    recipe: Recipe
    facts: Facts
    net: Layer
    history: list[dict[str, float]]
    seconds: float  # of all epochs together
    result: dict[str, dict[str, float]]  # {part of the data: {metric: value}}; empty while the run goes on
    problem: str = field(default="", init=False)  # why there are no data

    @cached_property
    def data(self) -> Prepared | None:
        """The loaders, as the training had them; None where the data set cannot be read, and `problem` says why."""
        try:
            name = self.recipe.data
            if name in registry.names() and not registry.here(registry.entry(name), self.root):
                raise DataError(f"data set {name!r} is not on this machine: netcore data fetch {name}")  # a report downloads nothing
            manual_seed(self.recipe.seed)
            return self.recipe.prepare(self.root)
        except (NetcoreError, OSError) as error:
            self.problem = str(error)
            return None

    @property
    def command(self) -> str:
        """The command that trains the same network again: the options that are not the recipe's own."""
        usual = type(self.recipe)(data=self.recipe.data).chosen() | {"data": type(self.recipe)().data}
        changed = {name: value for name, value in self.recipe.chosen().items() if value != usual[name]}
        words = [f"--{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in changed.items()]
        return " ".join(["netcore train", self.recipe.name, *words, "--run", shlex.quote(f"{self.folder.name}-again")])


def open_folder(run: "str | os.PathLike[str]", root: "Path | str | None" = None) -> Opened:
    """Everything but the data. Raises CheckpointError for a folder that is not a run's, is damaged, or holds no weights yet."""
    folder = Run.open(run)
    open_config(folder)  # says what is wrong with config.json
    try:
        recipe, facts, net = open_run(folder)
    except CheckpointError:
        raise
    except (NetcoreError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise CheckpointError(f"{folder.folder}: config.json and the weights do not fit together ({type(error).__name__}: {error})") from None
    history = numbers_by_line(folder.folder / "metrics.jsonl")
    times = numbers_by_line(folder.folder / "times.jsonl")
    last = {line.get("epoch"): line.get("seconds", 0.0) for line in times}  # an epoch that a killed run began twice counts once
    return Opened(folder.folder, root, folder.read_config(), recipe, facts, net, history, sum(last.values()), results(folder.folder / "result.json"))


def numbers_by_line(path: Path) -> list[dict[str, float]]:
    """The lines of a .jsonl file, each a dict of finite numbers; [] where there is no file. A last line that was torn is left out."""
    lines = text_of(path).split("\n")
    found = []
    for k, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            if k == len(lines):  # no newline follows: its writer was killed
                break
            raise CheckpointError(f"{path}, line {k}, cannot be read: {error}") from None
        if not isinstance(row, dict) or not all(isinstance(value, (int, float)) for value in row.values()) or "epoch" not in row:
            raise CheckpointError(f"{path}, line {k}, is not the numbers of an epoch: {line[:60]}")
        found.append(row)
    return found


def results(path: Path) -> dict[str, dict[str, float]]:
    """result.json; {} where there is none."""
    text = text_of(path)
    try:
        found = json.loads(text) if text else {}
        return {str(part): {str(name): float(value) for name, value in metrics.items()} for part, metrics in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} is not the result of a run: {error}") from None


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from None


def duration(seconds: float) -> str:
    """'48 s', '3 min 20 s', '2 h 5 min'."""
    if not math.isfinite(seconds) or seconds < 99.5:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
