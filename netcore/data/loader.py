"""Minibatches, in an order that can be put down and taken up again, exactly.

An epoch visits every sample once, in the order of the data or of a permutation drawn from the loader's own generator.
The state is the number of batches given out, the generator as it was before the permutation was drawn, and the
generator as it is now (a transform draws from it too): enough to go on amid an epoch with the very same batches.

Read next: `augment.py` (transforms), `sequences.py` (text and series).
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from netcore.checks import at_least
from netcore.data.arrays import Arrays, arrays, lengths, select
from netcore.data.dataset import Dataset
from netcore.data.state import check_state, generator_from, jsonable
from netcore.errors import ArgumentError, CheckpointError
from netcore.rng import as_generator

Transform = Callable[[Any, np.random.Generator], Any]


class DataLoader:
    """Iterate over minibatches `(xb, yb)` of arrays whose first axes agree; `yb` is None without `y`.

    `x` may be a `Dataset`, which brings its labels; `x` and `y` may be tuples of arrays, `(series, lengths)` say, then
    `xb` and `yb` are tuples too. Batches are copies. `transform(xb, rng)` makes of each `xb` another one (see
    `netcore.data.augment`). `rng` (None: netcore's global generator) seeds the loader's own, so nothing else that draws
    numbers disturbs the order. Each `for` starts an epoch, also after one that was left early; only the first `for`
    after `load_state_dict` goes on where the state was taken.
    Raises `ArgumentError` for lengths that differ, no samples, or arguments that make no sense.

    >>> loader = DataLoader(np.arange(5.0), np.arange(5), batch_size=2, shuffle=True, rng=0)
    >>> len(loader), sorted(int(y) for _, yb in loader for y in yb)
    (3, [0, 1, 2, 3, 4])
    """

    def __init__(
        self, x: "Arrays | Dataset", y: Arrays | None = None, batch_size: int = 32, shuffle: bool = False,
        rng: "int | np.random.Generator | None" = None, drop_last: bool = False, transform: Transform | None = None,
    ):  # fmt: skip
        if isinstance(x, Dataset) and x.vocabulary is not None:
            raise ArgumentError(f"{x.name!r} is one long text; cut it with TextLoader, not into single characters")
        labels = x.y if isinstance(x, Dataset) and y is None else y
        self.x = arrays("x", x.x if isinstance(x, Dataset) else x)
        self.y = None if labels is None else arrays("y", labels)
        rows = lengths(self.x) + ([] if self.y is None else lengths(self.y))
        if len(set(rows)) > 1:
            raise ArgumentError(f"x and y must have the same number of samples, got {' and '.join(map(str, rows))}")
        if not rows[0]:
            raise ArgumentError("x has no samples")
        if transform is not None and not callable(transform):
            raise ArgumentError(f"transform must be callable as transform(xb, rng), got {transform!r}")
        self.samples, self.batch_size, self.transform = rows[0], at_least("batch_size", batch_size, 1), transform
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        self.rng = np.random.default_rng(as_generator(rng).integers(0, 2**32, 4))
        self.epoch = self.position = 0  # epochs finished; batches given out in this one
        self._order_state: dict[str, Any] | None = None  # the generator before this epoch's permutation
        self._resumed = False

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.samples // self.batch_size if self.drop_last else -(-self.samples // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if not self._resumed:
            self.position, self._order_state = 0, jsonable(self.rng)
            order = self._permutation(self.rng)
        else:  # the permutation comes from the generator as it was, transforms from the generator as it is
            order = self._permutation(generator_from(self._order_state))
        self._resumed = False
        for k in range(self.position, len(self)):
            index = order[k * self.batch_size : (k + 1) * self.batch_size]
            xb, yb = select(self.x, index), None if self.y is None else select(self.y, index)
            if self.transform is not None:
                xb = self.transform(xb, self.rng)
            self.position = k + 1
            yield xb, yb
        self.epoch, self.position, self._order_state = self.epoch + 1, 0, None

    def _permutation(self, rng: np.random.Generator) -> np.ndarray:
        return rng.permutation(self.samples) if self.shuffle else np.arange(self.samples)

    def state_dict(self) -> dict[str, Any]:
        """Position and random state, ready for JSON."""
        return {
            **self._fixed(), "epoch": self.epoch, "position": self.position,
            "order": copy.deepcopy(self._order_state), "rng": jsonable(self.rng),
        }  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state; raises `CheckpointError`, and changes nothing, if it is of another loader or damaged."""
        check_state(state, self._fixed(), batches=len(self), needs=("order", "rng"))
        rng, order = generator_from(state["rng"]), copy.deepcopy(state["order"])
        if order is not None:
            generator_from(order)
        elif state["position"]:
            raise CheckpointError("the loader's state is amid an epoch but lacks the generator of its order")
        self.epoch, self.position, self.rng, self._order_state = state["epoch"], state["position"], rng, order
        self._resumed = order is not None

    def _fixed(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("samples", "batch_size", "shuffle", "drop_last")}
