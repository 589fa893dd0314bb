"""An image as a sequence: an LSTM (or a GRU, or a plain RNN) reads one row of pixels after the other and names the class at the end."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import netcore as nc
from netcore import checks
from netcore.recipes.base import Facts
from netcore.recipes.images import ImageClassifier
from netcore.recipes.race import CELLS


@dataclass
class RowLSTM(ImageClassifier):
    """LSTM that reads an image row by row and names its class."""

    name: ClassVar[str] = "row-lstm"
    small_epochs: ClassVar[int] = 15
    clip: float = 1.0
    hidden: Annotated[int, "size of the state"] = 128
    cell: Annotated[str, "recurrent layer: lstm, gru or rnn"] = "lstm"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.one_of("cell", self.cell, tuple(CELLS))

    def network(self, facts: Facts) -> nc.Sequential:
        return nc.Sequential(
            rows=nc.Flatten(1, 2),  # (N, C, H, W) to (N, C·H, W): the rows of all channels, one after the other
            **{self.cell: CELLS[self.cell](facts["shape"][2], self.hidden)},
            last=nc.Last(),
            head=nc.Linear(self.hidden, len(facts["classes"])),
        )
