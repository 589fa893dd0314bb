"""The deep auto-encoder 784-1000-500-250-30, mirrored (Hinton and Salakhutdinov, Science, 2006).

ELU units, a linear code, sigmoid outputs, squared error. While training, each batch is shifted by up to one pixel: the
network has to represent digits anywhere, and over-fits far less. The metric is the squared error summed over the pixels,
averaged over the images.
"""

from math import prod
from typing import Any

from netcore.data import DataLoader, Shift
from netcore.layers import ELU, Flatten, Linear, Sequential
from netcore.losses import MSELoss
from netcore.mirror import mirror
from netcore.optim import AdamW, OneCycleLR
from netcore.recipes.recipe import Facts, Options, Recipe, Training, images, steps
from netcore.training import Reconstruction

SIZES = (1000, 500, 250)
CODE = 30


def network(facts: Facts, options: Options) -> Sequential:
    shape = tuple(facts["shape"])
    sizes = [prod(shape), *SIZES, CODE]
    layers: list[Any] = [Flatten()]
    for before, after in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [Linear(before, after), ELU()]
    encoder = Sequential(*layers[:-1])  # the code is linear
    return Sequential(encoder=encoder, decoder=mirror(encoder, shape, output="sigmoid"))


def prepare(options: Options) -> Training:
    return prepare_autoencoder(network(images_facts(options), options), options, transform=Shift(1))


def images_facts(options: Options) -> Facts:
    return images(options)[2]


def prepare_autoencoder(net: Any, options: Options, transform: Any = None, corrupt: Any = None) -> Training:
    """Squared error, AdamW, one cycle of the learning rate."""
    train, test, facts = images(options)
    loss = MSELoss()
    optimizer = AdamW(net.parameters(), lr=float(options.lr or 0), weight_decay=1e-5)
    loader = DataLoader(train, batch_size=options.batch_size or 1, shuffle=True, rng=options.seed, transform=transform)
    return Training(
        facts, net, loss, optimizer, loader, DataLoader(test, batch_size=500), Reconstruction(net, loss, corrupt),
        OneCycleLR(optimizer, optimizer.lr, steps(loader, options), pct_start=0.1),
    )  # fmt: skip


RECIPE = Recipe(
    "autoencoder", "deep auto-encoder 784-1000-500-250-30", "reconstruction", "fashion-mnist-mini", epochs=40, small_epochs=30, batch_size=256, lr=2e-3,
    network=network, prepare=prepare, others=("digits", "mnist", "fashion-mnist"),
)  # fmt: skip
