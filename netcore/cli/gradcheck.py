"""`netcore gradcheck`: the gradients of every layer and loss against central differences, in float64."""

import click
import numpy as np

import netcore as nc
from netcore.cli import show
from netcore.cli.cases import cases
from netcore.errors import ArgumentError, GradientError


@click.command("gradcheck")
@click.argument("layers", metavar="[LAYER]...", nargs=-1)
@click.option("--isa", help="Instruction set: scalar, avx2, avx512, …  [default: the best]")
@click.option("--seed", type=click.IntRange(0), default=0, help="Of the numbers that go in.")
def command(layers: tuple[str, ...], isa: str | None, seed: int) -> None:
    """Compare the gradients of every layer, or of those named, with differences.

    For inputs and parameters, in float64, with a random upstream gradient.
    """
    if isa:
        nc.set_isa(isa)
    nc.manual_seed(seed)
    known = cases(np.random.default_rng(seed))
    by_lower = {name.lower(): name for name in known}
    if wrong := [name for name in layers if name.lower() not in by_lower]:
        raise ArgumentError(f"no layer is called {wrong[0]!r}; known: {', '.join(known)}")
    rows: list[tuple[object, ...]] = []
    failures = []
    for name in [by_lower[name.lower()] for name in layers] or known:
        layer, inputs = known[name]()
        try:
            report = nc.gradcheck(layer, *inputs)
            worst = max(report.worst.items(), key=lambda item: item[1], default=("", 0.0))
            rows.append((name, report.checked, report.kinks or "", f"{worst[1]:.1e}", worst[0], "ok"))
        except GradientError as error:
            failures.append(f"{name}: {error}")
            rows.append((name, "", "", "", "", "[red]WRONG[/red]"))
    show.table("layer", "entries>", "kinks>", "worst error>", "where", "", rows=rows)
    if failures:
        raise click.ClickException(f"{len(failures)} of {len(rows)} gradients are wrong: {failures[0]}")
    show.console.print(f"\n{len(rows)} gradients agree with differences ({nc.get_isa()})")
