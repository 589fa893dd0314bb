"""What instructors run on results: merge, report, fill, export; and similarity, on submissions."""

import json
from pathlib import Path

import click

from netcore.cli import show
from netcore.cli.course import screens
from netcore.cli.course.instructor import OfOthers, existing, expand, path_type
from netcore.course import assignment as assignments
from netcore.course import bulk, formats, seeds, stage
from netcore.errors import ArgumentError, NetcoreError

UNPACKED = "It brings no wheel, for netcore was not installed from one for Linux here: its setup.sh asks the package index. Or give one with --wheel."


@click.command("merge")
@click.argument("results", type=existing, nargs=-1, required=True)
@click.option("--out", type=path_type, default=Path("results.jsonl"), show_default=True, help="All of them, each submission once.")
@click.option("--csv", "table", type=path_type, help="A table as well, one row per submission.")
def merge_command(results: tuple[Path, ...], out: Path, table: Path | None) -> None:
    """Put the results of all shards into one file; grading with it as --out skips what is in it."""
    records = bulk.merged(results)
    if not records:
        raise ArgumentError(f"{results[0]} holds no results")
    scratch = out.with_name(f".{out.name}.new")
    scratch.write_text("".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records), encoding="utf-8")
    scratch.replace(out)
    if table:
        formats.write_csv(table, records)
    bad = sum(record["state"] != "graded" for record in records)
    show.console.print(
        f"{len(records)} submissions from {len(results)} files in {out}" + (f"; {bad} could not be graded" if bad else ""), soft_wrap=True
    )


@click.command("fill")
@click.argument("table", type=existing)
@click.argument("results", type=existing, nargs=-1, required=True)
@click.option("--match", required=True, help="The column that says whose row it is, such as an ID or an address.")
@click.option("--column", required=True, help="The column to fill with scores; the beginning of its name is enough.")
@click.option("--out", type=path_type, help="The table to write.  [default: NAME-filled.csv beside it]")
def fill_command(table: Path, results: tuple[Path, ...], match: str, column: str, out: Path | None) -> None:
    """Fill a column of your own TABLE (the CSV that your platform exports) with the scores; nothing else in it changes.

    A row's cell under --match must be the submission's name or a part of it between underlines.
    """
    filled = formats.fill(table.read_bytes().decode("utf-8"), bulk.merged(results), match, column)
    out = out or table.with_name(f"{table.stem}-filled{table.suffix}")
    out.write_bytes(filled.text.encode())
    show.console.print(f"{filled.rows} scores filled in; written to {out}", soft_wrap=True)
    for names, what in ((filled.without_row, "no row fits"), (filled.in_doubt, "more than one fits")):
        if names:
            show.console.print(f"{what}: {screens.printable(', '.join(names))}", style="yellow", markup=False, soft_wrap=True)


@click.command("report")
@click.argument("results", type=existing, nargs=-1, required=True)
@click.option("--html", type=path_type, help="A page: distribution of each task, the most common mistakes.")
@click.option("--csv", "table", type=path_type, help="A table, one row per submission.")
def report_command(results: tuple[Path, ...], html: Path | None, table: Path | None) -> None:
    """Turn results (one file, or those of all shards) into a page or a table."""
    records = bulk.merged(results)
    if not records:
        raise ArgumentError(f"{results[0]} holds no results")
    if not html and not table:
        raise ArgumentError("say what to write: --html FILE, --csv FILE")
    if html:
        html.write_text(formats.report(records), encoding="utf-8")
    if table:
        formats.write_csv(table, records)
    show.console.print(f"{len(records)} submissions in {' and '.join(str(p) for p in (html, table) if p)}", soft_wrap=True)


@click.command("export")
@click.argument("kind", type=click.Choice(["gradescope", "autolab", "prairielearn", "classroom"]))
@click.argument("name", metavar="ASSIGNMENT|RESULTS", type=str)
@click.argument("out", type=path_type)
@click.option("--key", type=existing, help="For gradescope: the key goes into the zip.")
@click.option("--wheel", type=existing, help="For gradescope: a wheel of netcore for the zip.  [default: made of what is installed]")
def export_command(kind: str, name: str, out: Path, key: Path | None, wheel: Path | None) -> None:
    """Write an autograder, or grades, for another platform.

    gradescope: from an ASSIGNMENT, a zip to upload. The others: from RESULTS (a jsonl file), a folder with one file per submission.
    """
    if kind == "gradescope":
        packed = formats.autograder(assignments.find(name), out, seeds.read_key(key) if key else None, wheel)
        show.console.print(f"{out}: upload it as the autograder of a programming assignment", markup=False, soft_wrap=True)
        show.console.print(f"It brings {packed}." if packed else UNPACKED, style="" if packed else "yellow", markup=False, soft_wrap=True)
        if not key:
            show.console.print("Without --key the hidden tests stay pending; make one with: netcore course key FILE", style="yellow", soft_wrap=True)
        return
    records = [record for record in bulk.read_lines(name) if record["state"] == "graded"]
    if not records:
        raise ArgumentError(f"{name} holds no graded results")
    out.mkdir(parents=True, exist_ok=True)
    for number, record in enumerate(records):
        (out / f"{number:04d}-{formats.safe_name(record['submission'])}.json").write_text(formats.ONE[kind](record) + "\n", encoding="utf-8")
    show.console.print(f"{len(records)} files in {out}", soft_wrap=True)


@click.command("similarity", cls=OfOthers)
@click.argument("name", metavar="ASSIGNMENT")
@click.argument("submissions", metavar="SUBMISSION...", nargs=-1, required=True, type=existing)
@click.option("--out", type=path_type, default=Path("similarity"), help="Folder to write.")
def similarity_command(name: str, submissions: tuple[Path, ...], out: Path) -> None:
    """Write submissions without the handout's lines, for a tool that compares them (MOSS, JPlag, compare50)."""
    chosen, count = assignments.find(name), 0
    given = formats.handout_lines(chosen)
    out.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(expand(submissions, (chosen.manifest.file, chosen.manifest.notebook))):
        try:
            source = stage.stage(path, chosen).source
        except NetcoreError as error:
            show.console.print(f"left out: {error}", style="yellow", markup=False)
            continue
        (out / f"{number:04d}-{formats.safe_name(path.stem)}.py").write_text(formats.own_lines(source, given), encoding="utf-8")
        count += 1
    show.console.print(f"{count} files in {out}", soft_wrap=True)
