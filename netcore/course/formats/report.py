"""A page about a class: distribution of scores and of each task, the most common mistakes. One file, no scripts, nothing from elsewhere."""

import html
from collections import Counter

from netcore.course.results import Record

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0 2rem}
td,th{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;width:1%}td.bar,th.bar{width:34%}td.wide{width:80%}
.track{display:flex;height:1.3rem;margin-top:.1rem;border-radius:3px;overflow:hidden;background:#eee}
.track span{overflow:hidden;font-size:.8rem;line-height:1.3rem;text-align:center;white-space:nowrap;color:#222}
span.full{background:#2b5f94;color:#fff!important}span.part{background:#9cc3e6}span.none{background:#e3e3e3}
.key span{padding:.1rem .6rem;border-radius:3px;margin-right:.5rem}
@media (max-width:40rem){table.tasks td,table.tasks th{font-size:.85rem}}
@media (prefers-color-scheme:dark){body{color:#ddd;background:#181818}td,th{border-color:#444}.track{background:#333}}"""
WORDS = {"full": "full marks", "part": "some points", "none": "no points"}
KEY = "<p class=key>Submissions with <span class=full>full marks</span><span class=part>some points</span><span class=none>no points</span></p>"


def escape(text: str) -> str:
    """Text for a page: no markup, and no characters that are none, such as those that turn the direction of writing."""
    return html.escape("".join(c if c.isprintable() else " " for c in text))


def report(records: list[Record]) -> str:
    """The page, as HTML."""
    graded = [r for r in records if r["state"] == "graded"]
    name = escape(str(records[0].get("assignment", "")))
    scores = sorted(r["score"] for r in graded)
    head = f"{len(records)} submissions, {len(graded)} graded"
    if scores:
        middle = (scores[(len(scores) - 1) // 2] + scores[len(scores) // 2]) / 2
        head += f"; mean {sum(scores) / len(scores):.1f}, median {middle:.1f}, of {graded[0]['max_score']:g} points"
    rows = [[escape(r["submission"]), _score(r)] for r in sorted(records, key=lambda r: str(r["submission"]))]
    return "\n".join(
        [
            f'<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width"><title>{name}</title>',
            f"<style>{STYLE}</style><h1>{name}</h1><p>{head}.</p>",
            "<h2>Scores</h2>",
            _table([("of the points", "n"), ("submissions", "n"), ("", "bar wide")], _distribution(graded)),
            "<h2>Tasks</h2>",
            KEY,
            _table([("task", ""), ("visible", "bar"), ("mean", "n"), ("hidden", "bar"), ("mean", "n")], _tasks(graded), "tasks"),
            "<h2>The most common mistakes</h2>",
            _table([("submissions", "n"), ("task", ""), ("mistake", "")], _mistakes(graded)),
            "<h2>Submissions</h2>",
            _table([("submission", ""), ("score", "n")], rows),
            "</html>\n",
        ]
    )


def _table(head: list[tuple[str, str]], rows: list[list[str]], kind: str = "") -> str:
    """Columns are a title and the class of their cells; cells are HTML already."""
    if not rows:
        return "<p>None.</p>"
    titles = "".join(f'<th class="{style}">{title}</th>' for title, style in head)
    styles = [style for _, style in head]
    lines = ["".join(f'<td class="{style}">{cell}</td>' for style, cell in zip(styles, row, strict=True)) for row in rows]
    cells = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table class="{kind}"><tr>{titles}</tr>{cells}</table>'


def _score(record: Record) -> str:
    return f"{record['score']:g} of {record['max_score']:g}" if record["state"] == "graded" else escape(record.get("message", ""))


def _distribution(graded: list[Record]) -> list[list[str]]:
    """Tenths of the points, the best first."""
    counts = Counter(min(9, int(10 * r["score"] / r["max_score"])) for r in graded if r["max_score"])
    most = max(counts.values(), default=1)
    bars = [f'<div class=track><span class=full style="width:{100 * counts[k] / most:.1f}%"></span></div>' for k in range(10)]
    return [[f"{10 * k} – {10 * k + 10} %", str(counts[k]), bars[k]] for k in reversed(range(10))] if counts else []


def _tasks(graded: list[Record]) -> list[list[str]]:
    """For each task the visible and the hidden test: how many have all, some or none of its points, and the mean share."""
    rows = []
    for task, name in dict.fromkeys((t["task"], t["name"]) for r in graded for t in r["tests"]):
        row = [escape(name)]
        for hidden in (False, True):
            tests = [t for r in graded for t in r["tests"] if (t["task"], t["hidden"]) == (task, hidden)]
            shares = [t["points"] / t["max_points"] for t in tests if t["max_points"] and t["status"] != "pending"]
            row += [_stacked(shares), f"{sum(shares) / len(shares):.0%}"] if shares else ["", ""]
        rows.append(row)
    return rows


def _stacked(shares: list[float]) -> str:
    """One bar of three parts, with their numbers in it."""
    counts = Counter("full" if share == 1 else "part" if share else "none" for share in shares)
    said = ", ".join(f"{counts[kind]} {words}" for kind, words in WORDS.items() if counts[kind])
    parts = "".join(f'<span class={kind} style="flex:{counts[kind]}">{counts[kind]}</span>' for kind in WORDS if counts[kind])
    return f'<div class=track role=img aria-label="{said}" title="{said}">{parts}</div>'


def _mistakes(graded: list[Record]) -> list[list[str]]:
    found = Counter((t["name"], t["mistake"]) for r in graded for t in r["tests"] if t.get("mistake"))
    return [[str(count), escape(name), escape(mistake)] for (name, mistake), count in found.most_common(20)]
