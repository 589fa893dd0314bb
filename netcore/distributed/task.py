"""A task of which each rank runs its share: gradients, losses and metrics come out as those of the whole batch."""

from typing import Any

import numpy as np

from netcore.distributed.buckets import GradientBuckets
from netcore.distributed.group import Group, rows_in, rows_of

ROWS_AXIS = 1  # of what a task carries from batch to batch: recurrent states (layers, N, H)


class DistributedTask:
    """Wraps a task (training/tasks.py). Batch norm's statistics and dropout's masks are each rank's own; everything else is
    as if one process had run the whole batch."""

    def __init__(self, task: Any, group: Group, buckets: GradientBuckets) -> None:
        self.task, self.group, self.buckets = task, group, buckets

    def __getattr__(self, name: str) -> Any:
        """Whatever else the task has: metric, better, unit, watched, net, loss, reset."""
        return getattr(self.task, name)

    def train(self, batch: Any) -> tuple[float, int]:
        rows = rows_in(batch)
        self.buckets.begin(rows)
        value, samples = self.task.train(batch) if rows else (0.0, 0)
        found = self.group.gather((value * samples, samples, rows))
        self.buckets.finish(sum(part[2] for part in found))
        total = sum(part[1] for part in found)
        return sum(part[0] for part in found) / total, total

    def evaluate(self, batch: Any) -> tuple[dict[str, float], int]:
        parts = self.group.gather(self.task.evaluate(batch) if rows_in(batch) else ({}, 0))
        names = next(found for found, count in parts if count)
        return {name: sum(found.get(name, 0.0) for found, _ in parts) for name in names}, sum(count for _, count in parts)

    def state_dict(self) -> dict[str, np.ndarray]:
        """What all ranks carry, put together, so that another number of ranks can go on with it."""
        parts = [part for part in self.group.gather(self.task.state_dict()) if part]
        return {name: np.concatenate([part[name] for part in parts], axis=ROWS_AXIS) for name in parts[0]} if parts else {}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        own = {}
        for name, value in state.items():
            rows = rows_of(self.group.size, self.group.rank, value.shape[ROWS_AXIS])
            own[name] = np.ascontiguousarray(np.moveaxis(np.moveaxis(value, ROWS_AXIS, 0)[rows], 0, ROWS_AXIS))
        self.task.load_state_dict(own)
