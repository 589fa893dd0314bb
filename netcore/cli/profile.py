"""`netcore profile RUN|RECIPE`: where the time of a training step goes, beside what the processor could do at best."""

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from netcore import recipes
from netcore.cli import show
from netcore.functional import get_conv_algorithm
from netcore.layers import Layer
from netcore.profiling import Cost, Profile, Roofline, profile
from netcore.recipes import Prepared, Recipe
from netcore.rng import manual_seed

PHASES = {
    "data": "data",
    "forward": "forward phase",
    "loss": "loss, both phases",
    "backward": "backward phase",
    "update": "update",
    "between": "between the layers",
}
COLUMNS = ("layer", "ms>", "share>", "MFLOP>", "MB>", "speed>", "roofline>", "kernels")
LEFT_OUT = ("MFLOP>", "MB>")  # where a terminal has fewer columns than
FULL = 96
READING = (
    "MFLOP: arithmetic of the direct computation. MB: numbers that must be read and written once. roofline: the time that the "
    "slower of both needs at the measured best, over the time taken; Winograd's algorithm, which needs fewer multiplications, "
    "and data still in a near cache can pass 100 %."
)


@click.command("profile")
@click.argument("what", metavar="RUN|RECIPE")
@click.option("--steps", type=click.IntRange(1), default=10, help="Steps that are measured, after one that is not.")
@click.option("--batch-size", type=click.IntRange(1), help="Examples in a batch.  [default: the recipe's]")
@click.option("--data", help="Data set.  [default: the recipe's]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for scripts.")
@click.option("--figure", type=click.Path(dir_okay=False), help="Draw a picture into this file (.png, .svg, .pdf).")
@show.data_dir
@show.threads
def command(
    what: str, steps: int, batch_size: int | None, data: str | None, as_json: bool, figure: str | None,
    data_dir: str | None, threads: int | None,
) -> None:  # fmt: skip
    """Tell where the time of a training step goes.

    For the trained network in the folder RUN, or a new one of RECIPE, and for each
    layer and phase: time, arithmetic, memory traffic, the share of the measured
    roofline that is reached, and the kernels that ran.
    """
    show.use_threads(threads)
    changes = {name: value for name, value in (("batch_size", batch_size), ("data", data)) if value is not None}
    recipe, net, prepared = opened(what, changes, data_dir)
    task, optimizer = recipe.task(net), recipe.optimizer(net)
    found = profile(net, task.train, task.loss, optimizer, batches=prepared.train, clip=recipe.joint_clip, steps=steps)
    title = f"{recipe.name}, batch of {recipe.batch_size}: a step takes {1e3 * found.step_seconds:.3g} ms"
    if figure is not None:
        from netcore.plot.profile import draw

        draw(found, title).figure.savefig(figure, dpi=150)
    if as_json:
        click.echo(json.dumps({"recipe": recipe.name, "data": recipe.data, "batch_size": recipe.batch_size} | found.as_dict()))
        return
    show.console.print(f"[bold]{title}[/bold]")
    show.fact("on", f"{recipe.data}, {found.dtype}, {found.isa}, threads: {found.threads}, convolution algorithm: {get_conv_algorithm()}")
    show.fact("roofline", roofline_text(found.roofline))
    show.console.print(table(found, show.console.width))
    show.console.print(READING, style="dim", markup=False)


def opened(what: str, changes: dict[str, Any], root: str | None) -> tuple[Recipe, Layer, Prepared]:
    """The recipe, the network of a run's folder or a new one, in training mode, and the data."""
    if Path(what).is_dir():
        recipe, _, net = recipes.open_run(what)
        recipe = recipes.get(recipe.name, **(recipe.chosen() | changes))
        prepared = recipe.prepare(root)
    else:
        recipe = recipes.get(what, **changes)
        manual_seed(recipe.seed)
        prepared = recipe.prepare(root)
        net = recipe.network(prepared.facts)
    net.train()
    return recipe, net, prepared


def table(found: Profile, width: int) -> Table:
    """A line for each layer and phase, in the order in which they run, under a heading for each part of the step."""
    kept = [i for i, column in enumerate(COLUMNS) if width >= FULL or column not in LEFT_OUT]
    result = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for column in (COLUMNS[i] for i in kept):
        result.add_column(column.rstrip(">"), justify="right" if column.endswith(">") else "left", no_wrap=column != "kernels")
    total = sum(cost.seconds for cost in found.costs)

    def add(name: str, costs: list[Cost], style: str | None = None) -> None:
        line = [*cells(name, costs, found, total), costs[0].chosen if len(costs) == 1 else ""]
        result.add_row(*(line[i] for i in kept), style=style)

    for phase, heading in PHASES.items():
        costs = [cost for cost in found.costs if ("loss" if cost.layer == "loss" else cost.phase) == phase]
        if costs:
            add(heading if len(costs) > 1 else f"{heading}: {costs[0].kind}", costs, "bold")
        for cost in costs if len(costs) > 1 else []:
            add(f"  {cost.kind} {cost.phase}" if phase == "loss" else f"  {cost.layer} {cost.kind}", [cost])
    add("the step", found.costs, "bold")
    return result


def cells(name: str, costs: list[Cost], found: Profile, total: float) -> list[str]:
    """Name, time and its share of the step, arithmetic, traffic, the rate of whichever is the bound, share of the roofline."""
    seconds, flops, nbytes = (sum(getattr(cost, what) for cost in costs) for what in ("seconds", "flops", "nbytes"))
    best = sum(found.roofline.seconds(cost.flops, cost.nbytes) for cost in costs)
    if not seconds or not nbytes:
        return [name, milliseconds(seconds), percent(seconds / total), "", "", "", ""]
    arithmetic = found.roofline.bound(flops, nbytes) == "arithmetic"
    rate, unit = (flops, "GFLOP/s") if arithmetic else (nbytes, "GB/s")
    speed = f"{rate / seconds / 1e9:.{1 if rate < 1e10 * seconds else 0}f} {unit}"
    amounts = [f"{flops / 1e6:,.1f}" if flops else "", f"{nbytes / 1e6:.2f}"]
    return [name, milliseconds(seconds), percent(seconds / total), *amounts, speed, percent(best / seconds)]


def milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3f}" if seconds < 0.1 else f"{1e3 * seconds:.1f}"


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def roofline_text(roofline: Roofline) -> str:
    moved = ", ".join(f"{rate / 1e9:.0f} (of {nbytes / 1e6:.0f} MB)" for nbytes, rate in roofline.bandwidth)
    return f"{roofline.flops / 1e9:.0f} GFLOP/s; GB/s: {moved}"
