"""Recipes: networks of the lecture with data and training, one short file each. `recipe.py` says what a recipe is."""

import importlib

from netcore.errors import ArgumentError
from netcore.recipes.recipe import Options, Recipe, Training

NAMES = (
    "mlp", "lenet", "cnn", "resnet", "autoencoder", "denoising", "conv-autoencoder", "vae",
    "char-lstm", "char-gru", "series-lstm", "adding", "row-lstm",
)  # fmt: skip


def get(name: str) -> Recipe:
    """The recipe of that name."""
    if name not in NAMES:
        raise ArgumentError(f"there is no recipe {name!r}; choose one of: {', '.join(NAMES)}")
    return importlib.import_module(f"netcore.recipes.{name.replace('-', '_')}").RECIPE
