"""The deep auto-encoder 784-1000-500-250-30 and back: what is left of an image when 30 numbers must do?

Source: G. Hinton and R. Salakhutdinov, "Reducing the dimensionality of data with neural networks", Science 313, 2006. They
trained it layer by layer first; with ELU units and Adam that is not needed any more. Images that are moved by a pixel while
training keep the network from learning the training set by heart.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, ClassVar

import netcore as nc
from netcore import checks
from netcore.recipes.base import Facts
from netcore.recipes.images import flat_size
from netcore.recipes.reconstruction import ImageAutoencoder

HIDDEN = (1000, 500, 250)


@dataclass
class Autoencoder(ImageAutoencoder):
    """Deep auto-encoder 784-1000-500-250-30."""

    name: ClassVar[str] = "autoencoder"
    full_epochs: ClassVar[int] = 40
    small_epochs: ClassVar[int] = 30
    batch_size: int = 256
    weight_decay: float = 1e-5
    layers: Annotated[int, "hidden layers before the code: 3 is deep, 0 plain, one linear layer each way"] = 3
    shift: Annotated[int, "move training images by up to that many pixels"] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.one_of("layers", self.layers, range(len(HIDDEN) + 1))

    def augment(self, facts: Facts) -> Any:
        return nc.data.Shift(self.shift) if self.shift else None

    def network(self, facts: Facts) -> nc.Sequential:
        sizes = [flat_size(facts), *HIDDEN[: self.layers]]
        encoder: list[nc.Layer] = [nc.Flatten()]
        for before, after in pairwise(sizes):
            encoder += [nc.Linear(before, after), nc.ELU()]
        encoder.append(nc.Linear(sizes[-1], self.code))
        whole = nc.Sequential(*encoder)
        return nc.Sequential(encoder=whole, decoder=nc.mirror(whole, tuple(facts["shape"]), output="sigmoid"))
