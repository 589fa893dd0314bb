"""The folder of a run that several ranks share: rank 0 writes, all read the same."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from netcore.distributed.group import Group
from netcore.layers import Layer
from netcore.training.run import Run


class SharedRun(Run):
    """A Run whose files come from rank 0 alone; what is decided by the clock or the disk is decided there, for all."""

    group: Group

    @classmethod
    def of(cls, run: "Run | str | os.PathLike[str]", group: Group) -> "SharedRun":
        """The same folder with the same times, shared."""
        given = run if isinstance(run, Run) else Run(run)
        shared = cls(given.folder, given.save_every, given.seconds)
        shared.group = group
        return shared

    def make(self) -> None:
        if self.group.speaks:
            super().make()
        self.group.wait()

    def exists(self) -> bool:
        return bool(self.group.broadcast(super().exists()))

    def checkpoints(self) -> list[Path]:
        return list(self.group.broadcast(super().checkpoints() if self.group.speaks else None))

    def save_due(self, step: int, elapsed: float) -> bool:
        return bool(self.group.broadcast(super().save_due(step, elapsed)))

    def save_checkpoint(self, step: int, arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
        if self.group.speaks:
            Run(self.folder).save_checkpoint(step, arrays, metadata)

    def save_final(self, net: Layer) -> None:
        if self.group.speaks:
            super().save_final(net)
        self.group.wait()

    def save_best(self, net: Layer) -> None:
        if self.group.speaks:
            super().save_best(net)

    def write_config(self, options: dict[str, Any]) -> None:
        self.make()
        if self.group.speaks:
            Run(self.folder).write_config(options | {"ranks": self.group.size})
        self.group.wait()

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        if self.group.speaks:
            super()._write_json(name, content)

    def _append(self, name: str, line: str) -> None:
        if self.group.speaks:
            super()._append(name, line)

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        if self.group.speaks:
            super().write_metrics(rows)
