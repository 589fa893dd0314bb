"""What the auto-encoders share: images go in, the same images are to come out.

The squared error is the sum over an image's pixels, averaged over the images (Hinton and Salakhutdinov, 2006).
"""

from dataclasses import dataclass
from typing import Annotated, Any

from netcore.data import DataLoader
from netcore.layers import Layer
from netcore.losses import MSELoss
from netcore.recipes.base import Facts, Prepared, Recipe
from netcore.recipes.images import image_facts, image_splits
from netcore.training import Reconstruction


@dataclass
class ImageAutoencoder(Recipe):
    """Base of the recipes that reconstruct images. Pixels stay in [0, 1]."""

    data: str = "fashion-mnist-mini"
    batch_size: int = 128
    lr: float = 2e-3
    code: Annotated[int, "numbers that an image is squeezed into"] = 30

    def augment(self, facts: Facts) -> Any:
        """A random change of the training images, or None; the changed image is also the target."""
        return None

    def prepare(self, root: Any = None) -> Prepared:
        train, val, test = image_splits(self.data, root, self.limit)
        facts = image_facts(train)
        return Prepared(
            DataLoader(train, batch_size=self.batch_size, shuffle=True, transform=self.augment(facts)),
            DataLoader(val, batch_size=500),
            DataLoader(test, batch_size=500),
            facts,
        )

    def task(self, net: Layer) -> Reconstruction:
        return Reconstruction(net, MSELoss())
