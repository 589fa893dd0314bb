"""CSV after RFC 4180, with formulas neutralised: a student may be called =HYPERLINK(…)."""

import csv
from pathlib import Path
from typing import Any

from netcore.course.results import Record


def neutral(cell: Any) -> Any:
    """Text that a spreadsheet would compute gets an apostrophe in front; numbers stay numbers."""
    if isinstance(cell, str) and cell.lstrip(" \t\r\n")[:1] in ("=", "+", "-", "@", "|", "%"):
        return "'" + cell
    return cell.replace("\t", " ").replace("\r", " ") if isinstance(cell, str) else cell


def write_csv(path: str | Path, records: list[Record]) -> None:
    """One row per submission: score, and the points of each test."""
    tests = list(dict.fromkeys(t["id"] for r in records for t in r.get("tests", [])))
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["submission", "state", "score", "max_score", *tests, "sha256"])
        for r in records:
            points = {t["id"]: t["points"] for t in r.get("tests", [])}
            row = [r["submission"], r["state"], r.get("score", ""), r.get("max_score", ""), *(points.get(t, "") for t in tests), r.get("sha256", "")]
            table.writerow([neutral(cell) for cell in row])
