"""Auto-encoders as tasks: the target is the input itself. Plain, denoising, variational.

The metric is the squared error, summed over an image's pixels and averaged over the images.
"""

import warnings
from typing import Any

import numpy as np

from netcore import functional as F
from netcore.errors import ArgumentError
from netcore.layers import Gaussian, Layer
from netcore.losses import BCEWithLogitsLoss, Loss
from netcore.rng import default_rng
from netcore.training.tasks import Regression


class Reconstruction(Regression):
    """Batches (x, anything): the target is x. With BCEWithLogitsLoss the network ends in logits, else in pixels.

    `corrupt(x, rng)` spoils what goes in, not what is to come out (denoising, Vincent et al., 2008). An evaluation spoils
    too, in the same way every time. Warns where the loss is a mean over pixels and the network has a `Gaussian` layer, whose KL is in
    nats an image: the two are not to be added. `Variational` scales both alike.
    """

    def __init__(self, net: Layer, loss: Loss, corrupt: Any = None) -> None:
        super().__init__(net, loss)
        if loss.reduction == "mean" and any(isinstance(layer, Gaussian) and layer.beta for layer in net.layers()):
            said = f"{type(loss).__name__} is a mean over pixels, the KL of the Gaussian layer a sum in nats an image: the code may collapse"
            warnings.warn(f"{said}; take nc.training.Variational, which adds them on one scale", stacklevel=2)
        self.corrupt, self._fixed = corrupt, np.random.default_rng(0)

    def pair(self, batch: Any) -> tuple[np.ndarray, np.ndarray]:
        clean = batch[0]
        if self.corrupt is None:
            return clean, clean
        return self.corrupt(clean, default_rng() if self.net.training else self._fixed), clean

    def score(self, y: np.ndarray, target: np.ndarray) -> float:
        return super().score(self.pixels(y), target)

    def pixels(self, y: np.ndarray) -> np.ndarray:
        """What the network gives, as pixels in [0, 1]."""
        return F.sigmoid_forward(y)[0] if isinstance(self.loss, BCEWithLogitsLoss) else y

    def reset(self) -> None:
        self._fixed = np.random.default_rng(0)


class Variational(Reconstruction):
    """The variational auto-encoder: a network with one `Gaussian` layer in it, which ends in logits.

        loss = -ELBO = Σ over pixels of BCE(logits, x) + β Σ over dimensions of KL        nats per image, mean over images

    The gradient of β KL joins in the Gaussian layer. Measured are also `kl`, in nats per image, and `active_units`, the
    dimensions whose KL is over 0.01 nats; when they fall towards 0, the code has collapsed.
    """

    def __init__(self, net: Layer) -> None:
        super().__init__(net, BCEWithLogitsLoss(reduction="sum"))
        found = [layer for layer in net.layers() if isinstance(layer, Gaussian)]
        if len(found) != 1:
            raise ArgumentError(f"Variational needs a network with one Gaussian layer, got {len(found)}")
        self.latent = found[0]

    @property
    def watched(self) -> tuple[str, ...]:
        return self.metric, "kl"

    def train(self, batch: Any) -> tuple[float, int]:
        x, n = batch[0], max(len(batch[0]), 1)
        nats = self.loss.forward(self.net.forward(x), x) / n
        self.net.backward(self.loss.backward(1 / n), input_grad=False)  # a mean over images of a sum over pixels
        return nats + self.latent.beta * float(self.latent.kl.sum()), n

    def evaluate(self, batch: Any) -> tuple[dict[str, float], int]:
        x, n = batch[0], len(batch[0])
        logits = self._sampled(x)
        nats, kl = self.loss.forward(logits, x), self.latent.kl
        return {
            "loss": nats + self.latent.beta * float(kl.sum()) * n,
            self.metric: self.score(logits, x),
            "kl": float(kl.sum()) * n,
            "active_units": float(np.count_nonzero(kl > 0.01)) * n,
        }, n

    def kl_by_dimension(self, loader: Any) -> np.ndarray:
        """The KL of every dimension of the code, in nats, averaged over a loader's images."""
        self.net.eval()
        self.reset()
        total, samples = np.zeros(self.latent.size), 0
        for x, _ in loader:
            self._sampled(x)
            total, samples = total + self.latent.kl * len(x), samples + len(x)
        return total / max(samples, 1)

    def _sampled(self, x: np.ndarray) -> np.ndarray:
        """The output for sampled codes, as the ELBO wants it, from numbers that are the same in every evaluation."""
        own, self.latent.rng, self.latent.training = self.latent.rng, self._fixed, True
        try:
            return self.net.forward(x)
        finally:
            self.latent.rng, self.latent.training = own, False
            self.net.reset()
