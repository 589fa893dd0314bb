"""A variational auto-encoder: the code is a distribution, and its distance from N(0, 1) has a price.

    -ELBO = -E log p(x|z) + β D(q(z|x) ‖ N(0, 1))      both in nats per image: sums over pixels and dimensions, mean over images

Source: D. Kingma and M. Welling, "Auto-encoding variational Bayes", 2014; β: I. Higgins et al., 2017. The sampling that can
be differentiated is a layer: netcore/layers/gaussian.py. A dimension whose KL is near zero carries nothing (`active units`).
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import netcore as nc
from netcore.recipes.base import Facts
from netcore.recipes.images import flat_size
from netcore.recipes.reconstruction import ImageAutoencoder
from netcore.training import Variational


@dataclass
class VAE(ImageAutoencoder):
    """Variational auto-encoder; its loss is the negative ELBO, in nats."""

    name: ClassVar[str] = "vae"
    full_epochs: ClassVar[int] = 15
    small_epochs: ClassVar[int] = 30
    code: int = 20
    hidden: Annotated[int, "units of the hidden layers"] = 400
    beta: Annotated[float, "weight of the KL divergence"] = 1.0

    def network(self, facts: Facts) -> nc.Sequential:
        pixels = flat_size(facts)
        return nc.Sequential(
            encoder=nc.Sequential(nc.Flatten(), nc.Linear(pixels, self.hidden), nc.ReLU(), nc.Linear(self.hidden, 2 * self.code)),
            latent=nc.Gaussian(self.code, beta=self.beta),
            decoder=nc.Sequential(
                nc.Linear(self.code, self.hidden), nc.ReLU(), nc.Linear(self.hidden, pixels), nc.Unflatten(1, tuple(facts["shape"]))
            ),
        )

    def task(self, net: nc.Layer) -> Variational:
        return Variational(net)
