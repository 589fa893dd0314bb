"""What a run found, put into the READMEs: `python -m bench readme bench-results/bench.json`.

A page says where with two comments, and what stands between them is replaced:

    <!-- measured: rows -->
    <!-- end of rows -->
"""

import re
from pathlib import Path
from typing import Any

from bench import report, tables, where
from bench.tables import NONE, Table
from bench.turns import ROOT

PAGES = ("README.md", "bench/README.md")


def summary(result: dict[str, Any]) -> str:
    """How many times as fast as the fastest other engine, a line a network; bold where that is the goal or more."""
    entries = {(e["name"], e["kind"], e["threads"]): e for e in result.get("zoo", [])}
    columns = list(dict.fromkeys((kind, threads) for kind in ("step", "infer") for _, k, threads in entries if k == kind))
    called = {"step": "training step", "infer": "inference"}
    rows = []
    for name in dict.fromkeys(name for name, _, _ in entries):
        found = [entries.get((name, *column)) for column in columns]
        rows.append([name, *(NONE if e is None or "ratio" not in e else f"**{e['ratio']:.2f}**" if e["met"] else f"{e['ratio']:.2f}" for e in found)])
    header = ["", *(f"{called[kind]}, {threads} thread{'s' * (threads > 1)}" for kind, threads in columns)]
    goal = "Bold: twice as fast or, where the roofline forbids that, at 85 % of the roofline."
    return f"{Table('', header, rows).markdown()}\n\n{goal} {machine(result)}"


def rows(result: dict[str, Any]) -> str:
    """Every network, what is reached, the goal, and where the time goes of those that fall short."""
    parts = [machine(result)]
    if entries := result.get("zoo", []):
        table = tables.networks(entries)
        parts += [table.markdown(), reached(entries, "networks")]
        short = [f"- **{called(e)}**: {where.told(e['where'])}." for e in entries if e.get("where")]
        parts += ["Where the time goes of those that fall short:", "\n".join(short)] if short else []
    if entries := result.get("kernels", []):
        short = [e for e in entries if e.get("met") is False]
        parts += [f"{reached(entries, 'single kernels')}{' Those that fall short:' if short else ''}"]
        parts += [tables.kernels(short).markdown()] if short else []
    for section in ("memory", "overhead", "scaling", "ranks"):
        for made in tables.TABLES.get(section, ()) if result.get(section) else ():
            one = made(result[section])
            parts += [f"**{one.title}**", one.markdown()]
    return "\n\n".join(parts)


def machine(result: dict[str, Any]) -> str:
    """On what, in one paragraph."""
    return "Measured on: " + "; ".join(report.facts(result)) + "."


def reached(entries: list[dict[str, Any]], what: str) -> str:
    judged = [e for e in entries if "met" in e]
    return f"{sum(e['met'] for e in judged)} of {len(judged)} {what} reach their goal."


def called(entry: dict[str, Any]) -> str:
    return f"{entry['name']} {entry['kind']}, {entry['threads']} thread{'s' * (entry['threads'] > 1)}"


PARTS = {"summary": summary, "rows": rows}


def filled(page: str, result: dict[str, Any]) -> str:
    """The page with its marked parts replaced."""
    for name, made in PARTS.items():
        begin, end = f"<!-- measured: {name} -->", f"<!-- end of {name} -->"
        page = re.sub(f"{begin}.*?{end}", lambda _, made=made, begin=begin, end=end: f"{begin}\n\n{made(result)}\n\n{end}", page, flags=re.DOTALL)
    return page


def write(result: dict[str, Any], root: Path = ROOT) -> list[str]:
    """Fill the pages in; the names of those that changed."""
    changed = []
    for name in PAGES:
        page = (root / name).read_text()
        if (new := filled(page, result)) != page:
            (root / name).write_text(new)
            changed.append(name)
    return changed
