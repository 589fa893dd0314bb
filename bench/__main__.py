"""`python -m bench`: see --help."""

import datetime
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bench import compare as comparison
from bench import kernels, readme, report, sections
from bench.peers import NAMES
from bench.turns import Engine
from bench.zoo import BY_NAME
from netcore.config import config

SECTIONS = ("zoo", "kernels", "memory", "overhead", "scaling", "ranks")
console = Console()


def numbers(ctx: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    try:
        return [int(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter(f"expected whole numbers with commas between them, got {value!r}") from None


def names(ctx: click.Context, parameter: click.Parameter, value: str | None) -> list[str]:
    return value.split(",") if value else []


@click.group(invoke_without_command=True)
@click.pass_context
def main(ctx: click.Context) -> None:
    """netcore beside other engines, on this machine, in turns. Without a command: all sections."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(measure, what=SECTIONS)


@main.command("run")
@click.argument("what", nargs=-1, type=click.Choice(SECTIONS))
@click.option("--rows", callback=names, help="Rows of the zoo, with commas between them.  [default: all]")
@click.option("--groups", callback=names, help="Kernels whose group begins so: conv, product, LSTM, memory ….  [default: all]")
@click.option("--peers", callback=names, help=f"Engines beside netcore: {', '.join(NAMES[1:])}.  [default: all that are installed]")
@click.option("--threads", callback=numbers, default="1,2", show_default=True, help="Numbers of threads.")
@click.option("--turns", type=click.IntRange(1), default=7, show_default=True, help="Turns of each measurement.")
@click.option("--seconds", type=float, default=0.3, show_default=True, help="Length of an engine's block in a turn.")
@click.option("--quick", is_flag=True, help="Three short turns, two threads, without torch-compile: some minutes.")
@click.option("--add", is_flag=True, help="Add to the bench.json of the folder instead of starting anew: a run in pieces.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("bench-results"), show_default=True, help="Folder of results.")
def measure(
    what: tuple[str, ...] = SECTIONS, rows: list[str] | None = None, groups: list[str] | None = None, peers: list[str] | None = None,
    threads: list[int] | None = None, turns: int = 7, seconds: float = 0.3, quick: bool = False, add: bool = False, out: Path = Path("bench-results"),
) -> None:  # fmt: skip
    """Measure the sections WHAT (zoo, kernels, memory, overhead, scaling, ranks; all unless named) and write tables and plots."""
    what = what or SECTIONS
    threads = threads or [1, 2]
    if quick:
        threads, turns, seconds = threads[-1:], min(turns, 3), min(seconds, 0.1)
    if unknown := [name for name in rows or [] if name not in BY_NAME] + [name for name in peers or [] if name not in NAMES]:
        raise click.BadParameter(f"{unknown[0]!r} is neither a row ({', '.join(BY_NAME)}) nor an engine ({', '.join(NAMES)})")
    wanted = peers or [peer for peer in NAMES if not (quick and peer == "torch-compile")]
    present = sections.installed(wanted)
    chosen = rows or list(BY_NAME)
    result: dict[str, Any] = {"environment": environment(present), "roofline": {count: sections.roofline(count) for count in threads}}
    before = comparison.read(str(out / "bench.json")) if add and (out / "bench.json").exists() else None
    say = click.echo
    for section in what:
        say(f"-- {section}")
        if section == "zoo":
            result[section] = sections.zoo_section(chosen, present, threads, turns, seconds, result["roofline"], say)
        elif section == "kernels":
            result[section] = sections.kernel_section(groups or [], present, threads, turns, seconds / 3, result["roofline"], say)
        elif section == "memory":
            result[section] = sections.memory_section(chosen, present, say)
        elif section == "overhead":
            result[section] = sections.overhead_section(say)
        elif section == "scaling":
            result[section] = sections.scaling_section(threads, seconds / 10, say)
        else:
            result[section] = sections.ranks_section(chosen, say)
        report.write(report.joined(before, result) if before else result, out)
    report.show(result, console)
    say(f"written: {out / 'bench.json'}, {out / 'bench.md'}, plots")


@main.command()
@click.argument("before", type=click.Path(exists=True, dir_okay=False))
@click.argument("after", type=click.Path(exists=True, dir_okay=False))
def compare(before: str, after: str) -> None:
    """What has changed between two bench.json; exit code 1 where something became slower."""
    found = comparison.changes(comparison.read(before), comparison.read(after))
    comparison.show(found, console)
    slower = [one for one in found if one["regression"]]
    click.echo(f"{len(found)} compared, {len(slower)} slower")
    raise SystemExit(1 if slower else 0)


@main.command("readme")
@click.argument("measured", type=click.Path(exists=True, dir_okay=False))
def fill_in(measured: str) -> None:
    """Put the figures of a bench.json, row by row, into README.md and bench/README.md."""
    changed = readme.write(comparison.read(measured))
    click.echo(f"written: {', '.join(changed)}" if changed else "nothing has changed")


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1)
def ladder(arguments: tuple[str, ...]) -> None:
    """From the naive loops to the final kernel: what each idea gains.  [python -m bench ladder --help]"""
    raise SystemExit(subprocess.run([sys.executable, "-m", "bench.ladder", *arguments], check=False).returncode)


@main.command("list")
def show_list() -> None:
    """The rows of the zoo and the kernels."""
    click.echo("zoo:     " + ", ".join(BY_NAME))
    for case in kernels.CASES:
        click.echo("kernel:  " + case.name)


def environment(peers: list[str]) -> dict[str, str]:
    """Machine and versions, and how busy it was at the start."""
    found = {key: value for key, value in config().items() if key in ("python", "platform", "compiler", "instruction set")}
    found |= {"processor": platform.processor() or platform.machine(), "processors": str(len(os.sched_getaffinity(0)))}
    found["date"] = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
    found["load at the start"] = f"{os.getloadavg()[0]:.1f}"
    for peer in peers:
        with Engine(peer, 1) as engine:
            answer = engine.ask("versions")
            found |= {key: str(value) for key, value in answer.items() if key != "instruction set"}
    return found


if __name__ == "__main__":
    main()
