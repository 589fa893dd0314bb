"""What comes out of a run: a table in the terminal and in Markdown, JSON, and plots."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.ranks import MORE

GOAL = {"step": 2.0, "infer": 2.0}


def rows_of(section: list[dict]) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the zoo's or the kernels' table."""
    peers = sorted({peer for entry in section for peer in entry["median"]}, key=lambda peer: peer != "netcore")
    header = ["", "", "threads", *(f"{peer} ms" for peer in peers), "ratio", "spread", "of the roofline"]
    rows = []
    for entry in section:
        times = [f"{1e3 * entry['median'][peer]:.3g}" if peer in entry["median"] else "–" for peer in peers]
        ratio = [f"{entry['ratio']:.2f}", "{:.2f}–{:.2f}".format(*entry["spread"])] if "ratio" in entry else ["–", "–"]
        kind = entry["kind"] if entry["kind"] in GOAL else ""
        rows.append([entry["name"], kind, str(entry["threads"]), *times, *ratio, f"{100 * entry['share']:.0f} %" if "share" in entry else "–"])
    return header, rows


def memory_rows(section: list[dict]) -> tuple[list[str], list[list[str]]]:
    peers = list(section[0]["peak"])
    rows = [[entry["name"], *(f"{v / 1e6:.0f}" if isinstance(v := entry["peak"][peer], int) else "–" for peer in peers)] for entry in section]
    return ["", *(f"{peer} MB" for peer in peers)], rows


def scaling_rows(section: list[dict]) -> tuple[list[str], list[list[str]]]:
    rows = [[e["name"], str(e["threads"]), f"{e['sizes'][0]} … {e['sizes'][-1]}", f"{e['cliff']:.2f}"] for e in section]
    return ["", "threads", "sizes", "worst step in cost per multiply-add"], rows


def ranks_rows(section: list[dict]) -> tuple[list[str], list[list[str]]]:
    """Measured and predicted times on 1 and 2 ranks; then what the model says of more."""
    header = ["", "batch", "1 rank ms", "model", "2 ranks ms", "model", *(f"speed-up {r}" for r in MORE), *(f"efficiency {r}" for r in MORE)]
    rows = []
    for e in section:
        times = [f"{1e3 * each:.3g}" for pair in zip(e["measured"], e["predicted"], strict=True) for each in pair]
        gains = [f"{value:.1f}" for value in e["speed_up"].values()] + [f"{100 * value:.0f} %" for value in e["efficiency"].values()]
        rows.append([e["name"], str(e["batch"]), *times, *gains])
    return header, rows


TITLES = {
    "zoo": "Networks: training step and inference, milliseconds; ratio: fastest other engine / netcore",
    "kernels": "Single kernels, milliseconds; ratio: PyTorch / netcore",
    "memory": "Peak memory of a training step, beyond the process before the network",
    "scaling": "Cost against size",
    "ranks": "Data-parallel steps, two ranks of one thread a machine: measured; from the model the speed-up of the same batch "
    "cut among so many ranks, and the efficiency with a batch for each",
}
TABLES = {"zoo": rows_of, "kernels": rows_of, "memory": memory_rows, "scaling": scaling_rows, "ranks": ranks_rows}


def facts(result: dict[str, Any]) -> list[str]:
    """Where and with what it was measured."""
    lines = [f"{key}: {value}" for key, value in result["environment"].items()]
    for threads, roof in result["roofline"].items():
        places = ", ".join(f"{where} {rate / 1e9:.0f} GB/s" for where, rate in roof["bandwidth"].items())
        lines.append(f"roofline, {threads} thread(s): {roof['flops'] / 1e9:.0f} GFLOP/s; {places}")
    errors = {f"{peer}: {text}" for section in ("zoo", "kernels") for entry in result.get(section, []) for peer, text in entry["errors"].items()}
    return lines + sorted(errors)


def show(result: dict[str, Any], console: Console) -> None:
    for section, title in TITLES.items():
        if not result.get(section):
            continue
        header, rows = TABLES[section](result[section])
        table = Table(title=title, title_justify="left", header_style="bold")
        for i, name in enumerate(header):
            table.add_column(name, justify="left" if (i < 2 and section in ("zoo", "kernels")) or i == 0 else "right", overflow="fold")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for line in facts(result):
        console.print(line, highlight=False)


def markdown(result: dict[str, Any]) -> str:
    parts = ["# Benchmark\n", *(f"- {line}" for line in facts(result)), ""]
    for section, title in TITLES.items():
        if result.get(section):
            header, rows = TABLES[section](result[section])
            lines = [header, ["---"] * len(header), *rows]
            parts += [f"## {title}\n", *(f"| {' | '.join(line)} |" for line in lines), ""]
    return "\n".join(parts)


def write(result: dict[str, Any], folder: Path) -> None:
    """bench.json, bench.md and plots."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(result, indent=1) + "\n")
    (folder / "bench.md").write_text(markdown(result) + "\n")
    from bench import plots

    for section in ("zoo", "kernels"):
        if any("ratio" in entry for entry in result.get(section, [])):
            plots.ratios(result[section], section, folder / f"{section}.png")
    if result.get("scaling"):
        plots.scaling(result["scaling"], folder / "scaling.png")
    if result.get("ranks"):
        plots.ranks(result["ranks"], folder / "ranks.png")
