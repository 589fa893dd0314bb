"""A LeNet for 28 × 28 images: two convolutions 5 × 5, each with ReLU and max-pooling, then two dense layers.

After LeCun et al. (1998), with more filters, ReLU, dropout, and images shifted by up to two pixels while training.
"""

from netcore.data import Shift
from netcore.layers import Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential
from netcore.recipes.classifier import prepare_classifier
from netcore.recipes.recipe import Facts, Options, Recipe, Training


def network(facts: Facts, options: Options) -> Sequential:
    features = Sequential(
        Conv2d(facts["shape"][0], 32, 5), ReLU(), MaxPool2d(2),
        Conv2d(32, 64, 5), ReLU(), MaxPool2d(2),
        Flatten(),
    )  # fmt: skip
    (size,) = features.output_shape(tuple(facts["shape"]))
    return Sequential(*features, Linear(size or 0, 128), ReLU(), Dropout(0.3), Linear(128, len(facts["classes"])))


def prepare(options: Options) -> Training:
    return prepare_classifier(network, options, transform=Shift(2))


RECIPE = Recipe(
    "lenet", "LeNet, 5 x 5 convolutions", "classification", "fashion-mnist-mini", epochs=7, small_epochs=15, batch_size=64, lr=3e-3,
    network=network, prepare=prepare, others=("mnist", "fashion-mnist", "cifar10"),
)  # fmt: skip
