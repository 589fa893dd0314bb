"""`python -m bench.ladder [LADDER] [--out DIR] [--quick]`."""

import importlib
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is loaded: its products get one thread, as all rungs do

import click

NAMES = ("conv", "conv-backward", "pool", "lstm", "lstm-training")


@click.command()
@click.argument("which", type=click.Choice([*NAMES, "all"]), default="all")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default="bench-results", show_default=True, help="For JSON and pictures.")
@click.option("--quick", is_flag=True, help="A tenth of the time for each rung.")
def main(which: str, out: Path, quick: bool) -> None:
    """Climb from the naive loops to the final kernel, and tell what each idea gains."""
    from rich.console import Console

    import netcore as nc
    from bench.ladder import report, timing
    from bench.ladder.report import load

    console = Console(highlight=False)
    for name in NAMES if which == "all" else (which,):
        ladder = importlib.import_module(f"bench.ladder.{name.replace('-', '_')}").LADDER
        climbed = timing.climb(ladder, 0.03 if quick else 0.3)
        console.print(f"[bold]{ladder.what}[/bold]; float32, {nc.get_isa()}, load of the machine {load()}")
        console.print(report.table(ladder, climbed))
        console.print(report.notes(ladder), style="dim", markup=False)
        report.write(ladder, climbed, out)
        console.print(f"{out}/ladder-{name}.json, .png\n", markup=False)


if __name__ == "__main__":
    main()
