"""What `load` returns: arrays, and where they come from.

Read next: `datasets.py` (how it is filled), `loader.py` (how minibatches are taken from it).
"""

from dataclasses import dataclass, field, replace

import numpy as np

from netcore.checks import at_least
from netcore.data.vocabulary import Vocabulary
from netcore.errors import ArgumentError


@dataclass(frozen=True, eq=False)  # two data sets are equal when they are the same object: arrays have no ==
class Dataset:
    """One split of a data set.

    | field   | images               | text           | time series        | .ts files                      |
    |---------|----------------------|----------------|--------------------|--------------------------------|
    | `x`     | float32 (N, C, H, W) | int64 (L,)     | float32 (T,)       | float32 (N, T, D), zero-padded |
    | `y`     | int64 (N,) labels    | None           | None               | int64 (N,) labels              |
    | further | `classes`            | `vocabulary`   | `times` float64    | `classes`, `lengths` int64     |

    Pixels are in [0, 1]; `times` are years (T,); `lengths` (N,) says how many steps of each series count.
    """

    x: np.ndarray = field(repr=False)
    y: np.ndarray | None = field(repr=False, default=None)
    name: str = ""
    split: str = "train"
    classes: tuple[str, ...] = ()
    licence: str = ""
    source: str = ""
    vocabulary: Vocabulary | None = None
    times: np.ndarray | None = field(repr=False, default=None)
    lengths: np.ndarray | None = field(repr=False, default=None)

    def __len__(self) -> int:
        return len(self.x)

    def take(self, index: "slice | np.ndarray", split: str | None = None) -> "Dataset":
        """The examples (or tokens, or steps) that `index` selects, a slice or an integer array, as a data set.

        >>> from netcore.data import load
        >>> load('digits').take(slice(0, 100)).x.shape
        (100, 1, 8, 8)
        """

        def part(a: np.ndarray | None) -> np.ndarray | None:
            return None if a is None else a[index]

        return replace(
            self, split=split or self.split,
            x=self.x[index], y=part(self.y), times=part(self.times), lengths=part(self.lengths),
        )  # fmt: skip

    def hold_out(self, count: int) -> "tuple[Dataset, Dataset]":
        """(training, validation): the last `count` examples are held out.

        >>> from netcore.data import load
        >>> [len(part) for part in load('digits').hold_out(200)]
        [1237, 200]
        """
        if at_least("count", count, 1) >= len(self):
            raise ArgumentError(f"hold_out({count}) leaves nothing to train of {len(self)} examples in {self.name!r}")
        return self.take(slice(None, -count)), self.take(slice(-count, None), "validation")
