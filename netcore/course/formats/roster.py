"""Scores into a column of the table that an instructor exported (Canvas, Moodle, a spreadsheet); every other cell stays as it is.

A row belongs to a submission when its cell in the column `match` is the submission's name, or one part of it between
underlines: 12345 in "meieranna_12345_67890_layers.py", "Anna Meier" in "Anna Meier_881_assignsubmission_file", "anna" of
anna@school.example in "anna.zip". Case and punctuation do not count. Where two could be meant, nothing is filled in.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePath

from netcore.course.results import Record
from netcore.errors import ArgumentError

SUFFIXES = (".py", ".pyx", ".ipynb", ".zip")


@dataclass
class Filled:
    """The table as text; and who is in one of the two only, or in doubt."""

    text: str
    rows: int = 0
    without_row: list[str] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)


def fill(text: str, records: list[Record], match: str, column: str) -> Filled:
    """The table with the scores of graded records in `column`. ArgumentError where there is no such column."""
    mark, body = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    head = body.splitlines()[0] if body.strip() else ""
    delimiter = max(",;\t", key=head.count)
    rows = list(csv.reader(io.StringIO(body, newline=""), delimiter=delimiter))
    if not rows:
        raise ArgumentError("the table is empty")
    key, target = _find(rows[0], match), _find(rows[0], column)
    names = {_plain(row[key]): row for row in rows[1:] if len(row) > key and _plain(row[key])}
    twice = {name for name, count in Counter(_plain(row[key]) for row in rows[1:] if len(row) > key).items() if count > 1}
    made = Filled("")
    chosen: dict[str, Record] = {}
    for record in sorted(records, key=lambda each: each["submission"]):
        found = next((hits for forms in _forms(record["submission"]) if (hits := [n for n in names if forms & _own(n, names[n][key])])), [])
        if not found:
            made.without_row.append(record["submission"])
        elif len(found) > 1 or found[0] in twice or found[0] in chosen:
            made.in_doubt.append(record["submission"])
            if len(found) == 1:
                made.in_doubt += [chosen[found[0]]["submission"]] if chosen.get(found[0]) else []
                chosen[found[0]] = {}
        else:
            chosen[found[0]] = record
    for name, record in chosen.items():
        if record.get("state") == "graded":
            names[name].extend([""] * (target + 1 - len(names[name])))
            names[name][target] = f"{round(record['score'], 2):g}"
            made.rows += 1
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n" if "\r\n" in text else "\n").writerows(rows)
    made.text = mark + out.getvalue()
    return made


def _find(head: list[str], wanted: str) -> int:
    """The column of this name, or the only one that begins so (Canvas puts a number behind it)."""
    names = [cell.strip() for cell in head]
    fits = [i for i, name in enumerate(names) if name == wanted] or [i for i, name in enumerate(names) if name.startswith(wanted)]
    if len(fits) != 1:
        raise ArgumentError(f"{'no column' if not fits else 'more than one column'} {wanted!r}; columns: {', '.join(names)}")
    return fits[0]


def _plain(text: str) -> str:
    return re.sub(r"\W", "", text.casefold())


def _own(name: str, cell: str) -> set[str]:
    """What a row may be called: its cell, and of an address what stands before the @."""
    return {name, _plain(cell.partition("@")[0])}


def _forms(submission: str) -> list[set[str]]:
    """The whole name first, then its parts."""
    path = PurePath(submission)
    stem = path.stem if path.suffix in SUFFIXES else path.name
    return [{_plain(submission)}, {_plain(stem)}, {_plain(part) for part in stem.split("_")} - {""}]
