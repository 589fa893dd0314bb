"""A two-layer perceptron on images: 128 ReLU units between the pixels and the classes."""

from math import prod

from netcore.layers import Flatten, Linear, ReLU, Sequential
from netcore.recipes.classifier import prepare_classifier
from netcore.recipes.recipe import Facts, Options, Recipe, Training


def network(facts: Facts, options: Options) -> Sequential:
    return Sequential(Flatten(), Linear(prod(facts["shape"]), 128), ReLU(), Linear(128, len(facts["classes"])))


def prepare(options: Options) -> Training:
    return prepare_classifier(network, options)


RECIPE = Recipe(
    "mlp", "two-layer perceptron on images", "classification", "digits", epochs=10, small_epochs=20, batch_size=64, lr=3e-3,
    network=network, prepare=prepare, others=("mnist", "fashion-mnist", "fashion-mnist-mini", "cifar10"),
)  # fmt: skip
