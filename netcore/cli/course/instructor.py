"""What instructors run to grade, and to make assignments: key, grade, certify, new."""

import os
from collections import Counter
from pathlib import Path

import click
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from netcore.cli import show
from netcore.cli.course import screens
from netcore.course import assignment as assignments
from netcore.course import bulk, certify, formats, scaffold, seeds
from netcore.course.race import overall
from netcore.course.results import Record
from netcore.errors import ArgumentError

path_type = click.Path(path_type=Path)
existing = click.Path(exists=True, path_type=Path)


class OfOthers(click.Command):
    """A command that is given files of others, often as `*`: one that is called like an option must not become one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for word in args[: args.index("--") if "--" in args else None]:
            if word.startswith("-") and os.path.lexists(word):
                raise ArgumentError(f"{word!r} is the name of a file here, and an option: write ./* and not * for the submissions")
        return super().parse_args(ctx, args)


@click.command("key")
@click.argument("file", type=path_type)
def key_command(file: Path) -> None:
    """Make the secret from which hidden tests come. Keep it for regrades, and from students."""
    if file.exists():
        raise ArgumentError(f"{file} is there already; a key is not written over")
    seeds.make_key(file)
    show.console.print(
        f"{file} holds a fresh key. Grade with: netcore course grade ASSIGNMENT SUBMISSIONS… --key {file}", markup=False, soft_wrap=True
    )


@click.command("grade", cls=OfOthers)
@click.argument("name", metavar="ASSIGNMENT")
@click.argument("submissions", metavar="SUBMISSION...", nargs=-1, required=True, type=existing)
@click.option("--key", type=existing, help="The key's file; without it hidden tests stay pending.")
@click.option(
    "--out", type=path_type, help="One line per submission; graded ones are skipped next time.  [default: results.jsonl, with --shard results-I-of-N]"
)
@click.option("--csv", "table", type=path_type, help="A table as well, one row per submission.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Submissions at a time.  [default: one per processor]")
@click.option("--shard", metavar="I/N", help="Only every N-th submission, from the I-th (1 to N): for job arrays.")
@click.option("--allow-tier-0", is_flag=True, help="Run hidden tests even where nothing isolates them.")
def grade_command(
    name: str,
    submissions: tuple[Path, ...],
    key: Path | None,
    out: Path | None,
    table: Path | None,
    jobs: int | None,
    shard: str | None,
    allow_tier_0: bool,
) -> None:
    """Grade submissions: Python files, notebooks, zips, folders of a student, or folders of all these.

    An interrupted run goes on where it stopped.
    """
    chosen = assignments.find(name)
    found = expand(submissions, (chosen.manifest.file, chosen.manifest.notebook))
    paths = part(found, shard)
    out = out or Path(f"results-{shard.replace('/', '-of-')}.jsonl" if shard else "results.jsonl")  # no two shards write into one file
    if not paths:
        raise ArgumentError("there is nothing to grade in what was given")
    states: Counter[str] = Counter()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=show.console, transient=True) as progress:
        bar = progress.add_task("grading", total=len(paths))

        def told(record: Record, skipped: bool) -> None:
            states["skipped" if skipped else record["state"]] += 1
            progress.advance(bar)

        secret = seeds.read_key(key) if key else None
        records = bulk.grade_many(paths, chosen, key=secret, out=out, jobs=jobs, allow_tier_0=allow_tier_0, told=told)
    if len(records) <= 20:
        show.table("submission", "score>", "", rows=[(escape(screens.printable(r["submission"])), *result(r)) for r in records])
        show.console.print()
    scores = [r["score"] for r in records if r["state"] == "graded"]
    mean = f", mean {sum(scores) / len(scores):.1f} of {screens.number(chosen.manifest.points)}" if scores else ""
    show.console.print(f"{len(records)} submissions ({states['skipped']} unchanged and not graded again){mean}; written to {out}", soft_wrap=True)
    if left := passed_over(submissions, found):
        names = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
        show.console.print(
            f"Not looked at, for they are no folders, zips, notebooks or Python files: {screens.printable(names)}",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
    if table:
        formats.write_csv(table, records)
    if not key:
        show.console.print("Without --key the hidden tests are pending; make one with: netcore course key FILE", style="yellow")
    if failed := [r for r in records if r["state"] != "graded"]:
        raise click.ClickException(
            f"{len(failed)} could not be graded, through no fault of theirs: {failed[0]['submission']}: {failed[0]['message']}"
        )


def result(record: Record) -> tuple[str, str]:
    """Score and a word for a table."""
    if record["state"] != "graded":
        return "—", f"[red]{escape(screens.printable(record['message']))}[/red]"
    wrong = Counter(t["status"] for t in record["tests"] if t["status"] not in ("ok", "pending"))
    words = ", ".join(f"{count} × {screens.WORDS[status]}" for status, count in wrong.most_common())
    if mean := overall(record.get("leaderboard", [])):
        words = f"{mean['times_naive']:.1f} × as fast as the naive version"
    return f"{screens.number(record['score'])} of {screens.number(record['max_score'])}", words


def expand(given: tuple[Path, ...], wanted: tuple[str, str]) -> list[Path]:
    """A folder that holds no submission itself holds submissions."""
    found: list[Path] = []
    for path in given:
        if path.is_dir() and not any((path / name).exists() for name in wanted):
            found += sorted(p for p in path.iterdir() if is_submission(p)) or [path]
        else:
            found.append(path)
    return found


def is_submission(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in (".zip", ".py", ".pyx", ".ipynb")


def passed_over(given: tuple[Path, ...], paths: list[Path]) -> list[str]:
    """Names in the given folders that are no submissions by their looks: an instructor must hear of them."""
    folders = {path.parent for path in paths} & set(given)
    return sorted(p.name for folder in folders for p in folder.iterdir() if not is_submission(p) and not p.name.startswith("."))


def part(paths: list[Path], shard: str | None) -> list[Path]:
    """Every N-th path from the I-th."""
    if shard is None:
        return paths
    try:
        index, count = (int(number) for number in shard.split("/"))
    except ValueError:
        index, count = 0, 0
    if not 1 <= index <= count:
        raise ArgumentError(f"--shard is I/N with I from 1 to N, such as 2/8; got {shard!r}")
    return paths[index - 1 :: count]


@click.command("certify")
@click.argument("name", metavar="ASSIGNMENT")
@click.option("--quick", is_flag=True, help="Solution, handout and zeros only.")
def certify_command(name: str, quick: bool) -> None:
    """Find out whether an assignment's checks are good enough.

    The solution must get full marks on every seed, handout and zeros nothing,
    and each mutant must fail its task's visible and hidden test and be called by name.
    """
    good: dict[bool, list[bool]] = {False: [], True: []}
    for finding in certify.certify(assignments.find(name), mutants=not quick):
        sign = "[red]✗[/red]" if finding.problem else "[green]✓[/green]"
        show.console.print(f"{sign} {finding.variant:44} {finding.problem or finding.wanted}", soft_wrap=True)
        good[finding.mutant].append(not finding.problem)
    controls, mutants = good[False], good[True]
    said = f"controls as they should be: {sum(controls)} of {len(controls)}"
    if mutants:
        said = f"kill rate {sum(mutants) / len(mutants):.0%}: {sum(mutants)} of {len(mutants)} mutants; {said}"
    if not all(controls + mutants):
        raise click.ClickException(f"the checks are not good enough yet; {said}")
    show.console.print(f"\n{said}")


@click.command("new")
@click.argument("name")
@click.argument("folder", metavar="[DIR]", required=False, type=path_type)
def new_command(name: str, folder: Path | None) -> None:
    """Make a new assignment that runs: one task, one mutant, all files with comments."""
    folder = folder or Path(name)
    scaffold.make(name, folder)
    show.console.print(f"{folder}/ holds an assignment with one task. Try it:\n", markup=False)
    for line in (f"certify {folder}", f"start {folder} /tmp/{name}-student"):
        show.console.print(f"  netcore course {line}", markup=False, soft_wrap=True)
