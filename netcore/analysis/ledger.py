"""The ELBO ledger of a variational auto-encoder: where each nat goes, and whether the code has collapsed.

    -ELBO = reconstruction + Σ over dimensions of KL_d             nats an image: sums over pixels, means over images
    KL_d  = ½ (μ_d² + σ_d² - 1 - ln σ_d²)                          D. Kingma and M. Welling, 2014, appendix B
    active units: dimensions whose mean over z, E[z|x], varies over the images: Var_x(μ_d) > 0.01
                                                                   Y. Burda et al., 2016, section 5

A code has collapsed when the decoder does not listen to it: KL near 0 in all dimensions (S. Bowman et al., 2016).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from netcore.analysis.still import BATCH, Still
from netcore.errors import ArgumentError
from netcore.layers import Gaussian, Layer
from netcore.losses import BCEWithLogitsLoss
from netcore.rng import as_generator

ACTIVE = 0.01  # variance of a dimension's mean over the images, from which on it counts as active


@dataclass(frozen=True)
class Ledger:
    """All in nats an image."""

    reconstruction: float
    kl: np.ndarray  # (Z,) of each dimension
    active: np.ndarray  # (Z,) whether it carries anything

    @property
    def elbo(self) -> float:
        return -(self.reconstruction + float(self.kl.sum()))

    @property
    def collapsed(self) -> bool:
        """No dimension carries anything: the code is ignored."""
        return not bool(self.active.any())

    def __str__(self) -> str:
        alarm = "\n  ALARM: the code has collapsed; lower beta, or let it rise from 0 while training" if self.collapsed else ""
        dimensions = " ".join(f"{value:.2f}" for value in np.sort(self.kl)[::-1])
        return (
            f"-ELBO {-self.elbo:.2f} nats = reconstruction {self.reconstruction:.2f} + KL {self.kl.sum():.2f}\n"
            f"  KL of each dimension, greatest first: {dimensions}\n  active units: {int(self.active.sum())} of {len(self.kl)}{alarm}"
        )


def elbo_ledger(net: Layer, x: np.ndarray, rng: Any = 0) -> Ledger:
    """The ledger on images x (N, …) in [0, 1], for a network with one `Gaussian` layer that ends in logits (as the recipe 'vae').

    Codes are sampled once an image, from `rng`. The network is not changed. β is left out: the ledger counts nats.
    Raises ArgumentError for another network, no images, or pixels outside 0..1.

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Linear(4, 4), nc.Gaussian(2), nc.Linear(2, 4))
    >>> elbo_ledger(net, np.full((8, 4), 0.5, np.float32)).kl.shape
    (2,)
    """
    if not len(x) or x.min() < 0 or x.max() > 1:
        raise ArgumentError(f"a ledger counts nats of pixels in 0..1, got {f'{x.min():g} to {x.max():g}' if x.size else 'no images'}")
    net = Still(net).net
    latents = [layer for layer in net.layers() if isinstance(layer, Gaussian)]
    if len(latents) != 1:
        raise ArgumentError(f"a ledger needs a network with one Gaussian layer, got {len(latents)}")
    (latent,) = latents
    latent.rng, latent.training = as_generator(rng), True  # it samples, and caches the means; nothing else is in training mode
    means, kls, nats = [], np.zeros(latent.size), 0.0
    loss = BCEWithLogitsLoss(reduction="sum")
    for k in range(0, len(x), BATCH):
        part = x[k : k + BATCH]
        nats += loss.forward(net.forward(part), part)
        kls += latent.kl * len(part)
        means.append(latent._caches.pop()[0])
    return Ledger(nats / len(x), kls / len(x), np.concatenate(means).var(axis=0) > ACTIVE)
