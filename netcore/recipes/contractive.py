"""A contractive auto-encoder: the code is to change little when the image does, in all directions but those of the data.

    loss = squared error + weight · ‖∂code/∂image‖²_F

Source: S. Rifai et al., "Contractive auto-encoders", 2011. The penalty: netcore/layers/contractive.py.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import flat_size
from netcore.recipes.reconstruction import ImageAutoencoder


@dataclass
class ContractiveAutoencoder(ImageAutoencoder):
    """Auto-encoder whose code is steady against small changes of the image."""

    name: ClassVar[str] = "contractive"
    full_epochs: ClassVar[int] = 15
    code: int = 128
    weight: Annotated[float, "weight of the contraction penalty"] = 3e-4

    def network(self, facts: Facts) -> nc.Sequential:
        encoder = nc.Sequential(nc.Flatten(), nc.Contractive(flat_size(facts), self.code, self.weight))
        return nc.Sequential(encoder=encoder, decoder=nc.mirror(encoder, tuple(facts["shape"]), output="sigmoid"))
