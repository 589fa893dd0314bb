"""A denoising auto-encoder: noise goes in with the image, the clean image is to come out.

Source: P. Vincent et al., "Extracting and composing robust features with denoising autoencoders", ICML 2008.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import flat_size
from netcore.recipes.reconstruction import ImageAutoencoder
from netcore.training import Reconstruction


@dataclass
class Denoising(ImageAutoencoder):
    """Auto-encoder that takes noise out of images."""

    name: ClassVar[str] = "denoising"
    full_epochs: ClassVar[int] = 15
    code: int = 128
    hidden: Annotated[int, "units of the layers between image and code"] = 512
    noise: Annotated[float, "standard deviation of the noise; pixels are in 0..1"] = 0.3

    def network(self, facts: Facts) -> nc.Sequential:
        encoder = nc.Sequential(
            nc.Flatten(), nc.Linear(flat_size(facts), self.hidden), nc.ReLU(), nc.Linear(self.hidden, self.code), nc.ReLU()
        )
        return nc.Sequential(encoder=encoder, decoder=nc.mirror(encoder, tuple(facts["shape"]), output="sigmoid"))

    def task(self, net: nc.Layer) -> Reconstruction:
        return Reconstruction(net, nc.MSELoss(), corrupt=nc.data.Noise(self.noise))
