"""Two runs side by side: what has become slower, by more than the turns of a run differ among themselves."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.report import key

SECTIONS = ("zoo", "kernels")


def read(path: str) -> dict[str, Any]:
    try:
        result = json.loads(Path(path).read_text())
        assert isinstance(result, dict) and "roofline" in result
    except (OSError, ValueError, AssertionError) as error:
        raise SystemExit(f"{path} is no bench.json of `python -m bench` ({type(error).__name__}: {error})") from None
    return result


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """One dict for each entry that both have: the two ratios, their quotient, and whether it is a regression.

    Ratios to another engine of the same run are compared, since times drift from machine to machine and from day to day; where
    there was no other engine, the shares of the roofline are.
    """
    found = []
    for section in SECTIONS:
        old = {key(entry): entry for entry in before.get(section, [])}
        for entry in after.get(section, []):
            then = old.get(key(entry))
            measure = "ratio" if then and "ratio" in then and "ratio" in entry else "share"
            if then is None or measure not in then or measure not in entry:
                continue
            noise = max(width(then), width(entry)) if measure == "ratio" else 0.1
            change = entry[measure] / then[measure]
            found.append(
                {"name": entry["name"], "kind": entry["kind"], "threads": entry["threads"], "measure": measure, "before": then[measure],
                 "after": entry[measure], "change": change, "noise": noise, "regression": change < 1 - noise}
            )  # fmt: skip
    return found


def width(entry: dict) -> float:
    """Half the spread of the turns' ratios, as a share of their median; at least three percent."""
    low, high = entry["spread"]
    return max(0.03, (high - low) / 2 / entry["ratio"])


def show(found: list[dict[str, Any]], console: Console) -> None:
    table = Table(title="Changes, worst first", title_justify="left", header_style="bold")
    for name in ("", "", "threads", "before", "after", "change", "noise", ""):
        table.add_column(name, justify="right" if name else "left")
    for one in sorted(found, key=lambda one: one["change"]):
        verdict = "[bold]slower[/bold]" if one["regression"] else "faster" if one["change"] > 1 + one["noise"] else ""
        table.add_row(
            one["name"], one["kind"], str(one["threads"]), f"{one['before']:.2f}", f"{one['after']:.2f}",
            f"{100 * (one['change'] - 1):+.0f} %", f"±{100 * one['noise']:.0f} %", verdict,
        )  # fmt: skip
    console.print(table)
