"""How the commands print: tables, numbers, and what all of them do with threads."""

from typing import Any

import click
from rich.console import Console
from rich.table import Table

from netcore.config import set_num_threads
from netcore.training.progress import label, shown

console = Console(highlight=False, soft_wrap=False)


def table(*columns: str, rows: Any, title: str | None = None) -> None:
    """A plain table; columns whose name ends in '>' are set to the right."""
    result = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        result.add_column(column.rstrip(">"), justify="right" if column.endswith(">") else "left", overflow="fold")
    for row in rows:
        result.add_row(*(str(cell) for cell in row))
    console.print(result)


def fact(name: str, value: str) -> None:
    """One line `name  value`."""
    console.print(f"[bold]{name:11}[/bold]", end="")
    console.print(value, markup=False)


def metrics_text(metrics: dict[str, float]) -> str:
    """'accuracy 97.12 %, loss 0.0932', the loss last."""
    order = sorted(metrics.items(), key=lambda item: item[0] == "loss")
    return ", ".join(f"{label(name)} {shown(name, value)}" for name, value in order)


def bar(share: float, width: int = 24) -> str:
    """A bar as long as a probability."""
    return "█" * round(share * width)


def use_threads(threads: int | None) -> None:
    if threads is not None:
        set_num_threads(threads)


data_dir = click.option("--data-dir", type=click.Path(), help="Folder of data sets.  [default: NETCORE_DATA, then the cache]")
threads = click.option("--threads", type=click.IntRange(1, 1024), help="Threads to use; results do not depend on it.  [default: all]")
