"""A small VGG: 3x3 convolutions with batch norm, more filters each time the image is halved.

Source: K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import ImageClassifier


def block(channels: int, filters: int) -> list[nc.Layer]:
    """Convolution, batch norm, ReLU; the norm has a bias of its own."""
    return [nc.Conv2d(channels, filters, 3, padding=1, bias=False), nc.BatchNorm2d(filters), nc.ReLU()]


@dataclass
class CNN(ImageClassifier):
    """Four 3x3 convolutions with batch norm."""

    name: ClassVar[str] = "cnn"
    full_epochs: ClassVar[int] = 10
    small_epochs: ClassVar[int] = 10
    data: str = "fashion-mnist-mini"
    width: Annotated[int, "filters of the first convolution"] = 32
    hidden: Annotated[int, "units of the hidden linear layer"] = 128
    dropout: Annotated[float, "share of units that a step leaves out"] = 0.3

    def network(self, facts: Facts) -> nc.Sequential:
        channels, height, width = facts["shape"]
        w = self.width
        features = nc.Sequential(
            *block(channels, w), nc.MaxPool2d(2),
            *block(w, 2 * w), *block(2 * w, 2 * w), nc.MaxPool2d(2),
            *block(2 * w, 4 * w), nc.MaxPool2d(2),
            nc.Flatten(),
        )  # fmt: skip
        return nc.Sequential(
            *features,
            nc.Dropout(self.dropout),
            nc.Linear(features.output_shape((channels, height, width))[0] or 0, self.hidden),
            nc.ReLU(),
            nc.Dropout(self.dropout),
            nc.Linear(self.hidden, len(facts["classes"])),
        )

    def augment(self, facts: Facts) -> list[Any]:
        return [nc.data.Shift(2), nc.data.Flip()]
