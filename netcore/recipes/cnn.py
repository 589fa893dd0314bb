"""A convolutional network of 3x3 filters, two to a block, as in VGG, with batch normalisation.

Source: K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import ImageClassifier


@dataclass
class CNN(ImageClassifier):
    """Blocks of two 3x3 convolutions with batch norm and pooling."""

    name: ClassVar[str] = "cnn"
    full_epochs: ClassVar[int] = 7
    small_epochs: ClassVar[int] = 10
    data: str = "fashion-mnist-mini"
    width: Annotated[int, "filters of the first block; each further block has twice as many"] = 32
    blocks: Annotated[int, "blocks, each of which halves height and width"] = 2
    hidden: Annotated[int, "units of the hidden linear layer"] = 128
    dropout: Annotated[float, "share of hidden units that a step leaves out"] = 0.3

    def network(self, facts: Facts) -> nc.Sequential:
        channels, height, width = facts["shape"]
        layers: list[nc.Layer] = []
        for block in range(self.blocks):
            filters = self.width * 2**block
            layers += [
                nc.Conv2d(channels, filters, 3, padding=1, bias=False), nc.BatchNorm2d(filters), nc.ReLU(),
                nc.Conv2d(filters, filters, 3, padding=1, bias=False), nc.BatchNorm2d(filters), nc.ReLU(),
                nc.MaxPool2d(2),
            ]  # fmt: skip
            channels, height, width = filters, height // 2, width // 2
        return nc.Sequential(
            *layers,
            nc.Flatten(),
            nc.Dropout(self.dropout),
            nc.Linear(channels * height * width, self.hidden),
            nc.ReLU(),
            nc.Dropout(self.dropout),
            nc.Linear(self.hidden, len(facts["classes"])),
        )

    def augment(self, facts: Facts) -> list[Any]:
        return [nc.data.Shift(2), nc.data.Flip()]
