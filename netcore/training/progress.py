"""A progress bar (rich) with loss, metric, throughput and time left; nothing where nobody watches.

Off a terminal, or without rich, it is quiet; `progress=True` then prints one line an epoch.
"""

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netcore.training.state import Job


class Progress:
    """Used as a context; `advance` after each batch, `epoch_done` after each epoch."""

    def __init__(self, train: Iterable[Any], epochs: int, metric: str, wanted: bool | None) -> None:
        self.batches, self.epochs, self.metric = len(train), epochs, metric  # type: ignore[arg-type]
        self.lines = wanted is True
        self.bar = _rich_bar() if wanted is not False and sys.stderr.isatty() else None
        self.began, self.seen, self.loss, self.last = time.monotonic(), 0, 0.0, ""

    def __enter__(self) -> "Progress":
        if self.bar is not None:
            self.bar.start()
            self.item = self.bar.add_task("", total=self.epochs * self.batches, told="")
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def advance(self, job: "Job", value: float, samples: int) -> None:
        self.seen += samples
        self.loss = value if job.step <= 1 else 0.98 * self.loss + 0.02 * value
        if self.bar is not None:
            rate = self.seen / max(time.monotonic() - self.began, 1e-9)
            told = f"loss {self.loss:.4f}  {self.last}{_count(rate)}/s"
            self.bar.update(self.item, completed=job.step, description=f"epoch {job.epoch + 1}/{self.epochs}", told=told)

    def epoch_done(self, job: "Job", metrics: dict[str, float]) -> None:
        key = f"val_{self.metric}"
        self.last = f"{self.metric.replace('_', ' ')} {metrics[key]:.4f}  " if key in metrics else ""
        if self.bar is None and self.lines:
            held_out = f"  val loss {metrics['val_loss']:.4f}  {self.last}" if "val_loss" in metrics else ""
            print(f"epoch {job.epoch}/{self.epochs}  loss {metrics['loss']:.4f}{held_out}", file=sys.stderr, flush=True)


def _count(rate: float) -> str:
    return f"{rate / 1e6:.1f}M" if rate >= 1e6 else f"{rate / 1e3:.1f}k" if rate >= 1e3 else f"{rate:.0f}"


def _rich_bar() -> Any:
    try:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress
    except ModuleNotFoundError:
        return None
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[told]}"), TimeRemainingColumn())
    return RichProgress(*columns, console=Console(stderr=True), transient=True)
