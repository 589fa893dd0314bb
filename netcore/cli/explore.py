"""`netcore explore RUN`: a page on this machine that looks into a trained network. Ctrl-C ends it."""

import webbrowser

import click

from netcore.cli import show


@click.command("explore")
@click.argument("run", type=click.Path())
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on this machine; 0 takes one that is free.")
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@show.data_dir
@show.threads
def command(run: str, port: int, no_browser: bool, data_dir: str | None, threads: int | None) -> None:
    """Open a page that looks into the trained network in the folder RUN.

    What it shows depends on the network: activations, filters and receptive
    fields of an image classifier; the code plane of an auto-encoder; gates and
    predictions of a character model; one training step, phase by phase; curves.
    The server answers to this machine alone, and needs no network.
    """
    from netcore.explore import Broken, open_session, serve

    show.use_threads(threads)
    session = open_session(run, data_dir)
    try:
        with serve(session, port) as server:
            if isinstance(session, Broken):
                click.echo(f"netcore: {' '.join(session.why.split())}; the page says so, too, and can try again", err=True)
            click.echo(f"{run} is shown at {server.url}   (Ctrl-C ends it)")
            if not no_browser:
                webbrowser.open(server.url)
            while server.thread.is_alive():
                server.thread.join(0.5)
    except KeyboardInterrupt:
        click.echo("ended", err=True)
