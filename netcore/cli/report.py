"""`netcore report RUN`: one HTML file about a run, to read, to print, to send."""

import click

from netcore import plot, report
from netcore.cli import show


@click.command("report")
@click.argument("run", type=click.Path())
@click.option("--out", type=click.Path(dir_okay=False), help="File to write.  [default: report.html in the folder RUN]")
@show.data_dir
@show.threads
def command(run: str, out: str | None, data_dir: str | None, threads: int | None) -> None:
    """Write a report of the run in the folder RUN: one HTML file.

    Score, learning curves, figures for the kind of network, its layers, the
    command that repeats it, configuration and versions. The file needs no
    network and nothing beside it.
    """
    show.use_threads(threads)
    plot.style.pyplot().switch_backend("Agg")  # to files, also where a screen is
    show.fact("report", str(report.write(run, out, data_dir)))
