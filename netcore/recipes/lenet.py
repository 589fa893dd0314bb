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
    filters: Annotated[int, "filters of the first convolution; the second has twice as many"] = 32
    hidden: Annotated[int, "units of the hidden linear layer"] = 128
    dropout: Annotated[float, "share of hidden units that a step leaves out"] = 0.4
    shift: Annotated[int, "move training images by up to that many pixels"] = 1
    weight_decay: Annotated[float, "decoupled weight decay"] = 1e-4

    def network(self, facts: Facts) -> nc.Sequential:
        channels, height, width = facts["shape"]
        return nc.Sequential(
            nc.Conv2d(channels, self.filters, 5, padding=2),
            nc.ReLU(),
            nc.MaxPool2d(2),
            nc.Conv2d(self.filters, 2 * self.filters, 5, padding=2),
            nc.ReLU(),
            nc.MaxPool2d(2),
            nc.Flatten(),
            nc.Linear(2 * self.filters * (height // 4) * (width // 4), self.hidden),
            nc.ReLU(),
            nc.Dropout(self.dropout),
            nc.Linear(self.hidden, len(facts["classes"])),
        )

    def augment(self, facts: Facts) -> list[Any]:
        return [nc.data.Shift(self.shift)] if self.shift else []

    def optimizer(self, net: nc.Layer) -> nc.Optimizer:
        return nc.AdamW(net.parameters(), lr=self.lr, weight_decay=self.weight_decay)

    def schedule(self, optimizer: nc.Optimizer, steps: int) -> Any:
        return nc.OneCycleLR(optimizer, max_lr=self.lr, total_steps=steps, pct_start=0.2)
