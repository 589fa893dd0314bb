"""From a recipe to a trained network in the folder of a run, and from such a folder back to the network.

    result = train(get("lenet", epochs=3), run="runs/lenet")
    recipe, facts, net = open_run("runs/lenet")
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from netcore.errors import CheckpointError, NetcoreError
from netcore.layers import Layer
from netcore.recipes.base import Facts, Prepared, Recipe
from netcore.recipes.registry import get
from netcore.rng import manual_seed
from netcore.training import Callback, Run, evaluate, fit


@dataclass
class Result:
    """What a training gave: the network, one dict of numbers an epoch, the numbers on the test data, and the data."""

    net: Layer
    history: list[dict[str, float]]
    test: dict[str, float]
    test_name: str
    data: Prepared


def train(
    recipe: Recipe,
    run: "str | os.PathLike[str] | Run | None" = None,
    *,
    root: "str | os.PathLike[str] | None" = None,
    resume: bool = False,
    progress: bool | None = None,
    announce: Callable[[Prepared, Layer], None] | None = None,
    distributed: Any = None,
    watch: Sequence[Callback] = (),
) -> Result:
    """Train a recipe. `root` is the folder of data sets; with a `run`, everything that matters is kept in its folder.
    `announce(data, net)` is called before the first step. With a `distributed` group of processes, each runs its rows of
    every batch, and one of them writes the folder. `watch` are callbacks that look on.

    Raises CheckpointError where the folder holds a run already and `resume` is false, or another one where it is true.
    """
    folder = Run(run) if run is not None and not isinstance(run, Run) else run
    if folder is not None and distributed is not None:
        folder = distributed.folder(folder)
    if folder is not None:
        check_folder(folder, recipe, resume)
    manual_seed(recipe.seed)
    data = recipe.prepare(root)
    net = recipe.network(data.facts)
    task, optimizer = recipe.task(net), recipe.optimizer(net)
    schedule = recipe.schedule(optimizer, recipe.epochs * len(data.train))
    if folder is not None and not (resume and folder.exists()):
        folder.write_config({"recipe": recipe.name, "options": recipe.chosen(), "facts": data.facts})
    if announce is not None:
        announce(data, net)
    history = fit(
        net, task.loss, optimizer, data.train, data.val, recipe.epochs, task=task, schedule=schedule,
        clip=recipe.joint_clip, callbacks=[*recipe.callbacks(), *watch], run=folder, resume=resume, progress=progress,
        distributed=distributed,
    )  # fmt: skip
    test = measure(net, task, data.test)
    if folder is not None:
        folder.write_result({data.test_name: test})
    return Result(net, history, test, data.test_name, data)


def check_folder(folder: Run, recipe: Recipe, resume: bool) -> None:
    """Raise CheckpointError unless the folder is free, or holds this very recipe and is to be resumed."""
    if not folder.exists():
        if resume and folder.checkpoints():
            raise CheckpointError(f"{folder.folder} holds checkpoints but no config.json; it cannot be resumed")
        return
    if not resume:
        raise CheckpointError(f"{folder.folder} holds a run already; go on with it by --resume, or choose another folder")
    config = folder.read_config()
    if config.get("recipe") != recipe.name:
        raise CheckpointError(f"{folder.folder} is a run of {config.get('recipe')!r}, not of {recipe.name!r}")
    then, now = config.get("options", {}), recipe.chosen()
    if changed := [name for name in now if then.get(name) != now[name]]:
        name = changed[0]
        raise CheckpointError(
            f"{folder.folder} was begun with {name}={then.get(name)!r}, not {now[name]!r}; a resumed run keeps its options"
        )


def open_run(run: "str | os.PathLike[str] | Run", best: bool = False) -> tuple[Recipe, Facts, Layer]:
    """(recipe, facts, network with its trained weights) of a run's folder, in eval mode; the data is not needed.

    `best` takes the weights of the epoch that was best on held-out data, not those at the end.
    """
    recipe, facts = open_config(run)
    folder = run if isinstance(run, Run) else Run.open(run)
    net = recipe.network(facts)
    folder.load_weights(net, best)
    net.eval()
    return recipe, facts, net


def open_config(run: "str | os.PathLike[str] | Run") -> tuple[Recipe, Facts]:
    """(recipe, facts) as config.json has them."""
    folder = run if isinstance(run, Run) else Run.open(run)
    config = folder.read_config()
    for key in ("recipe", "options", "facts"):
        if not isinstance(config, dict) or key not in config:
            raise CheckpointError(f"{folder.folder / 'config.json'} is not that of a recipe's run: it has no {key!r}")
    try:
        return get(config["recipe"], **config["options"]), dict(config["facts"])
    except (KeyError, TypeError, NetcoreError) as error:
        raise CheckpointError(f"{folder.folder / 'config.json'} is not that of a recipe's run: {error}") from None


def measure(net: Layer, task: Any, loader: Iterable[Any]) -> dict[str, float]:
    """Loss and metrics on a loader: {'loss': …, <metric>: …}."""
    return {name.removeprefix("val_"): value for name, value in evaluate(net, task, loader).items()}
