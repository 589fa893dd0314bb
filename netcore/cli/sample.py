"""`netcore sample RUN`: a character model writes, one character at a time."""

import click
import numpy as np

from netcore import recipes
from netcore.cli import show
from netcore.data import Vocabulary
from netcore.recipes.language import CharacterModel
from netcore.recipes.sampling import sample


@click.command("sample")
@click.argument("run", type=click.Path())
@click.option("--length", type=click.IntRange(1), default=400, help="Characters to write.")
@click.option("--temperature", type=click.FloatRange(0), default=0.8, help="Low keeps to what is likely; 0 always takes the likeliest.")
@click.option("--prompt", default="", help="Text to go on from.  [default: the beginning of a line]")
@click.option("--seed", type=click.IntRange(0), help="Same seed, same text.  [default: a new one each time]")
@show.threads
def command(run: str, length: int, temperature: float, prompt: str, seed: int | None, threads: int | None) -> None:
    """Let the character model in the folder RUN write."""
    show.use_threads(threads)
    recipe, facts, net = recipes.open_run(run)
    if not isinstance(net, CharacterModel):
        raise click.ClickException(f"{run} is a run of {recipe.name!r}; only character models write (char-lstm, char-gru, char-rnn)")
    click.echo(prompt, nl=False)
    for character in sample(net, Vocabulary(facts["symbols"]), length, prompt, temperature, np.random.default_rng(seed)):
        click.echo(character, nl=False)
    click.echo()
