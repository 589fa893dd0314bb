"""A character model with an LSTM: it reads a text and predicts, after each character, the next one."""

from dataclasses import dataclass
from typing import Any, ClassVar

import netcore as nc
from netcore.recipes.language import CharacterRecipe


@dataclass
class CharLSTM(CharacterRecipe):
    """Character model of a text with an LSTM."""

    name: ClassVar[str] = "char-lstm"
    cell: ClassVar[Any] = nc.LSTM
