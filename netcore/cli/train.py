"""`netcore train RECIPE`: every recipe is a command of its own, with its own options and help."""

import time
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from netcore import recipes
from netcore.cli import show
from netcore.cli.live import LivePage
from netcore.config import get_num_threads
from netcore.errors import CheckpointError
from netcore.layers import Layer
from netcore.recipes import Prepared, Recipe, figures
from netcore.recipes.base import Option
from netcore.recipes.running import open_config
from netcore.training import Run

TYPES = {int: click.INT, float: click.FLOAT, str: click.STRING}


class Recipes(click.Group):
    """One command for each recipe, made from its fields."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return recipes.names()

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        kind = recipes.kinds()[recipes.names().index(name)] if name in recipes.names() else None
        return None if kind is None else recipe_command(kind)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in recipes.names() and not args[0].startswith("-"):
            recipes.get(args[0])  # raises, and names the recipes there are
        return super().resolve_command(ctx, args)


@click.group("train", cls=Recipes, subcommand_metavar="RECIPE [OPTIONS]")
def command() -> None:
    """Train a recipe; what comes of it is kept in a run's folder.

    `netcore train RECIPE --help` shows what can be chosen. Without --data, a
    recipe takes data that netcore brings along. A training that was stopped, by
    whatever means, goes on with --resume as if nothing had happened.
    """


def recipe_command(kind: type[Recipe]) -> click.Command:
    """The command for one recipe: an option for each of its fields, and those that all share."""
    own = [recipe_option(kind, option) for option in kind.options()]
    shared: list[click.Parameter] = [
        click.Option(["--run"], type=click.Path(file_okay=False), help=f"Folder to keep everything in.  [default: runs/{kind.name}-1, -2, …]"),
        click.Option(["--resume"], is_flag=True, help="Go on with the run in the folder --run."),
        click.Option(["--save-seconds"], type=click.FloatRange(0), default=20.0, help="Seconds between checkpoints, besides one after each epoch."),
        click.Option(["--quiet"], is_flag=True, help="Show nothing but errors."),
        click.Option(["--live"], is_flag=True, help="Open a page with curves and filters that follows the training."),
        click.Option(["--no-browser"], is_flag=True, help="With --live: print the address, and open no browser."),
        click.Option(["--distributed"], is_flag=True, help="Share each batch among the processes that mpiexec -n N started."),
    ]
    made = click.Command(kind.name, params=[*own, *shared], callback=train, help=kind.__doc__, short_help=kind.summary())
    return show.data_dir(show.threads(made))


def recipe_option(kind: type[Recipe], option: Option) -> click.Option:
    """A field as an option; where its default is 0 for something else, the help says for what."""
    text, shown = option.help[0].upper() + option.help[1:] + ".", True
    if option.name == "epochs":
        shown, text = False, f"{text}  [default: {kind.small_epochs} on small sets, {kind.full_epochs} on others]"
    flag = "--" + option.name.replace("_", "-")
    return click.Option([flag], type=TYPES[option.kind], default=option.default, help=text, show_default=shown)


@click.pass_context
def train(ctx: click.Context, distributed: bool, threads: int | None, **settings: Any) -> None:
    """What every one of these commands does, alone or as one of several processes."""
    if not distributed:
        show.use_threads(threads)
        run_training(ctx, None, **settings)
        return
    from netcore.distributed import world

    group = world()
    show.use_threads(threads or max(1, get_num_threads() // group.neighbours))
    with group.or_abort():
        run_training(ctx, group, **settings)


def run_training(
    ctx: click.Context, group: Any, run: str | None, resume: bool, save_seconds: float, quiet: bool, live: bool, no_browser: bool,
    data_dir: str | None, **options: Any,
) -> None:  # fmt: skip
    """Train, draw the figures, say what came out; of several processes only the first speaks."""
    name, quiet = str(ctx.info_name), quiet or (group is not None and not group.speaks)
    path = run if run is not None else free_folder(name, resume)
    folder = Run(path if group is None else group.broadcast(path), seconds=save_seconds)
    recipe = recipes.get(name, **options)
    if resume and folder.exists():
        said = {key: value for key, value in options.items() if ctx.get_parameter_source(key) == ParameterSource.COMMANDLINE}
        before, _ = open_config(folder)
        recipe = recipes.get(name, **(before.chosen() | said)) if before.name == name else recipe
    began = time.monotonic()

    def announce(data: Prepared, net: Layer) -> None:
        if not quiet:
            show.console.print(f"[bold]{name}[/bold]: {type(recipe).summary()}")
            show.fact("data", f"{recipe.data}: {described(data)}")
            show.fact("network", f"{sum(p.size for p in net.parameters()):,} parameters")
            show.fact("run", str(folder.folder) + (" (resumed)" if resume else ""))
            if group is not None:
                show.fact("processes", f"{group.size}, with {get_num_threads()} threads each")
        page.begin(folder.folder, recipe, data, net, data_dir)

    page = LivePage(live and (group is None or group.speaks), not no_browser)
    shared: dict[str, Any] = {"root": data_dir, "resume": resume, "progress": not quiet, "distributed": group}
    try:
        with page:
            result = recipes.train(recipe, folder, **shared, announce=announce, watch=page.watch)
    except KeyboardInterrupt:
        raise click.ClickException(f"interrupted; go on with: netcore train {name} --run {folder.folder} --resume") from None
    if group is None or group.speaks:
        figures.draw(folder.folder / "figures", recipe, result)
    if not quiet:
        show.fact(result.test_name, f"{show.metrics_text(result.test)}   ({time.monotonic() - began:.0f} s)")
        show.fact("next", next_step(folder.folder, result.net))


def free_folder(name: str, resume: bool) -> Path:
    """runs/NAME-1, or the first number that is free."""
    if resume:
        raise CheckpointError("--resume needs --run DIR, the folder of the run that is to go on")
    return next(path for k in range(1, 1_000_000) if not (path := Path("runs") / f"{name}-{k}").exists())


def described(data: Prepared) -> str:
    """How much there is of the data."""
    if data.facts.get("kind") == "text":
        return f"{data.train.samples:,} training, {data.val.samples:,} validation characters"
    parts = ((data.train, "training"), (data.val, "validation"), (data.test, "test"))
    return ", ".join(f"{part.samples:,} {what}" for part, what in parts) + " examples"


def next_step(folder: Path, net: Layer) -> str:
    from netcore.recipes.language import CharacterModel

    return f"netcore {'sample' if isinstance(net, CharacterModel) else 'eval'} {folder}"
