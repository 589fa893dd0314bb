"""`netcore predict RUN FILE`: classes of images, reconstruction errors, or how surprising a text is."""

import click
import numpy as np

from netcore import recipes
from netcore.cli import show
from netcore.cli.pictures import read_images
from netcore.data import Vocabulary
from netcore.data.text import decode
from netcore.layers import Layer
from netcore.recipes import Facts, Recipe
from netcore.recipes.images import ImageClassifier, Standardise
from netcore.recipes.language import CharacterModel
from netcore.recipes.reconstruction import ImageAutoencoder
from netcore.training import LanguageModel


@click.command("predict")
@click.argument("run", type=click.Path())
@click.argument("file", type=click.Path())
@click.option("--invert", is_flag=True, help="Dark on light: turn the images' brightness round.")
@click.option("--limit", type=click.IntRange(1), default=10, help="Images to show of a file that holds many.")
@show.threads
def command(run: str, file: str, invert: bool, limit: int, threads: int | None) -> None:
    """Apply the trained network in the folder RUN to FILE.

    Images (.png, .npy, idx, also .gz) give the likeliest classes, or the
    reconstruction error of an auto-encoder; a text gives the loss per character
    of a character model.
    """
    show.use_threads(threads)
    recipe, facts, net = recipes.open_run(run)
    if isinstance(net, CharacterModel):
        surprise(net, facts, file)
    elif isinstance(recipe, ImageClassifier):
        classify(net, facts, read_images(file, tuple(facts["shape"]), invert)[:limit])
    elif isinstance(recipe, ImageAutoencoder):
        reconstruct(recipe, net, read_images(file, tuple(facts["shape"]), invert)[:limit])
    else:
        raise click.ClickException(f"{run} is a run of {recipe.name!r}, which has no use for a file; predict takes images and texts")


def classify(net: Layer, facts: Facts, x: np.ndarray) -> None:
    """The three likeliest classes of each image."""
    logits = net.forward(Standardise(facts["mean"], facts["std"])(x)).astype(np.float64)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = []
    for n, probabilities in enumerate(p):
        for rank, k in enumerate(np.argsort(-probabilities)[:3]):
            rows.append((n if rank == 0 else "", facts["classes"][k], f"{100 * probabilities[k]:.1f} %", show.bar(probabilities[k])))
    show.table("image>", "class", "probability>", "", rows=rows)


def reconstruct(recipe: Recipe, net: Layer, x: np.ndarray) -> None:
    """The squared error of each image, summed over its pixels."""
    task = recipe.task(net)
    y = net.forward(x)
    show.table("image>", "squared error>", rows=[(n, f"{task.score(y[n : n + 1], x[n : n + 1]):.3f}") for n in range(len(x))])


def surprise(net: CharacterModel, facts: Facts, file: str) -> None:
    """Nats and bits per character of a text."""
    from netcore.data import TextLoader
    from netcore.data.files import read_bytes
    from netcore.losses import CrossEntropyLoss
    from netcore.recipes.running import measure

    tokens = Vocabulary(facts["symbols"]).encode(decode(read_bytes(file, "a UTF-8 text file"), file))
    found = measure(net, LanguageModel(net, CrossEntropyLoss()), TextLoader(tokens, batch_size=1, steps=256))
    show.fact("text", f"{len(tokens):,} characters")
    show.fact("loss", f"{found['loss']:.4f} nats per character, {found['bits_per_character']:.4f} bits")
    show.fact("so", f"as if each character were one of {np.exp(found['loss']):.1f} equally likely ones")
