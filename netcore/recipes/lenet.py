"""LeNet in modern dress: two 5x5 convolutions, each with ReLU and 2x2 pooling, then two linear layers.

Source: Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998 (with tanh and 6 and 16 filters).
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import ImageClassifier


@dataclass
class LeNet(ImageClassifier):
    """Two 5x5 convolutions with pooling, then two linear layers."""

    name: ClassVar[str] = "lenet"
    full_epochs: ClassVar[int] = 7
    small_epochs: ClassVar[int] = 15
    data: str = "fashion-mnist-mini"
    filters: Annotated[int, "filters of the first convolution; the second has twice as many"] = 32
    hidden: Annotated[int, "units of the hidden linear layer"] = 128
    dropout: Annotated[float, "share of hidden units that a step leaves out"] = 0.3
    shift: Annotated[int, "move training images by up to that many pixels"] = 2

    def network(self, facts: Facts) -> nc.Sequential:
        channels, height, width = facts["shape"]
        padding = 0 if min(height, width) >= 20 else 2  # 8x8 digits would vanish without
        features = nc.Sequential(
            nc.Conv2d(channels, self.filters, 5, padding=padding),
            nc.ReLU(),
            nc.MaxPool2d(2),
            nc.Conv2d(self.filters, 2 * self.filters, 5, padding=padding),
            nc.ReLU(),
            nc.MaxPool2d(2),
            nc.Flatten(),
        )
        return nc.Sequential(
            *features,
            nc.Linear(features.output_shape((channels, height, width))[0] or 0, self.hidden),
            nc.ReLU(),
            nc.Dropout(self.dropout),
            nc.Linear(self.hidden, len(facts["classes"])),
        )

    def augment(self, facts: Facts) -> list[Any]:
        return [nc.data.Shift(self.shift)] if self.shift else []
