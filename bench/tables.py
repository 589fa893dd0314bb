"""The tables of a run, one function a section: what the terminal, bench.md and the README show."""

from dataclasses import dataclass, field
from typing import Any

from bench.peers import NAMES
from bench.ranks import MORE

SHORT = {"torch-compile": "compile"}
NONE = "–"


@dataclass
class Table:
    """Cells as text. The first `names` columns are words; columns in `wide` are left out of a terminal of 80 characters."""

    title: str
    header: list[str]
    rows: list[list[str]]
    names: int = 1
    wide: set[str] = field(default_factory=set)

    def markdown(self) -> str:
        lines = [self.header, ["---"] * self.names + ["--:"] * (len(self.header) - self.names), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def networks(section: list[dict]) -> Table:
    header, rows = measured(section)
    title = "Networks: a training step and an inference, milliseconds"
    return Table(title, ["", "", *header], [[e["name"], e["kind"], *row] for e, row in zip(section, rows, strict=True)], 2, {"spread"})


def kernels(section: list[dict]) -> Table:
    header, rows = measured(section)
    return Table("Single kernels, milliseconds", ["", *header], [[e["name"], *row] for e, row in zip(section, rows, strict=True)], 1, {"spread"})


def measured(section: list[dict]) -> tuple[list[str], list[list[str]]]:
    """What both have: threads, times, the ratio to the fastest other engine, the share of the roofline, the goal."""
    peers = [peer for peer in NAMES if any(peer in entry["median"] for entry in section)]
    header = ["thr", *(SHORT.get(peer, peer) for peer in peers), "ratio", "spread", "roof", "goal", "met"]
    rows = []
    for e in section:
        times = [milliseconds(e["median"].get(peer)) for peer in peers]
        ratio = [f"{e['ratio']:.2f}", "{:.2f}–{:.2f}".format(*e["spread"])] if "ratio" in e else [NONE, NONE]
        rows.append([str(e["threads"]), *times, *ratio, percent(e.get("share")), e.get("goal", NONE), verdict(e.get("met"))])
    return header, rows


def memory(section: list[dict]) -> Table:
    peers = list(section[0]["peak"])
    rows = []
    for e in section:
        cells = [f"{value / 1e6:.1f}" if isinstance(value := e["peak"][peer], int) else NONE for peer in peers]
        rows.append([e["name"], *cells, verdict(e.get("met"))])
    return Table("Peak memory of a training step beyond that of the process before it, MB", ["", *(SHORT.get(p, p) for p in peers), "met"], rows)


def overhead(section: list[dict]) -> Table:
    rows = []
    for e in section:
        cells = [f"{1e6 * e[phase]:.1f}" if phase in e else NONE for phase in ("forward", "backward")]
        rows.append([e["name"], *cells, verdict(e["met"])])
    return Table("What a call costs besides its arithmetic, microseconds", ["", "forward", "backward", "met"], rows)


def scaling(section: list[dict]) -> Table:
    rows = [[e["name"], str(e["threads"]), f"{e['sizes'][0]} to {e['sizes'][-1]}", f"{e['cliff']:.2f}"] for e in section]
    title = "Cost against size: the worst factor by which a multiply-add gets dearer from one size to the next"
    return Table(title, ["", "thr", "sizes", "cliff"], rows)


def ranks(section: list[dict]) -> Table:
    """Measured and predicted times on 1 and 2 ranks."""
    rows = []
    for e in section:
        times = [cell for pair in zip(e["measured"], e["predicted"], strict=True) for cell in (*map(milliseconds, pair), off(*pair))]
        rows.append([e["name"], str(e["batch"]), *times])
    header = ["", "batch", "1 rank", "model", "off", "2 ranks", "model", "off"]
    return Table("Data-parallel steps of one batch, a thread a rank, milliseconds: measured, and by the model", header, rows)


def more_ranks(section: list[dict]) -> Table:
    """What the model says of more ranks."""
    rows = [
        [e["name"], *(f"{value:.1f}" for value in e["speed_up"].values()), *(percent(value) for value in e["efficiency"].values())] for e in section
    ]
    header = ["", *(f"x {count}" for count in MORE), *(str(count) for count in MORE)]
    return Table("By the model: speed-up of the same batch on so many ranks (x), and efficiency with a batch for each", header, rows)


TABLES = {
    "zoo": (networks,), "kernels": (kernels,), "memory": (memory,), "overhead": (overhead,), "scaling": (scaling,), "ranks": (ranks, more_ranks),
}  # fmt: skip


def of(result: dict[str, Any]) -> list[Table]:
    """All tables of a run."""
    return [table(result[section]) for section, made in TABLES.items() if result.get(section) for table in made]


def milliseconds(seconds: float | None) -> str:
    """Three digits."""
    if seconds is None:
        return NONE
    value = 1e3 * seconds
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.01 else f"{value:.4f}"


def percent(share: float | None) -> str:
    return NONE if share is None else f"{100 * share:.0f} %"


def off(measured: float, predicted: float) -> str:
    return f"{100 * (predicted / measured - 1):+.0f} %"


def verdict(met: bool | None) -> str:
    return NONE if met is None else "yes" if met else "no"
