"""Each rank's rows of every batch.

All ranks go through the same loader with the same generator, so they agree on the global batch without a word, and a
checkpoint's position in the data fits any number of ranks.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from netcore.distributed.group import Group, rows_in, rows_of


class ShardedLoader:
    """A loader of which this rank sees its rows only; the batch size stays that of all ranks together."""

    def __init__(self, loader: Any, group: Group) -> None:
        self.loader, self.group = loader, group

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        for batch in self.loader:
            rows = rows_of(self.group.size, self.group.rank, rows_in(batch))
            yield tuple(_cut(part, rows) for part in batch)

    def __getattr__(self, name: str) -> Any:
        """Whatever else the loader has: samples, state_dict, load_state_dict, rng."""
        return getattr(self.loader, name)


def _cut(part: Any, rows: slice) -> Any:
    """The rows of an array or of each array of a tuple; what is neither (a flag, None) goes to every rank."""
    if isinstance(part, tuple):
        return tuple(_cut(each, rows) for each in part)
    return part[rows] if isinstance(part, np.ndarray) else part
