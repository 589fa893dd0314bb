"""An image as a sequence: an LSTM reads one row of pixels after the other and names the class at the end."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import ImageClassifier


@dataclass
class RowLSTM(ImageClassifier):
    """LSTM that reads an image row by row and names its class."""

    name: ClassVar[str] = "row-lstm"
    small_epochs: ClassVar[int] = 15
    clip: float = 1.0
    hidden: Annotated[int, "size of the LSTM's state"] = 128

    def network(self, facts: Facts) -> nc.Sequential:
        return nc.Sequential(
            rows=nc.Flatten(1, 2),  # (N, C, H, W) to (N, C·H, W): the rows of all channels, one after the other
            lstm=nc.LSTM(facts["shape"][2], self.hidden),
            last=nc.Last(),
            head=nc.Linear(self.hidden, len(facts["classes"])),
        )
