"""Everything that makes a training job go on as if nothing had happened.

A checkpoint is one safetensors file: weights and buffers, the optimiser's arrays, the state that the task carries, and,
as JSON in the file's metadata, every number: epoch, step, running sums, learning-rate schedule, callbacks, the position
in the data, and the state of every random generator. It is written atomically, so the newest one is always whole; a
checksum over the arrays tells a file that was damaged later.
"""

import json
import time
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from netcore.data.state import jsonable
from netcore.errors import CheckpointError
from netcore.layers import Layer
from netcore.optim import Optimizer
from netcore.rng import default_rng
from netcore.training.callbacks import Callback
from netcore.training.run import Run


class Job:
    """One training: where it stands, and how to save and restore that."""

    def __init__(
        self, net: Layer, optimizer: Optimizer, loader: Any, val: Any, task: Any, schedule: Any,
        callbacks: Sequence[Callback], run: Run | None,
    ) -> None:  # fmt: skip
        self.net, self.optimizer, self.loader, self.val, self.task = net, optimizer, loader, val, task
        self.schedule, self.callbacks, self.run = schedule, list(callbacks), run
        self.kept = [callback for callback in self.callbacks if callback.kept]  # those whose state is part of a checkpoint
        self.epoch = self.step = 0
        self.loss_sum, self.samples = 0.0, 0
        self.history: list[dict[str, float]] = []
        self.best: float | None = None  # of the task's metric on held-out data
        self.stopped = False
        self._saved_at = self._epoch_began = time.monotonic()

    # ---- progress ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start from the beginning, in a folder that holds no other training."""
        if self.run is None:
            return
        if self.run.checkpoints():
            raise CheckpointError(f"{self.run.folder} holds checkpoints already; resume it, or choose another folder")
        if not self.run.exists():
            self.run.write_config({"network": repr(self.net), "optimizer": repr(self.optimizer)})
        self.run.make()

    def after_batch(self, value: float, samples: int) -> None:
        self.step += 1
        self.loss_sum += value * samples
        self.samples += samples
        for callback in self.callbacks:
            callback.after_batch(self)
        if self.run is not None and self.run.save_due(self.step, time.monotonic() - self._saved_at):
            self.save()

    def before_evaluation(self) -> None:
        self.epoch += 1
        for callback in self.callbacks:
            callback.before_evaluation(self)

    def train_metrics(self) -> dict[str, float]:
        """The epoch's mean training loss, and the learning rate of its last step."""
        return {"loss": self.loss_sum / max(self.samples, 1), "lr": self.optimizer.lr}

    def after_epoch(self, metrics: dict[str, float]) -> None:
        elapsed = time.monotonic() - self._epoch_began
        self.history.append({"epoch": self.epoch, "step": self.step, **metrics})
        self.loss_sum, self.samples = 0.0, 0
        for callback in self.callbacks:
            callback.after_epoch(self, metrics)
        self._keep_best(metrics)
        for callback in reversed(self.callbacks):
            callback.after_evaluation(self)
        if self.run is not None:
            self.run.append_metrics(self.history[-1], elapsed)
            self.save()
        self._epoch_began = time.monotonic()

    def _keep_best(self, metrics: dict[str, float]) -> None:
        """Keep the weights of the best epoch in a file of their own."""
        value = metrics.get(f"val_{self.task.metric}")
        if value is not None and (self.best is None or (value > self.best if self.task.better == "max" else value < self.best)):
            self.best = value
            if self.run is not None:
                self.run.save_best(self.net)

    def finish(self) -> None:
        for callback in self.callbacks:
            callback.finish(self)
        if self.run is not None:
            self.run.save_final(self.net)

    # ---- checkpoints ------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write a checkpoint into the run's folder."""
        assert self.run is not None
        optimizer = self.optimizer.state_dict()
        arrays = {f"net.{name}": value for name, value in self.net.state_dict().items()}
        arrays |= {f"optimizer.{name}": value for name, value in optimizer.items() if isinstance(value, np.ndarray)}
        arrays |= {f"task.{name}": value for name, value in self.task.state_dict().items()}
        for i, callback in enumerate(self.kept):
            arrays |= {f"callback.{i}.{name}": value for name, value in callback.arrays().items()}
        numbers = {
            "epoch": self.epoch,
            "step": self.step,
            "loss_sum": self.loss_sum,
            "samples": self.samples,
            "history": self.history,
            "stopped": self.stopped,
            "optimizer": {name: value for name, value in optimizer.items() if not isinstance(value, np.ndarray)},
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "callbacks": [callback.state_dict() for callback in self.kept],
            "best": self.best,
            "loaders": [loader.state_dict() if hasattr(loader, "state_dict") else None for loader in (self.loader, self.val)],
            "generators": [jsonable(generator) for generator in self._generators()],
            "checksum": checksum(arrays),
        }
        self.run.save_checkpoint(self.step, arrays, {"job": json.dumps(numbers)})
        self._saved_at = time.monotonic()

    def restore(self) -> None:
        """Go on from the run's newest checkpoint; from the start, if there is none yet."""
        if self.run is None:
            raise CheckpointError("resume needs a run, whose folder holds the checkpoints")
        self.run.make()
        found = self.run.newest_checkpoint()
        if found is None:
            self.run.write_metrics([])
            self.begin()
            return
        path, arrays, metadata = found
        weights = self.net.state_dict()
        try:
            numbers = json.loads(metadata["job"])
            if numbers["checksum"] != checksum(arrays):
                raise ValueError("the arrays do not have the checksum that was written with them")
            self._set(numbers, arrays)
        except (KeyError, ValueError, TypeError, AttributeError, CheckpointError) as error:
            self.net.load_state_dict(weights)
            raise CheckpointError(
                f"{path} is damaged or of another training ({error}); nothing was changed. Remove it to go on from the one before, or begin a new run"
            ) from None
        self.run.write_metrics(self.history)

    def _set(self, numbers: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.net.load_state_dict(part(arrays, "net."))
        self.optimizer.load_state_dict(numbers["optimizer"] | part(arrays, "optimizer."))
        self.task.load_state_dict(part(arrays, "task."))
        for i, (callback, state) in enumerate(zip(self.kept, numbers["callbacks"], strict=True)):
            callback.load_state_dict(state, part(arrays, f"callback.{i}."))
        if self.schedule is not None:
            self.schedule.load_state_dict(numbers["schedule"])
            self.optimizer.lr = numbers["optimizer"]["lr"]
        for loader, state in zip((self.loader, self.val), numbers["loaders"], strict=True):
            if state is not None and hasattr(loader, "load_state_dict"):
                loader.load_state_dict(state)
        for generator, state in zip(self._generators(), numbers["generators"], strict=True):
            generator.bit_generator.state = state
        self.epoch, self.step, self.stopped = numbers["epoch"], numbers["step"], numbers["stopped"]
        self.loss_sum, self.samples, self.history = numbers["loss_sum"], numbers["samples"], numbers["history"]
        self.best = numbers["best"]

    def _generators(self) -> list[np.random.Generator]:
        """Every random generator that training draws from, besides the loader's: the global one, and layers' own."""
        found = [default_rng()]
        for owner in (*self.net.layers(), self.task):
            generator = getattr(owner, "rng", None)
            if isinstance(generator, np.random.Generator) and all(generator is not other for other in found):
                found.append(generator)
        return found


def part(arrays: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}


def checksum(arrays: dict[str, np.ndarray]) -> int:
    """CRC-32 over all arrays in the order of their names."""
    crc = 0
    for name in sorted(arrays):
        crc = zlib.crc32(np.ascontiguousarray(arrays[name]).data.cast("B") if arrays[name].size else b"", zlib.crc32(name.encode(), crc))
    return crc
