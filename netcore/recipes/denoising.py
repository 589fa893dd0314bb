"""A denoising auto-encoder: a third of the pixels are put out, and the network has to give back the whole image.

One wide hidden layer with tied sizes, 784-512-784 (Vincent et al., 2008).
"""

from math import prod
from typing import Any

import numpy as np

from netcore.layers import Flatten, Linear, ReLU, Sequential, Sigmoid, Unflatten
from netcore.recipes.autoencoder import images_facts, prepare_autoencoder
from netcore.recipes.recipe import Facts, Options, Recipe, Training
from netcore.rng import default_rng

HIDDEN = 512
PUT_OUT = 0.33


def network(facts: Facts, options: Options) -> Sequential:
    shape = tuple(facts["shape"])
    return Sequential(Flatten(), Linear(prod(shape), HIDDEN), ReLU(), Linear(HIDDEN, prod(shape)), Sigmoid(), Unflatten(1, shape))


def masked(x: np.ndarray) -> np.ndarray:
    """x with each pixel put out with probability PUT_OUT."""
    return x * (default_rng().random(x.shape, np.float32) >= PUT_OUT)


def prepare(options: Options) -> Training:
    net: Any = network(images_facts(options), options)
    return prepare_autoencoder(net, options, corrupt=masked)


RECIPE = Recipe(
    "denoising", "denoising auto-encoder, a third of the pixels put out", "reconstruction", "fashion-mnist-mini", epochs=15, small_epochs=20,
    batch_size=128, lr=2e-3, network=network, prepare=prepare, others=("digits", "mnist", "fashion-mnist"),
)  # fmt: skip
