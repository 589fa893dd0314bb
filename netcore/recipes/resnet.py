"""A residual network: each block adds to its input what two 3x3 convolutions make of it. A Graph, since paths rejoin.

Source: K. He et al., "Deep residual learning for image recognition", CVPR 2016, section 4.2.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import ImageClassifier


def convolution(h: nc.Node, filters: int, stride: int = 1, size: int = 3) -> nc.Node:
    """Convolution and batch norm."""
    h = nc.Conv2d(h.shape[0] or 0, filters, size, stride=stride, padding=size // 2, bias=False)(h)
    return nc.BatchNorm2d(filters)(h)


def residual(h: nc.Node, filters: int, stride: int) -> nc.Node:
    """relu(shortcut(h) + f(h)); the shortcut is a 1x1 convolution where the shape changes."""
    inner = nc.ReLU()(convolution(h, filters, stride))
    shortcut = h if stride == 1 and h.shape[0] == filters else convolution(h, filters, stride, size=1)
    return nc.ReLU()(nc.Add()(convolution(inner, filters), shortcut))


@dataclass
class ResNet(ImageClassifier):
    """Residual blocks of two 3x3 convolutions with batch norm."""

    name: ClassVar[str] = "resnet"
    small_epochs: ClassVar[int] = 12
    data: str = "fashion-mnist-mini"
    lr: float = 5e-3
    width: Annotated[int, "filters of the first stage; each further stage has twice as many"] = 16
    stages: Annotated[int, "stages; all but the first halve height and width"] = 3
    blocks: Annotated[int, "residual blocks in a stage"] = 1

    def network(self, facts: Facts) -> nc.Graph:
        x = nc.Input(tuple(facts["shape"]))
        h = nc.ReLU()(convolution(x, self.width))
        for stage in range(self.stages):
            for block in range(self.blocks):
                h = residual(h, self.width * 2**stage, stride=2 if stage and not block else 1)
        h = nc.Flatten()(nc.AdaptiveAvgPool2d(1)(h))
        return nc.Graph(inputs=x, outputs=nc.Linear(h.shape[0] or 0, len(facts["classes"]))(h))

    def augment(self, facts: Facts) -> list[Any]:
        return [nc.data.Shift(2), nc.data.Flip()]
