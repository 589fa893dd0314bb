"""An LSTM reads an image row by row, from top to bottom, and names it at the last one."""

from netcore.layers import LSTM, Flatten, Last, Linear, Sequential
from netcore.recipes.classifier import prepare_classifier
from netcore.recipes.recipe import Facts, Options, Recipe, Training


def network(facts: Facts, options: Options) -> Sequential:
    channels, _, width = facts["shape"]
    rows = Flatten(1, 2)  # (N, C, H, W) to (N, C·H, W): the rows of one channel after those of the other
    return Sequential(rows, LSTM(width, 128), Last(), Linear(128, len(facts["classes"])))


def prepare(options: Options) -> Training:
    return prepare_classifier(network, options)


RECIPE = Recipe(
    "row-lstm", "an LSTM reads images row by row", "classification", "fashion-mnist-mini", epochs=10, small_epochs=15, batch_size=100, lr=3e-3,
    network=network, prepare=prepare, others=("digits", "mnist", "fashion-mnist", "cifar10"),
)  # fmt: skip
