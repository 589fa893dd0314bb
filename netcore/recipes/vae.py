"""A variational auto-encoder, 784-400-20-400-784 (Kingma and Welling, 2014).

    -ELBO = binary cross-entropy, summed over the pixels, + β KL, both in nats per example

The KL term and the sampling are a layer of their own (netcore/layers/gaussian.py), under the same phase protocol.
"""

from math import prod
from typing import Any

from netcore.data import DataLoader
from netcore.layers import Flatten, Gaussian, Linear, ReLU, Sequential, Unflatten
from netcore.losses import BCEWithLogitsLoss
from netcore.optim import Adam, OneCycleLR
from netcore.recipes.recipe import Facts, Options, Recipe, Training, images, steps
from netcore.training import Reconstruction

HIDDEN, CODE, BETA = 400, 20, 1.0


def network(facts: Facts, options: Options) -> Sequential:
    shape = tuple(facts["shape"])
    return Sequential(
        encoder=Sequential(Flatten(), Linear(prod(shape), HIDDEN), ReLU(), Linear(HIDDEN, 2 * CODE)),
        code=Gaussian(CODE, BETA),
        decoder=Sequential(Linear(CODE, HIDDEN), ReLU(), Linear(HIDDEN, prod(shape)), Unflatten(1, shape)),
    )


class Elbo(Reconstruction):
    """The loss is -ELBO in nats per example; its two parts are metrics. `net.code.kl` has the KL of each dimension."""

    metric = "reconstruction"

    def train(self, batch: Any) -> tuple[float, int]:
        x = batch[0]
        reconstruction = self.loss.forward(self.net.forward(x), x) / len(x)
        self.net.backward(self.loss.backward(1 / len(x)), input_grad=False)
        return reconstruction + BETA * float(self._code().kl.sum()), len(x)

    def evaluate(self, batch: Any) -> tuple[dict[str, float], int]:
        x = batch[0]
        reconstruction = self.loss.forward(self.net.forward(x), x)
        kl = float(self._code().kl.sum()) * len(x)
        return {"loss": reconstruction + BETA * kl, self.metric: reconstruction, "kl": kl}, len(x)

    def _code(self) -> Any:
        return self.net["code"]  # type: ignore[index]


def prepare(options: Options) -> Training:
    train, test, facts = images(options)
    net = network(facts, options)
    loss = BCEWithLogitsLoss(reduction="sum")
    optimizer = Adam(net.parameters(), lr=float(options.lr or 0))
    loader = DataLoader(train, batch_size=options.batch_size or 1, shuffle=True, rng=options.seed)
    return Training(
        facts, net, loss, optimizer, loader, DataLoader(test, batch_size=500), Elbo(net, loss),
        OneCycleLR(optimizer, optimizer.lr, steps(loader, options)),
    )  # fmt: skip


RECIPE = Recipe(
    "vae", "variational auto-encoder with 20 latent dimensions", "reconstruction", "fashion-mnist-mini", epochs=15, small_epochs=30,
    batch_size=128, lr=2e-3, network=network, prepare=prepare, others=("digits", "mnist", "fashion-mnist"),
)  # fmt: skip
