"""One long sequence cut for truncated backpropagation through time.

A sequence of L elements is cut into B = batch_size contiguous streams of S = (L - 1) // B steps. The k-th chunk holds,
of every stream b, T = steps elements and the elements that follow them:

    x[b, t] = sequence[b*S + k*T + t]        y[b, t] = sequence[b*S + k*T + t + 1]

So row b of chunk k+1 continues row b of chunk k: the state that the network ended one chunk with is where it begins the
next, except where `first` says that new streams begin. The boundary is visible and the state is passed by hand:

    for x, y, first in loader:
        if first: state = None
        logits, state = net.forward(x, state)

Source: R. Williams, J. Peng, "An efficient gradient-based algorithm for on-line training of recurrent network
trajectories", Neural Computation 2, 1990. Read next: `vocabulary.py`.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from netcore.checks import at_least
from netcore.data.dataset import Dataset
from netcore.data.state import check_state
from netcore.errors import ArgumentError


class Chunk(NamedTuple):
    """`x`, `y` (B, T, ...) in the sequence's dtype; `first` is True where all streams begin anew."""

    x: np.ndarray
    y: np.ndarray
    first: bool


class SequenceLoader:
    """Iterate over the chunks `(x, y, first)` of a sequence (L, ...), tokens of a text or values of a series.

    `sequence` may be a `Dataset` (its `x` is taken). The last chunk of an epoch is shorter where `steps` does not
    divide the streams, or left out with `drop_last`. Each `for` starts an epoch; the first one after `load_state_dict`
    goes on where the state was taken. Raises `ArgumentError` for a sequence too short for one step of each stream.

    >>> x, y, first = next(iter(SequenceLoader(np.arange(9), batch_size=2, steps=3)))
    >>> x.tolist(), y.tolist(), first
    ([[0, 1, 2], [4, 5, 6]], [[1, 2, 3], [5, 6, 7]], True)
    """

    def __init__(
        self, sequence: "np.ndarray | Dataset", batch_size: int = 32, steps: int = 64, drop_last: bool = False
    ):
        self.sequence = np.asarray(sequence.x if isinstance(sequence, Dataset) else sequence)
        self.batch_size, self.steps = at_least("batch_size", batch_size, 1), at_least("steps", steps, 1)
        if self.sequence.ndim == 0 or self.sequence.dtype.kind not in "iufb":
            raise ArgumentError(
                f"sequence must be a numeric array (L, ...), got {self.sequence.dtype} of shape {self.sequence.shape}"
            )
        self.samples, self.drop_last = len(self.sequence), bool(drop_last)
        self.stream = (self.samples - 1) // self.batch_size  # steps of each stream
        if self.stream < (self.steps if self.drop_last else 1):
            raise ArgumentError(
                f"a sequence of {self.samples} elements gives {self.batch_size} streams of {max(self.stream, 0)} "
                f"steps; take a smaller batch_size or fewer steps"
            )
        self.epoch = self.position = 0  # epochs finished; chunks given out in this one
        self._resumed = False

    def __len__(self) -> int:
        """Chunks in an epoch."""
        return self.stream // self.steps if self.drop_last else -(-self.stream // self.steps)

    def __iter__(self) -> Iterator[Chunk]:
        if not self._resumed:
            self.position = 0
        self._resumed = False
        usable, shape = self.batch_size * self.stream, (self.batch_size, self.stream, *self.sequence.shape[1:])
        x, y = self.sequence[:usable].reshape(shape), self.sequence[1 : usable + 1].reshape(shape)
        for k in range(self.position, len(self)):
            self.position = k + 1
            part = slice(k * self.steps, (k + 1) * self.steps)
            yield Chunk(x[:, part].copy(), y[:, part].copy(), k == 0)
        self.epoch, self.position = self.epoch + 1, 0

    def state_dict(self) -> dict[str, Any]:
        """The position, ready for JSON. The state carried by the network is not here: save it beside."""
        return {**self._fixed(), "epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state; raises `CheckpointError`, and changes nothing, if it is of another loader or damaged."""
        check_state(state, self._fixed(), batches=len(self))
        self.epoch, self.position = state["epoch"], state["position"]
        self._resumed = True

    def _fixed(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("samples", "batch_size", "steps", "drop_last")}


TextLoader = SequenceLoader  # the name that reads best where the sequence is a text
