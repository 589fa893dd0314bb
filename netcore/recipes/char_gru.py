"""A character model with a GRU: a quarter fewer parameters than the LSTM of the same size."""

from dataclasses import dataclass
from typing import Any, ClassVar

import netcore as nc
from netcore.recipes.language import CharacterRecipe


@dataclass
class CharGRU(CharacterRecipe):
    """Character model of a text with a GRU."""

    name: ClassVar[str] = "char-gru"
    cell: ClassVar[Any] = nc.GRU
