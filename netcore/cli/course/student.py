"""What students run: list, start, build, check, try, doctor, submit."""

import json
import shlex
import zipfile
from pathlib import Path
from typing import Any

import click

from netcore.cli import show
from netcore.cli.course import screens
from netcore.course import assignment as assignments
from netcore.course import build, handout, swap, toolchain, trying
from netcore.course import doctor as doctors
from netcore.course.assignment import Assignment
from netcore.course.grade import grade
from netcore.course.stage import stage
from netcore.errors import ArgumentError

MARK = "assignment.json"  # in a started folder: which assignment it is


@click.command("list")
def list_command() -> None:
    """Show the assignments."""
    found = sorted((assignments.find(name).manifest for name in assignments.names()), key=lambda manifest: manifest.order)
    rows = [(each.name, each.title, len(each.tasks), screens.number(each.points)) for each in found]
    show.table("name", "title", "tasks>", "points>", rows=rows)
    show.console.print("\nStart one: netcore course start NAME", style="dim")


@click.command("start")
@click.argument("name")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
def start_command(name: str, folder: Path | None) -> None:
    """Get an assignment: a Python file with gaps, the same as a notebook, and the text.

    Nothing that is there is written over.
    """
    chosen = assignments.find(name)
    manifest = chosen.manifest
    folder = folder or Path(manifest.name)
    files = handout.files(chosen.folder, chosen.source, manifest)
    if there := [each for each in files if (folder / each).exists()]:
        raise ArgumentError(f"{folder / there[0]} is there already; choose another folder: netcore course start {name} DIR")
    for each, data in files.items():
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        (folder / each).write_bytes(data)
    (folder / MARK).write_text(
        json.dumps({"assignment": name if name in assignments.names() else str(chosen.folder), "version": manifest.version}) + "\n"
    )
    tasks = f"{len(manifest.tasks)} task{'s' if len(manifest.tasks) > 1 else ''}"
    show.console.print(f"[bold]{manifest.title}[/bold]: {tasks}, {screens.number(manifest.points)} points, in {folder}/\n")
    about = {
        "README.md": "the text",
        manifest.file: "fill in what is marked YOUR CODE",
        manifest.notebook: "the same as a notebook; use one of the two",
    }
    for each, what in about.items():
        show.console.print(f"  {each.ljust(max(map(len, about)))}  {what}", markup=False)
    show.console.print(f"\nThen, as often as you like:  netcore course check {folder}", markup=False, soft_wrap=True)


@click.command("build")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--assignment", "name", help="Which assignment it is, if the folder does not say.")
def build_command(folder: Path, name: str | None) -> None:
    """Compile an assignment in Cython into a module, to try it in Python.

    `check` builds for itself. Nothing is shut in here: it is your own code.
    """
    chosen = which(folder, name)
    manifest = chosen.manifest
    if not manifest.compiled:
        raise ArgumentError(f"{manifest.name} is plain Python; there is nothing to build")
    home, source = folder if folder.is_dir() else folder.parent, stage(folder, chosen)
    if source.came_as != manifest.file:
        (home / manifest.file).write_text(source.source, encoding="utf-8")
        show.console.print(f"{manifest.file} is made anew from {source.came_as}", markup=False)
    try:
        made = build.local(home / manifest.file)
    except build.BuildError as error:
        raise click.ClickException(f"{manifest.file} does not compile: {error}")
    stem = Path(manifest.file).stem
    show.console.print(f"{made}\n\nIn Python, in this folder:  import {stem}; {stem}.{manifest.tasks[0].id}(…)", markup=False, soft_wrap=True)


@click.command("check")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--task", "tasks", multiple=True, help="This task alone; may be given several times.")
@click.option("--assignment", "name", help="Which assignment it is, if the folder does not say.")
def check_command(folder: Path, tasks: tuple[str, ...], name: str | None) -> None:
    """Check your work: the visible tests, in the same grader that will grade it."""
    chosen = which(folder, name)
    known = [task.id for task in chosen.manifest.tasks]
    if wrong := [task for task in tasks if task not in known]:
        raise ArgumentError(f"there is no task {wrong[0]!r}; tasks: {', '.join(known)}")
    submission = stage(folder, chosen)
    show.console.print(f"[bold]{chosen.manifest.title}[/bold]  ({submission.came_as})\n")
    if chosen.manifest.compiled:
        toolchain.require()
    doing = "compiling and running" if chosen.manifest.compiled else "running"
    with show.console.status(f"{doing} your functions"):
        record = grade(chosen, submission, tasks=list(tasks))
    if record["state"] != "graded":
        raise click.ClickException(f"the check itself did not work, your code is not to blame: {record['message']}")
    where = "" if folder == Path() else f" {shlex.quote(str(folder))}"
    trial = [f"Train a network with it: netcore course try {chosen.manifest.name}{where}"] if chosen.manifest.training and not name else []
    whole = [f"All that is visible is right. Hand it in: netcore course submit{where}", *trial]
    screens.checked(record, [f"All tasks: netcore course check{where}"] if tasks else whole, where)
    if submission.both:
        show.console.print(f"\nBoth {chosen.manifest.file} and {chosen.manifest.notebook} were changed; {submission.came_as} counts.", style="yellow")


@click.command("try")
@click.argument("name", metavar="ASSIGNMENT")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--epochs", type=click.IntRange(1), help="Passes over the training data.  [default: the assignment's]")
@click.option("--limit", type=click.IntRange(1), help="Use only that many training examples.")
@click.option("--data", help="Another data set, where the recipe takes one.")
def try_command(name: str, folder: Path | None, **options: Any) -> None:
    """Train a network with your functions in place of the engine's.

    Each call is compared with the engine's; the first that differs ends the training and is shown. Nothing is shut in: it is
    your own code, on your own machine.
    """
    folder = folder or (Path(name) if Path(name).is_dir() and not (Path(name) / "assignment.toml").exists() else Path())
    chosen = assignments.find(name)
    try:
        trial = trying.prepare(chosen, stage(folder, chosen), **options)
    except build.BuildError as error:
        raise click.ClickException(f"{chosen.manifest.file} does not compile: {error}")
    show.console.print(f"[bold]{trial.recipe.name}[/bold] with your functions in place of the engine's ({chosen.manifest.file} in {folder}/)\n")
    try:
        result = trial.run(progress=True)
    except swap.Diverged as error:
        screens.swapped(trial.swap.tallies)
        raise click.ClickException(f"here your function gives something else than the engine: {error}")
    calls = screens.swapped(trial.swap.tallies)
    show.console.print(f"[green]✓[/green] All {calls:,} calls give what the engine gives.\n")
    show.fact(result.test_name, show.metrics_text(result.test))


@click.command("doctor")
def doctor_command() -> None:
    """Find out what is missing on this machine, and how to install it."""
    found = doctors.examine()
    for each in found:
        sign = "[green]✓[/green]" if each.good else "[yellow]![/yellow]" if each.optional else "[red]✗[/red]"
        show.console.print(f"{sign} [bold]{each.name:22}[/bold]", end="")
        show.console.print(each.found, markup=False)
        if not each.good:
            show.console.print(f"    {each.advice}", markup=False)
    if bad := [each.name for each in found if not each.good and not each.optional]:
        raise click.ClickException(f"missing: {', '.join(bad)}")


@click.command("submit")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="The zip to write.  [default: NAME-submission.zip in DIR]")
@click.option("--assignment", "name", help="Which assignment it is, if the folder does not say.")
def submit_command(folder: Path, out: Path | None, name: str | None) -> None:
    """Pack exactly what is to be handed in, and nothing else."""
    chosen = which(folder, name)
    submission = stage(folder, chosen)
    manifest = chosen.manifest
    if submission.source == handout.with_gaps(chosen.source):
        raise ArgumentError(f"{submission.came_as} is as it was handed out; nothing is written yet")
    out = out or (folder if folder.is_dir() else folder.parent) / f"{manifest.name}-submission.zip"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(manifest.file, submission.source)
    show.console.print(f"{out} holds {manifest.file}, made from {submission.came_as}. Hand in this one file.", markup=False, soft_wrap=True)


def which(folder: Path, name: str | None) -> Assignment:
    """The assignment that a folder belongs to."""
    if not folder.exists():
        raise ArgumentError(f"there is no folder {str(folder)!r}; an assignment begins with: netcore course start NAME")
    home = folder if folder.is_dir() else folder.parent
    if name is None and (home / MARK).is_file():
        try:
            name = str(json.loads((home / MARK).read_text())["assignment"])
        except (ValueError, KeyError, TypeError):
            raise ArgumentError(f"{home / MARK} cannot be read; say which assignment it is: --assignment NAME")
    if name is None:
        fits = [n for n in assignments.names() if any((home / f).exists() for f in _files(n))]
        if len(fits) != 1:
            where = "this folder" if home == Path() else str(home)
            raise ArgumentError(f"{where} holds no assignment; begin with: netcore course start {assignments.names()[0]}")
        name = fits[0]
    return assignments.find(name)


def _files(name: str) -> tuple[str, str]:
    manifest = assignments.find(name).manifest
    return manifest.file, manifest.notebook
