"""A progress bar (rich) with loss, metric, throughput and time left; a line for each epoch stays.

Nothing is shown where nobody watches: off a terminal it is quiet, unless `progress=True` asks for the lines. Without rich,
there are the lines alone.
"""

import operator
import sys
import time
from typing import Any

from netcore.training.state import Job


class Progress:
    """Used as a context; `advance` after each batch, `epoch_done` after each epoch. `wanted`: True, False, or None (on a terminal)."""

    def __init__(self, job: Job, epochs: int, wanted: bool | None) -> None:
        self.job, self.epochs, self.batches = job, epochs, operator.length_hint(job.loader)
        watched = sys.stderr.isatty()
        self.lines = wanted if wanted is not None else watched
        self.bar = rich_bar() if self.lines and watched else None
        self.began = self.epoch_began = time.monotonic()
        self.seen, self.epoch_seen, self.loss, self.last = 0, 0, 0.0, ""

    def __enter__(self) -> "Progress":
        if self.bar is not None:
            self.bar.start()
            total = self.epochs * self.batches or None
            self.item = self.bar.add_task(f"epoch {self.job.epoch + 1}/{self.epochs}", total=total, completed=self.job.step, told="")
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def advance(self, value: float, samples: int) -> None:
        self.seen += samples
        self.epoch_seen += samples
        self.loss = 0.98 * self.loss + 0.02 * value if self.loss else value
        if self.bar is not None:
            rate = self.seen / max(time.monotonic() - self.began, 1e-9)
            told = f"loss {self.loss:.4f}  {self.last}{count(rate)} {self.job.task.unit}/s"
            self.bar.update(self.item, completed=self.job.step, description=f"epoch {self.job.epoch + 1}/{self.epochs}", told=told)

    def epoch_done(self, metrics: dict[str, float]) -> None:
        elapsed = time.monotonic() - self.epoch_began
        watched = [name for name in self.job.task.watched if f"val_{name}" in metrics]
        self.last = "".join(f"{label(name)} {shown(name, metrics[f'val_{name}'])}  " for name in watched)
        if self.lines:
            held_out = f"  held out {metrics['val_loss']:.4f}  {self.last.strip()}" if "val_loss" in metrics else ""
            width = len(str(self.epochs))
            took = f"{elapsed:.1f} s  {count(self.epoch_seen / max(elapsed, 1e-9))}/s"
            line = f"epoch {self.job.epoch:{width}}/{self.epochs}  loss {metrics['loss']:.4f}{held_out}  {took}"
            if self.bar is not None:
                self.bar.console.print(line, highlight=False)
            else:
                print(line, file=sys.stderr, flush=True)
        self.epoch_began, self.epoch_seen = time.monotonic(), 0


def label(metric: str) -> str:
    """A metric's name as people read it."""
    metric = {"bits_per_character": "bits/char"}.get(metric, metric)
    return metric.replace("_", " ")


def shown(metric: str, value: float) -> str:
    """A metric's value as people read it."""
    if metric.endswith("accuracy"):
        return f"{100 * value:.2f} %"
    return f"{value:.1f}" if metric.endswith("units") or value >= 1000 else f"{value:.2f}" if value >= 100 else f"{value:.4f}"


def count(rate: float) -> str:
    return f"{rate / 1e6:.1f}M" if rate >= 1e6 else f"{rate / 1e3:.1f}k" if rate >= 1e3 else f"{rate:.0f}"


def rich_bar() -> Any:
    try:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress
    except ModuleNotFoundError:
        return None
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=16), TextColumn("{task.fields[told]}"), TimeRemainingColumn(compact=True))
    return RichProgress(*columns, console=Console(stderr=True), transient=True)
