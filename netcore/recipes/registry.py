"""The recipes by name. To add one: write its file beside the others and put it here."""

import difflib
from typing import Any

from netcore.errors import ArgumentError
from netcore.recipes.adding import Adding
from netcore.recipes.autoencoder import Autoencoder
from netcore.recipes.base import Recipe
from netcore.recipes.char_gru import CharGRU
from netcore.recipes.char_lstm import CharLSTM
from netcore.recipes.char_rnn import CharRNN
from netcore.recipes.cnn import CNN
from netcore.recipes.contractive import ContractiveAutoencoder
from netcore.recipes.conv_autoencoder import ConvAutoencoder
from netcore.recipes.copying import Copy
from netcore.recipes.denoising import Denoising
from netcore.recipes.lenet import LeNet
from netcore.recipes.mlp import MLP
from netcore.recipes.resnet import ResNet
from netcore.recipes.row_lstm import RowLSTM
from netcore.recipes.series_lstm import SeriesLSTM
from netcore.recipes.sparse import Sparse
from netcore.recipes.tied import Tied
from netcore.recipes.vae import VAE

KINDS: dict[str, type[Recipe]] = {
    kind.name: kind
    for kind in (
        MLP, LeNet, CNN, ResNet, Autoencoder, Denoising, Sparse, ContractiveAutoencoder, Tied, ConvAutoencoder, VAE,
        CharLSTM, CharGRU, CharRNN, SeriesLSTM, Adding, Copy, RowLSTM,
    )
}  # fmt: skip


def names() -> list[str]:
    """The names of all recipes."""
    return list(KINDS)


def kinds() -> list[type[Recipe]]:
    """All recipes."""
    return list(KINDS.values())


def get(name: str, **options: Any) -> Recipe:
    """A recipe with some of its options changed. Raises ArgumentError for an unknown name or option."""
    kind = KINDS.get(name)
    if kind is None:
        near = difflib.get_close_matches(str(name).lower().replace("_", "-"), KINDS, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ArgumentError(f"no recipe is called {name!r}; {hint}known: {', '.join(KINDS)}")
    known = [option.name for option in kind.options()]
    if unknown := [option for option in options if option not in known]:
        raise ArgumentError(f"recipe {name!r} has no option {unknown[0]!r}; it has: {', '.join(known)}")
    return kind(**options)
