"""What a climb looks like: a table with the idea of each rung, a picture, and JSON."""

import json
import os
from pathlib import Path
from typing import Any

from rich.table import Table

import netcore as nc
from bench.ladder.rung import Ladder
from bench.ladder.timing import Timed
from netcore.plot.style import BLUE, GREEN, ORANGE, SKY, axes, pyplot


def table(ladder: Ladder, climbed: list[Timed]) -> Table:
    result = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for column in ("rung", f"per {ladder.unit}", "this idea", "in all", "idea"):
        text = column in ("rung", "idea")
        result.add_column(column, justify="left" if text else "right", no_wrap=column != "idea")
    for timed in climbed:
        this = "" if timed.over == 1.0 else times(timed.over)
        result.add_row(timed.rung.name, duration(timed.seconds), this, times(timed.total), timed.rung.idea)
    return result


def notes(ladder: Ladder) -> str:
    """Which rungs build on another one than that above them."""
    builds = [f"'{rung.name}' builds on '{rung.over}'" for rung in ladder.rungs if rung.over]
    return "'this idea' is the speed-up over the rung above" + (f"; {', '.join(builds)}." if builds else ".")


def times(factor: float) -> str:
    return f"x {factor:,.0f}" if factor >= 100 else f"x {factor:.1f}" if factor >= 10 else f"x {factor:.2f}"


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


def draw(ladder: Ladder, climbed: list[Timed], path: Path) -> None:
    """One bar a rung on a logarithmic axis, first at the top: each step to the left is a factor."""
    ax = axes(None, 7.5, 1.0 + 0.36 * len(climbed))
    left = min(timed.seconds for timed in climbed) / 3
    for i, timed in enumerate(climbed):
        name = timed.rung.name
        colour = ORANGE if name.startswith("Python") else SKY if "NumPy" in timed.rung.idea + name else GREEN if "Cython" in name else BLUE
        ax.barh(i, timed.seconds - left, left=left, color=colour, height=0.7)
        text = (f"{duration(timed.seconds)}, {times(timed.total)}" if i else duration(timed.seconds)).replace("x ", "×").replace(" us", " µs")
        ax.annotate(text, (timed.seconds, i), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set_xscale("log")
    ax.set_xlim(left, climbed[0].seconds * 4)
    ax.set_yticks(range(len(climbed)), [timed.rung.name for timed in climbed], fontsize=9)
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)
    ax.set(xlabel=f"seconds per {ladder.unit}", title=ladder.what)
    ax.figure.savefig(path, dpi=130)
    pyplot().close(ax.figure)


def load() -> str:
    """Of the last minute; more than the processors that a rung uses means that its figure is too high."""
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"


def as_dict(ladder: Ladder, climbed: list[Timed]) -> dict[str, Any]:
    """Ready for JSON, with what it was measured on."""
    rungs = [
        {"name": t.rung.name, "idea": t.rung.idea, "samples": t.rung.samples, "threads": t.rung.threads,
         "seconds": t.seconds, "over": t.over, "total": t.total}
        for t in climbed
    ]  # fmt: skip
    environment = nc.config.config() | {"load": load()}
    return {"ladder": ladder.name, "what": ladder.what, "unit": ladder.unit, "environment": environment, "rungs": rungs}


def write(ladder: Ladder, climbed: list[Timed], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"ladder-{ladder.name}.json").write_text(json.dumps(as_dict(ladder, climbed), indent=1) + "\n")
    draw(ladder, climbed, folder / f"ladder-{ladder.name}.png")
