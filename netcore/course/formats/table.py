"""CSV after RFC 4180, with formulas neutralised: a student may be called =HYPERLINK(…)."""

import csv
import unicodedata
from pathlib import Path
from typing import Any

from netcore.course.results import Record


def neutral(cell: Any) -> Any:
    """Text that a spreadsheet would compute gets an apostrophe in front, in signs of full width too; numbers stay numbers."""
    if not isinstance(cell, str):
        return cell
    text = "".join(c if c.isprintable() else " " for c in cell)
    return "'" + text if unicodedata.normalize("NFKC", text).lstrip()[:1] in ("=", "+", "-", "@", "|", "%") else text


def write_csv(path: str | Path, records: list[Record]) -> None:
    """One row per submission: score, and the points of each test."""
    tests = list(dict.fromkeys(t["id"] for r in records for t in r.get("tests", [])))
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)  # no sign in a text ends its cell, whatever separates cells where it is read
        table.writerow(["submission", "state", "score", "max_score", *tests, "sha256"])
        for r in records:
            points = {t["id"]: t["points"] for t in r.get("tests", [])}
            row = [r["submission"], r["state"], r.get("score", ""), r.get("max_score", ""), *(points.get(t, "") for t in tests), r.get("sha256", "")]
            table.writerow([neutral(cell) for cell in row])
