"""The deep auto-encoder 784-1000-500-250-30 and back: what is left of an image when 30 numbers must do?

Source: G. Hinton and R. Salakhutdinov, "Reducing the dimensionality of data with neural networks", Science 313, 2006. They
trained it layer by layer first; with Adam that is not needed any more. Beside it, PCA is the best linear auto-encoder.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import flat_size
from netcore.recipes.reconstruction import ImageAutoencoder

HIDDEN = (1000, 500, 250)


@dataclass
class Autoencoder(ImageAutoencoder):
    """Deep auto-encoder 784-1000-500-250-30."""

    name: ClassVar[str] = "autoencoder"
    weight_decay: Annotated[float, "decoupled weight decay"] = 0.0

    def network(self, facts: Facts) -> nc.Sequential:
        sizes = [flat_size(facts), *HIDDEN]
        encoder: list[nc.Layer] = [nc.Flatten()]
        for before, after in zip(sizes, sizes[1:], strict=False):
            encoder += [nc.Linear(before, after), nc.ReLU()]
        encoder.append(nc.Linear(sizes[-1], self.code))
        whole = nc.Sequential(*encoder)
        return nc.Sequential(encoder=whole, decoder=nc.mirror(whole, tuple(facts["shape"]), output="sigmoid"))

    def optimizer(self, net: nc.Layer) -> nc.Optimizer:
        return nc.AdamW(net.parameters(), lr=self.lr, weight_decay=self.weight_decay)
