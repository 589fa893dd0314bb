"""An auto-encoder with tied weights: the decoder uses the encoder's matrices, turned round.

Source: P. Vincent et al., "Stacked denoising autoencoders", 2010, section 2.2. The layer: netcore/layers/tied.py.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import flat_size
from netcore.recipes.reconstruction import ImageAutoencoder


@dataclass
class Tied(ImageAutoencoder):
    """Auto-encoder with half the weights: the decoder turns the encoder's round."""

    name: ClassVar[str] = "tied"
    full_epochs: ClassVar[int] = 15
    hidden: Annotated[int, "units of the layer between image and code"] = 256

    def network(self, facts: Facts) -> nc.Sequential:
        encoder = nc.Sequential(nc.Flatten(), nc.Linear(flat_size(facts), self.hidden), nc.ELU(), nc.Linear(self.hidden, self.code))
        return nc.Sequential(encoder=encoder, decoder=nc.mirror(encoder, tuple(facts["shape"]), output="sigmoid", tied=True))
