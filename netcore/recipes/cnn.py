"""A small VGG: 3 × 3 convolutions with batch norm, more filters each time the image is halved (Simonyan and Zisserman, 2015).

Images are flipped left to right and shifted by up to two pixels while training.
"""

from netcore.data import Compose, Flip, Shift
from netcore.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential
from netcore.recipes.classifier import prepare_classifier
from netcore.recipes.recipe import Facts, Options, Recipe, Training


def block(channels: int, filters: int) -> list:
    """Convolution, batch norm, ReLU; the norm has its own bias."""
    return [Conv2d(channels, filters, 3, padding=1, bias=False), BatchNorm2d(filters), ReLU()]


def network(facts: Facts, options: Options) -> Sequential:
    channels = facts["shape"][0]
    features = Sequential(
        *block(channels, 32), MaxPool2d(2),
        *block(32, 64), *block(64, 64), MaxPool2d(2),
        *block(64, 128), MaxPool2d(2),
        Flatten(),
    )  # fmt: skip
    (size,) = features.output_shape(tuple(facts["shape"]))
    return Sequential(*features, Dropout(0.3), Linear(size or 0, 128), ReLU(), Dropout(0.3), Linear(128, len(facts["classes"])))


def prepare(options: Options) -> Training:
    return prepare_classifier(network, options, transform=Compose(Flip(0.5), Shift(2)))


RECIPE = Recipe(
    "cnn", "3 x 3 convolutions with batch norm", "classification", "fashion-mnist-mini", epochs=7, small_epochs=10, batch_size=64, lr=3e-3,
    network=network, prepare=prepare, others=("mnist", "fashion-mnist", "cifar10"),
)  # fmt: skip
