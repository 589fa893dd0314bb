"""A run is a folder: what was trained, how it went, and from where it can go on.

    runs/lenet/
        config.json          recipe, options, seed, what was built and used
        metrics.jsonl        one line of numbers an epoch; the same lines, bit for bit, however often it was resumed
        times.jsonl          seconds of each epoch
        checkpoints/         step-00001234.safetensors, the last two; written atomically
        model.safetensors    the weights at the end; best.safetensors: of the epoch that was best on held-out data
        result.json          the numbers on the test data
        figures/
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from netcore.checkpoint import load, load_metadata, save, write_atomically
from netcore.config import config
from netcore.errors import CheckpointError
from netcore.layers import Layer

KEPT = 2  # checkpoints kept


class Run:
    """The folder of one training. `save_every` steps (or, unless given, some seconds) lie between checkpoints."""

    def __init__(self, folder: str | os.PathLike[str], save_every: int | None = None, seconds: float = 20.0) -> None:
        self.folder = Path(folder)
        self.save_every, self.seconds = save_every, seconds

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Run":
        """A run that is there already. Raises CheckpointError where there is none."""
        run = cls(folder)
        if not run.folder.is_dir():
            raise CheckpointError(f"there is no folder {run.folder}; a run is made by `netcore train RECIPE --run {run.folder}`")
        run.read_config()
        return run

    def make(self) -> None:
        """Make the folder where it is missing, and clear away what a killed process left half-written."""
        try:
            (self.folder / "checkpoints").mkdir(parents=True, exist_ok=True)
            (self.folder / "figures").mkdir(exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"cannot make the run's folder {self.folder}: {error.strerror or error}") from None
        for part in (*self.folder.glob(".*.part"), *self.folder.glob("checkpoints/.*.part")):
            part.unlink(missing_ok=True)

    def exists(self) -> bool:
        """Whether a training was begun here."""
        return (self.folder / "config.json").exists()

    # ---- configuration and results ----------------------------------------------------------------------------------

    def write_config(self, options: dict[str, Any]) -> None:
        self.make()
        self._write_json("config.json", options | {"environment": config()})

    def write_result(self, result: dict[str, Any]) -> None:
        self._write_json("result.json", result)

    def note(self, text: str) -> None:
        """Leave a message for whoever opens the folder."""
        self._append("notes.txt", text)

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        write_atomically(self.folder / name, (json.dumps(content, indent=2, default=str) + "\n").encode())

    def read_config(self) -> dict[str, Any]:
        path = self.folder / "config.json"
        try:
            return dict(json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise CheckpointError(f"{self.folder} is not the folder of a run: config.json cannot be read ({error})") from None

    # ---- metrics ----------------------------------------------------------------------------------------------------

    def append_metrics(self, row: dict[str, Any], seconds: float) -> None:
        self._append("metrics.jsonl", json.dumps(row))
        self._append("times.jsonl", json.dumps({"epoch": row["epoch"], "seconds": round(seconds, 3)}))

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        """All lines anew, as the checkpoint has them: a torn last line, or one that is ahead of the checkpoint, goes."""
        write_atomically(self.folder / "metrics.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())

    def _append(self, name: str, line: str) -> None:
        path = self.folder / name
        try:
            with path.open("a") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise CheckpointError(f"cannot write {path}: {error.strerror or error}") from None

    # ---- checkpoints ------------------------------------------------------------------------------------------------

    def save_due(self, step: int, elapsed: float) -> bool:
        return step % self.save_every == 0 if self.save_every else elapsed > self.seconds

    def checkpoints(self) -> list[Path]:
        """Oldest first."""
        return sorted((self.folder / "checkpoints").glob("step-*.safetensors"))

    def save_checkpoint(self, step: int, arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
        save(self.folder / "checkpoints" / f"step-{step:08d}.safetensors", arrays, metadata)
        for old in self.checkpoints()[:-KEPT]:
            old.unlink(missing_ok=True)

    def newest_checkpoint(self) -> tuple[Path, dict[str, np.ndarray], dict[str, str]] | None:
        """(path, arrays, metadata) of the newest checkpoint; None if there is none."""
        paths = self.checkpoints()
        return (paths[-1], load(paths[-1]), load_metadata(paths[-1])) if paths else None

    def save_final(self, net: Layer) -> None:
        save(self.folder / "model.safetensors", net)

    def save_best(self, net: Layer) -> None:
        save(self.folder / "best.safetensors", net)

    def load_weights(self, net: Layer, best: bool = False) -> None:
        """The weights at the end, or, of a run that has not ended, of its newest checkpoint; with `best`, of the best epoch."""
        path = self.folder / ("best.safetensors" if best else "model.safetensors")
        if best and not path.exists():
            raise CheckpointError(f"{self.folder} holds no best.safetensors: no epoch was measured on held-out data")
        if path.exists():
            net.load_state_dict(load(path))
            return
        found = self.newest_checkpoint()
        if found is None:
            raise CheckpointError(f"{self.folder} holds no weights yet: neither model.safetensors nor a checkpoint")
        net.load_state_dict({name[4:]: value for name, value in found[1].items() if name.startswith("net.")})
