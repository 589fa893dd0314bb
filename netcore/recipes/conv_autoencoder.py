"""A convolutional auto-encoder: strided convolutions down to a small map of features, transposed ones back up."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.reconstruction import ImageAutoencoder


@dataclass
class ConvAutoencoder(ImageAutoencoder):
    """Auto-encoder of strided and transposed convolutions."""

    name: ClassVar[str] = "conv-autoencoder"
    batch_size: int = 64
    lr: float = 3e-3
    filters: Annotated[int, "filters of the first convolution; the second has twice as many"] = 16

    def network(self, facts: Facts) -> nc.Sequential:
        channels, height, width = facts["shape"]
        features = nc.Sequential(
            nc.Conv2d(channels, self.filters, 3, stride=2, padding=1),
            nc.ReLU(),
            nc.Conv2d(self.filters, 2 * self.filters, 3, stride=2, padding=1),
            nc.ReLU(),
            nc.Flatten(),
        )
        (size,) = features.output_shape((channels, height, width))
        encoder = nc.Sequential(*features, nc.Linear(size or 0, self.code))
        return nc.Sequential(encoder=encoder, decoder=nc.mirror(encoder, (channels, height, width), output="sigmoid"))
