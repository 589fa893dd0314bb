"""`netcore demo`: three networks on embedded data, a table, and figures. What it does is in netcore/demo.py."""

import click

from netcore.cli import show


@click.command("demo")
@click.option("--figures", type=click.Path(file_okay=False), default="demo", help="Folder for the figures.")
@click.option("--quick", is_flag=True, help="A fraction of the training, to see that it works.")
@show.threads
def command(figures: str, quick: bool, threads: int | None) -> None:
    """Train three networks on embedded data, in a minute and a half.

    A convolutional network, an auto-encoder and a character model; prints a
    table beside what simpler methods reach, and leaves figures.
    """
    show.use_threads(threads)
    from netcore import demo

    demo.run(figures, quick=quick)
