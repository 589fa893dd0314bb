"""A sparse auto-encoder: more code than needed, but each of its units may only seldom be on.

    loss = squared error + weight · Σ_j KL(ρ ‖ ρ̂_j)         ρ̂_j: mean activation of code unit j over the batch

Source: A. Ng, "Sparse autoencoder", CS294A lecture notes, 2011. The penalty: netcore/losses/penalty.py.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import flat_size
from netcore.recipes.reconstruction import ImageAutoencoder


@dataclass
class Sparse(ImageAutoencoder):
    """Auto-encoder whose code units are seldom on."""

    name: ClassVar[str] = "sparse"
    full_epochs: ClassVar[int] = 15
    code: int = 256
    rho: Annotated[float, "share of the images for which a unit should be on"] = 0.05
    weight: Annotated[float, "weight of the sparsity penalty"] = 3e-4

    def network(self, facts: Facts) -> nc.Sequential:
        shape = tuple(facts["shape"])
        encoder = nc.Sequential(
            nc.Flatten(), nc.Linear(flat_size(facts), self.code), nc.Sigmoid(), nc.Penalised(nc.Sparsity(self.rho), self.weight)
        )
        return nc.Sequential(encoder=encoder, decoder=nc.mirror(encoder, shape, output="sigmoid"))
