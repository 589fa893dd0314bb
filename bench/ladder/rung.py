"""What a ladder is made of: a problem, the reference that every rung must meet, and the rungs in the order of their ideas."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = tuple[np.ndarray, ...]
Work = Callable[..., Any]


@dataclass(frozen=True)
class Rung:
    """One version. It builds on the rung before it, or on the one that `over` names, and is timed with so many samples."""

    name: str
    run: Work
    over: str = ""
    samples: int = 64
    threads: int = 1

    @property
    def idea(self) -> str:
        """The first sentence of the function's docstring."""
        return " ".join((inspect.getdoc(self.run) or "").split("\n\n")[0].split())


@dataclass(frozen=True)
class Ladder:
    """`problem(samples, dtype)` gives the arguments of every rung's function; `reference` takes the same ones."""

    name: str
    what: str  # the size that is timed
    unit: str  # what a sample is
    problem: Callable[..., Arrays]
    small: dict[str, int]  # other sizes for `problem`, odd ones, for tests
    reference: Work
    rungs: tuple[Rung, ...]

    def below(self, rung: Rung) -> Rung | None:
        """The rung that this one improves on."""
        if rung.over:
            return next(other for other in self.rungs if other.name == rung.over)
        position = self.rungs.index(rung)
        return self.rungs[position - 1] if position else None
