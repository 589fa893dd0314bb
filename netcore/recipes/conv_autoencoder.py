"""A convolutional auto-encoder: two strided convolutions and a code of 32 numbers; the decoder is derived by `mirror`."""

from math import prod

from netcore.layers import Conv2d, Flatten, Linear, ReLU, Sequential
from netcore.mirror import mirror
from netcore.recipes.autoencoder import images_facts, prepare_autoencoder
from netcore.recipes.recipe import Facts, Options, Recipe, Training

CODE = 32


def network(facts: Facts, options: Options) -> Sequential:
    shape = tuple(facts["shape"])
    features = Sequential(
        Conv2d(shape[0], 16, 3, stride=2, padding=1), ReLU(),
        Conv2d(16, 32, 3, stride=2, padding=1), ReLU(),
    )  # fmt: skip
    encoder = Sequential(*features, Flatten(), Linear(prod(int(size or 0) for size in features.output_shape(shape)), CODE))
    return Sequential(encoder=encoder, decoder=mirror(encoder, shape, output="sigmoid"))


def prepare(options: Options) -> Training:
    return prepare_autoencoder(network(images_facts(options), options), options)


RECIPE = Recipe(
    "conv-autoencoder", "convolutional auto-encoder with a code of 32", "reconstruction", "fashion-mnist-mini", epochs=12, small_epochs=20,
    batch_size=64, lr=3e-3, network=network, prepare=prepare, others=("digits", "mnist", "fashion-mnist", "cifar10"),
)  # fmt: skip
