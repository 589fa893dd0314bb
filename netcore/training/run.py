"""A run is a folder: what was trained, how it went, and from where it can go on.

    runs/lenet/
        config.json          recipe, options, seed, what was built and used
        metrics.jsonl        one line of numbers an epoch
        checkpoints/         step-00001234.safetensors, the last two; written atomically
        model.safetensors    the weights at the end
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
        try:
            (self.folder / "checkpoints").mkdir(parents=True, exist_ok=True)
            (self.folder / "figures").mkdir(exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"cannot make the run's folder {self.folder}: {error.strerror or error}") from None
        for part in self.folder.rglob(".*.part"):  # left by a killed process
            part.unlink(missing_ok=True)

    # ---- configuration ----------------------------------------------------------------------------------------------

    def write_config(self, options: dict[str, Any]) -> None:
        content = json.dumps(options | {"environment": config()}, indent=2, default=str) + "\n"
        write_atomically(self.folder / "config.json", content.encode())

    def read_config(self) -> dict[str, Any]:
        path = self.folder / "config.json"
        try:
            return dict(json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise CheckpointError(f"{self.folder} is not the folder of a run: {path.name} cannot be read ({error})") from None

    # ---- metrics ----------------------------------------------------------------------------------------------------

    @property
    def metrics_path(self) -> Path:
        return self.folder / "metrics.jsonl"

    def append_metrics(self, metrics: dict[str, Any], seconds: float) -> None:
        try:
            with self.metrics_path.open("a") as file:
                file.write(json.dumps(metrics | {"seconds": round(seconds, 3)}) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise CheckpointError(f"cannot write {self.metrics_path}: {error.strerror or error}") from None

    def read_metrics(self) -> list[dict[str, Any]]:
        """All whole lines; a last line that a killed process left half-written is passed over."""
        lines = []
        if self.metrics_path.exists():
            for line in self.metrics_path.read_text().splitlines():
                try:
                    lines.append(json.loads(line))
                except ValueError:
                    break
        return lines

    def truncate_metrics(self, epochs: int) -> None:
        """Keep the lines of the first `epochs` epochs."""
        lines = [json.dumps(line) + "\n" for line in self.read_metrics() if line["epoch"] <= epochs]
        write_atomically(self.metrics_path, "".join(lines).encode())

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

    def newest_checkpoint(self) -> tuple[dict[str, np.ndarray], dict[str, str]] | None:
        """(arrays, metadata) of the newest checkpoint; None if there is none."""
        paths = self.checkpoints()
        return (load(paths[-1]), load_metadata(paths[-1])) if paths else None

    def save_final(self, net: Layer) -> None:
        save(self.folder / "model.safetensors", net)

    def load_weights(self, net: Layer) -> None:
        """The weights at the end, or, of a run that has not ended, of its newest checkpoint."""
        path = self.folder / "model.safetensors"
        if path.exists():
            net.load_state_dict(load(path))
            return
        found = self.newest_checkpoint()
        if found is None:
            raise CheckpointError(f"{self.folder} holds no weights yet: neither model.safetensors nor a checkpoint")
        net.load_state_dict({name[4:]: value for name, value in found[0].items() if name.startswith("net.")})
