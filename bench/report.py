"""What comes out of a run: tables in the terminal and in Markdown, JSON, and plots."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import tables

WIDE = 100  # characters of a terminal that shows every column
READING = (
    "ratio: the fastest other engine's time over netcore's. roof: the time that the work takes at the roofline, over netcore's. "
    "goal: of the ratio (x) or, where the roofline forbids that, of the share of it (%)."
)


def facts(result: dict[str, Any]) -> list[str]:
    """Where and with what it was measured."""
    lines = [f"{key}: {value}" for key, value in result["environment"].items()]
    for threads, roof in result["roofline"].items():
        places = ", ".join(f"{speed / 1e9:.0f} ({size / 2**20:.0f} MiB)" for size, speed in roof["copy"])
        lines.append(f"roofline, {threads} thread(s): {roof['flops'] / 1e9:.0f} GFLOP/s; copy, GB/s: {places}")
    errors = {f"{peer}: {text}" for section in ("zoo", "kernels") for entry in result.get(section, []) for peer, text in entry["errors"].items()}
    return lines + sorted(errors)


def show(result: dict[str, Any], console: Console) -> None:
    for one in tables.of(result):
        shown = [i for i, name in enumerate(one.header) if console.width >= WIDE or name not in one.wide]
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
        for i in shown:
            table.add_column(one.header[i], justify="left" if i < one.names else "right", no_wrap=True)
        for row in one.rows:
            table.add_row(*(row[i] for i in shown))
        console.print(f"\n[bold]{one.title}[/bold]")
        console.print(table)
    if result.get("zoo") or result.get("kernels"):
        console.print(READING, style="dim", markup=False)
    for line in facts(result):
        console.print(line, highlight=False, markup=False)


def markdown(result: dict[str, Any]) -> str:
    parts = ["# Benchmark\n", *(f"- {line}" for line in facts(result)), f"\n{READING}\n"]
    for one in tables.of(result):
        parts += [f"## {one.title}\n", one.markdown(), ""]
    return "\n".join(parts)


def joined(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Two runs as one: what the later one measured takes the place of what the earlier one has of the same name."""
    result = before | now
    result["roofline"] = {str(threads): roof for one in (before, now) for threads, roof in one["roofline"].items()}
    for section in set(before) & set(now) & set(tables.TABLES):
        places = {key(entry): entry for entry in before[section]} | {key(entry): entry for entry in now[section]}
        result[section] = list(places.values())
    return result


def key(entry: dict[str, Any]) -> tuple:
    return entry["name"], entry.get("kind"), entry.get("threads")


def write(result: dict[str, Any], folder: Path) -> None:
    """bench.json, bench.md and plots."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(result, indent=1) + "\n")
    (folder / "bench.md").write_text(markdown(result))
    from bench import plots

    for section in ("zoo", "kernels"):
        if any("ratio" in entry for entry in result.get(section, [])):
            plots.ratios(result[section], section, folder / f"{section}.png")
    if result.get("scaling"):
        plots.scaling(result["scaling"], folder / "scaling.png")
    if result.get("ranks"):
        plots.ranks(result["ranks"], folder / "ranks.png")
