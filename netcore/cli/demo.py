"""`netcore demo`: three networks on embedded data, a table, and figures. What it does is in netcore/demo.py."""

from pathlib import Path

import click

from netcore.cli import show


@click.command("demo")
@click.option("--figures", type=click.Path(file_okay=False), default="runs/demo", show_default=True, help="Folder for the figures.")
@click.option("--quick", is_flag=True, help="A fraction of the training, to see that it works.")
@show.threads
def command(figures: str, quick: bool, threads: int | None) -> None:
    """Train three networks on embedded data, in about a minute.

    A convolutional network, an auto-encoder and a character model; prints a
    table beside what simpler methods reach, and leaves figures.
    """
    show.use_threads(threads)
    from netcore import demo

    found = demo.run(Path(figures), show.console.print, quick)
    show.console.print()
    rows = [(r.network, r.measure, r.value, r.beside, r.speed) for r in found.rows]
    show.table("network", "measured", "result>", "beside", "training speed>", rows=rows)
    show.console.print("\n[bold]what the LSTM writes after[/bold]", repr(demo.PROMPT))
    show.console.print(found.text, markup=False)
    show.console.print(f"\n[bold]figures[/bold] ({found.seconds:.0f} s in all)")
    for path in found.figures:
        show.console.print(f"  {path}", markup=False)
