"""The pictures of a benchmark."""

from pathlib import Path
from typing import Any

from netcore.plot.style import BLACK, BLUE, CYCLE, ORANGE, axes, pyplot


def ratios(section: list[dict], title: str, path: Path) -> None:
    """One bar an entry: how many times as fast as the fastest other engine; 1 and 2 are marked."""
    entries = [entry for entry in section if "ratio" in entry][::-1]
    ax = axes(None, 7, 1 + 0.22 * len(entries))
    colours = [BLUE if entry["ratio"] >= 1 else ORANGE for entry in entries]
    ax.barh(range(len(entries)), [entry["ratio"] for entry in entries], color=colours, height=0.7)
    kinds = {"step", "infer"}
    names = [f"{entry['name']}{' ' + entry['kind'] if entry['kind'] in kinds else ''}, {entry['threads']} thr." for entry in entries]
    ax.set_yticks(range(len(entries)), names, fontsize=7)
    for i, entry in enumerate(entries):
        ax.text(entry["ratio"], i, f" {entry['ratio']:.2f}", va="center", fontsize=7)
    for mark in (1, 2):
        ax.axvline(mark, color=BLACK, linewidth=0.8, linestyle="--")
    ax.set_ylim(-0.7, len(entries) - 0.3)
    ax.set_xlabel("times as fast as the fastest other engine")
    ax.set_title(title)
    save(ax.figure, path)


def scaling(section: list[dict], path: Path) -> None:
    """Seconds against each size, both axes logarithmic: proportional cost is a straight line."""
    names = list(dict.fromkeys(entry["name"] for entry in section))
    fig, grid = pyplot().subplots(2, -(-len(names) // 2), figsize=(10, 5), layout="constrained")
    for ax, name in zip(grid.flat, names, strict=False):
        for entry, colour in zip((e for e in section if e["name"] == name), (BLUE, ORANGE), strict=False):
            ax.loglog(entry["sizes"], [1e3 * s for s in entry["seconds"]], "o-", markersize=3, color=colour, label=f"{entry['threads']} thread(s)")
        ax.set_xscale("log", base=2)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter("")
        ax.set_xlabel(name)
        ax.set_ylabel("step, ms")
        ax.legend(fontsize=7)
    for ax in grid.flat[len(names) :]:
        ax.set_visible(False)
    save(fig, path)


def ranks(section: list[dict], path: Path) -> None:
    """What so many ranks gain: lines from the model, points measured; the same batch cut among them, and a batch for each."""
    fig, both = pyplot().subplots(1, 2, figsize=(10, 4.5), layout="constrained")
    for ax, which, title in zip(both, ("speed_up", "efficiency"), ("the same batch, cut among the ranks", "a batch for each rank"), strict=True):
        counts = [int(count) for count in section[0][which]]
        ax.loglog([1, counts[-1]], [1, counts[-1]], color=BLACK, linewidth=0.8, linestyle=":")
        for i, entry in enumerate(section):
            colour, dashes = CYCLE[i % len(CYCLE)], ("-", "--")[i // len(CYCLE) % 2]
            gains = [value * (count if which == "efficiency" else 1) for count, value in zip(counts, entry[which].values(), strict=True)]
            ax.loglog([1, *counts], [1, *gains], color=colour, linestyle=dashes, label=entry["name"])
            if which == "speed_up":
                ax.loglog([2], [entry["measured"][0] / entry["measured"][1]], "o", markersize=4, color=colour)
        ax.set_xlabel("ranks")
        ax.set_title(title)
    both[0].set_ylabel("rows a second, in those of one rank")
    both[1].legend(fontsize=7, ncols=2)
    save(fig, path)


def save(fig: Any, path: Path) -> None:
    fig.savefig(path, dpi=130)
    pyplot().close(fig)
