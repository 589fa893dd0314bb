"""A page about a class: distribution of scores, each task, the most common mistakes. One file, no scripts, nothing from elsewhere."""

import html
from collections import Counter

from netcore.course.results import Record

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0 2rem}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bar{background:#3b6ea5;height:.9rem;border-radius:2px}.track{background:#eee;border-radius:2px}
@media (prefers-color-scheme:dark){body{color:#ddd;background:#181818}td,th{border-color:#444}.track{background:#333}}"""


def escape(text: str) -> str:
    """Text for a page: no markup, and no characters that are none, such as those that turn the direction of writing."""
    return html.escape("".join(c if c.isprintable() else " " for c in text))


def report(records: list[Record]) -> str:
    """The page, as HTML."""
    graded = [r for r in records if r["state"] == "graded"]
    name = escape(str(records[0].get("assignment", "")))
    scores = sorted(r["score"] for r in graded)
    middle = scores[len(scores) // 2] if scores else 0
    head = f"{len(records)} submissions, {len(graded)} graded"
    if scores:
        head += f"; mean {sum(scores) / len(scores):.2f}, median {middle:g}, of {graded[0]['max_score']:g} points"
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><title>{name}</title><style>{STYLE}</style><h1>{name}</h1><p>{head}.</p>"]
    parts += ["<h2>Scores</h2>", _table(["from", "submissions", ""], _distribution(graded))]
    parts += ["<h2>Tasks</h2>", _table(["task", "test", "full marks", "mean", ""], _tasks(graded))]
    parts += ["<h2>The most common mistakes</h2>", _table(["submissions", "task", "mistake"], _mistakes(graded))]
    rows = [[escape(r["submission"]), f"{r['score']:g}" if r["state"] == "graded" else escape(r.get("message", ""))] for r in records]
    parts += ["<h2>Submissions</h2>", _table(["submission", "score"], rows), "</html>\n"]
    return "\n".join(parts)


def _table(head: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return "<p>None.</p>"
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{each}</th>' for each in head)}</tr>{cells}</table>"


def _bar(share: float) -> str:
    return f'<div class=track><div class=bar style="width:{100 * share:.0f}%"></div></div>'


def _distribution(graded: list[Record]) -> list[list[str]]:
    """Tenths of the points."""
    counts = Counter(min(9, int(10 * r["score"] / r["max_score"])) for r in graded if r["max_score"])
    most = max(counts.values(), default=1)
    return [[f"{10 * k} %", str(counts[k]), _bar(counts[k] / most)] for k in reversed(range(10))] if counts else []


def _tasks(graded: list[Record]) -> list[list[str]]:
    rows = []
    for test in dict.fromkeys((t["id"], t["name"]) for r in graded for t in r["tests"]):
        shares = [t["points"] / t["max_points"] for r in graded for t in r["tests"] if t["id"] == test[0] and t["max_points"]]
        if shares:
            mean = sum(shares) / len(shares)
            full = sum(share == 1 for share in shares)
            rows.append([escape(test[1]), test[0].rsplit(".", 1)[1], f"{full} of {len(shares)}", f"{mean:.0%}", _bar(mean)])
    return rows


def _mistakes(graded: list[Record]) -> list[list[str]]:
    found = Counter((t["name"], t["mistake"]) for r in graded for t in r["tests"] if t.get("mistake"))
    return [[str(count), escape(name), escape(mistake)] for (name, mistake), count in found.most_common(20)]
