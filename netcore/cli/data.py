"""`netcore data list|fetch|verify`: which data sets there are, where they are, and whether they are what they should be."""

import click

from netcore import data
from netcore.cli import show


@click.group("data")
def command() -> None:
    """List, fetch and verify data sets."""


@command.command("list")
@show.data_dir
def list_command(data_dir: str | None) -> None:
    """Show the data sets that netcore knows, and which are here."""
    rows = [
        (d["name"], d["kind"], size(d["bytes"]), "embedded" if d["embedded"] else "here" if d["found"] else "—", d["title"])
        for d in data.describe(data_dir)
    ]
    show.table("name", "kind", "size>", "here?", "what it is", rows=rows)
    show.console.print("\nAny text file is a data set as well: --data text:PATH. What is not here: netcore data fetch NAME.", style="dim")


@command.command("fetch")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@show.data_dir
def fetch_command(names: tuple[str, ...], data_dir: str | None) -> None:
    """Download data sets, checked by their checksums; a broken download goes on where it stopped."""
    for name in names:
        for path in data.fetch(name, data_dir):
            click.echo(path)


@command.command("verify")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@show.data_dir
def verify_command(names: tuple[str, ...], data_dir: str | None) -> None:
    """Compare files with their checksums. Without a NAME: all sets that are here."""
    chosen = names or tuple(str(d["name"]) for d in data.describe(data_dir) if d["found"])
    report = [(name, *line) for name in chosen for line in data.verify(name, data_dir)]
    rows = [(name, file, "ok" if ok else "[red]WRONG[/red]", message.removesuffix(" as it should be")) for name, file, ok, message in report]
    show.table("data set", "file", "", "", rows=rows)
    if wrong := [file for _, file, ok, _ in report if not ok]:
        raise click.ClickException(f"{len(wrong)} of {len(report)} files are not as they should be, {wrong[0]} first")


def size(n: object) -> str:
    count = float(str(n))
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
