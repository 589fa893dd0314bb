"""A character model with a plain RNN, beside which an LSTM or a GRU can be judged."""

from dataclasses import dataclass
from typing import Any, ClassVar

import netcore as nc
from netcore.recipes.language import CharacterRecipe


@dataclass
class CharRNN(CharacterRecipe):
    """Character model of a text with a plain RNN."""

    name: ClassVar[str] = "char-rnn"
    lr: float = 2e-3
    cell: ClassVar[Any] = nc.RNN
