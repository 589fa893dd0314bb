"""What a student sees of a grading: one line per task, points, and what is wrong in words."""

import textwrap
from typing import Any

from rich.markup import escape

from netcore.cli import show
from netcore.course.race import overall
from netcore.course.results import Record
from netcore.course.swap import Tally

WORDS = {
    "wrong_value": "wrong numbers",
    "wrong_shape": "wrong shape",
    "wrong_dtype": "wrong dtype",
    "nonfinite": "not finite",
    "exception": "an exception",
    "timeout": "too slow",
    "memory": "too much memory",
    "killed": "crashed",
    "missing": "not written yet",
    "protocol": "no answer",
}


def number(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")


def checked(record: Record, then: list[str], where: str = "") -> None:
    """The screen of `netcore course check`. `then` is said where all is right; `where` is how further commands find the folder."""
    visible, said = [t for t in record["tests"] if not t["hidden"]], ""
    earned = [f"{number(test['points'])} of {number(test['max_points'])}" for test in visible]
    width, wide = (max(map(len, texts), default=0) for texts in ([test["name"] for test in visible], earned))
    for test, points in zip(visible, earned, strict=True):
        sign, style = ("✓", "green") if test["status"] == "ok" else ("·", "dim") if test["status"] == "missing" else ("✗", "red")
        state = "" if test["status"] == "ok" else WORDS[test["status"]]
        line = f"{escape(test['name'].ljust(width))}  {test['passed']:>2} of {test['total']} cases  {points.rjust(wide)} points"
        show.console.print(f"[{style}]{sign}[/{style}] {line}  [{style}]{state}[/{style}]", soft_wrap=True)
        if test["status"] not in ("ok", "missing") and test["message"] != said:  # what keeps the whole file from running is said once
            told(test)
        said = test["message"]
    if record.get("printed"):
        show.console.print("\n[bold]Your code printed[/bold]", style="dim")
        show.console.print(textwrap.indent("\n".join(printable(record["printed"]).splitlines()[:12]), "    "), markup=False)
    done = sum(t["status"] == "ok" for t in visible)
    total, of = sum(t["points"] for t in visible), sum(t["max_points"] for t in visible)
    pending = record.get("pending", 0)
    rest = f"; hidden tests pending ({number(pending)} points)" if pending else ""
    show.console.print(f"\n[bold]Visible {done} of {len(visible)}, {number(total)} of {number(of)} points{rest}.[/bold]")
    if "leaderboard" in record:
        raced(record["leaderboard"])
    next_up = next((t for t in visible if t["status"] != "ok"), None)
    if next_up is not None:
        then = [f"Next: {next_up['name']}. This task alone: netcore course check{where} --task {next_up['task']}"]
    show.console.print("\n".join(then), markup=False, soft_wrap=True)


def raced(rows: list[dict[str, Any]]) -> None:
    """The leaderboard of one submission."""
    shown = []
    for row in rows:
        right = row["status"] == "ok"
        times = (
            (f"{1e3 * row['own_s']:.2f} ms", f"{row['times_naive']:.2f} ×", f"{row['times_engine']:.2f} ×")
            if right
            else (WORDS[row["status"]], "", "")
        )
        shown.append((row["name"], *times))
    if mean := overall(rows):
        shown.append(("all (geometric mean)", "", f"{mean['times_naive']:.2f} ×", f"{mean['times_engine']:.2f} ×"))
    show.console.print("\n[bold]All is right; so how fast is it?[/bold]")
    show.table("", "yours>", "naive version>", "engine>", rows=shown)
    show.console.print("How many times as fast as the naive version, and as the engine's own kernels.", style="dim")


def told(test: dict[str, Any]) -> None:
    """What is wrong, wrapped and indented; the likely mistake in front."""
    for text, style in ((test["mistake"], "bold yellow"), (test["message"], "")):
        if text:
            lines = textwrap.wrap(printable(text[0].upper() + text[1:] if style else text), 76)
            show.console.print(textwrap.indent("\n".join(lines), "    "), style=style, markup=False)


def printable(text: str) -> str:
    """No escape sequences, whatever a submission prints."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def swapped(tallies: dict[str, Tally]) -> int:
    """What a hot-swap counted: calls that were compared, and how much slower than the engine the student's functions were. The calls."""
    rows = []
    for name, tally in tallies.items():
        if tally.calls:
            ratio = f"{tally.own_s / tally.engine_s:.1f} ×" if tally.engine_s else ""
            rows.append((name, f"{tally.calls:,}", f"{tally.own_s:.2f} s", f"{tally.engine_s:.2f} s", ratio))
    show.console.print()
    show.table("function", "compared>", "yours>", "the engine>", "yours to engine>", rows=rows)
    return sum(tally.calls for tally in tallies.values())
