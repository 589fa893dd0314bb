"""A multilayer perceptron: every pixel is connected with every hidden unit. The smallest recipe; begin here."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import ImageClassifier, flat_size


@dataclass
class MLP(ImageClassifier):
    """Multilayer perceptron with one hidden layer, for images."""

    name: ClassVar[str] = "mlp"
    hidden: Annotated[int, "hidden units"] = 128
    dropout: Annotated[float, "share of hidden units that a step leaves out"] = 0.2

    def network(self, facts: Facts) -> nc.Sequential:
        return nc.Sequential(
            nc.Flatten(),
            nc.Linear(flat_size(facts), self.hidden),
            nc.ReLU(),
            nc.Dropout(self.dropout),
            nc.Linear(self.hidden, len(facts["classes"])),
        )
