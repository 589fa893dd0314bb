"""`netcore eval RUN`: the numbers of a trained network on data that it has not seen."""

import json

import click
import numpy as np

from netcore import recipes
from netcore.cli import show
from netcore.recipes.running import measure
from netcore.rng import manual_seed
from netcore.training import Variational


@click.command("eval")
@click.argument("run", type=click.Path())
@click.option("--split", type=click.Choice(["test", "validation", "train"]), default="test", help="Which part of the data.")
@click.option("--best", is_flag=True, help="The weights of the best epoch, not those at the end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for scripts.")
@show.data_dir
@show.threads
def command(run: str, split: str, best: bool, as_json: bool, data_dir: str | None, threads: int | None) -> None:
    """Measure the trained network in the folder RUN on its test data."""
    show.use_threads(threads)
    recipe, facts, net = recipes.open_run(run, best)
    manual_seed(recipe.seed)
    data = recipe.prepare(data_dir)
    loader = {"test": data.test, "validation": data.val, "train": data.train}[split]
    task = recipe.task(net)
    found = measure(net, task, loader)
    name = data.test_name if split == "test" else split
    if as_json:
        click.echo(json.dumps({"run": str(run), "recipe": recipe.name, "data": recipe.data, "split": name, **found}))
        return
    show.console.print(f"[bold]{recipe.name}[/bold]: {type(recipe).summary()}")
    show.fact("data", f"{recipe.data}, {name}")
    for metric, value in found.items():
        show.fact("", f"{show.label(metric):20} {show.shown(metric, value)}")
    if isinstance(task, Variational):
        kl = np.sort(task.kl_by_dimension(loader))[::-1]
        show.fact("", f"{'kl by dimension':20} {' '.join(f'{value:.2f}' for value in kl)}")
    if "persistence" in facts:
        show.fact("", f"{'persistence':20} {facts['persistence']:.4f}   (the forecast that nothing changes)")
