"""A residual network: three stages of 16, 32 and 64 filters, one block each (He et al., 2016), as a graph."""

from netcore.data import Compose, Flip, Shift
from netcore.layers import AdaptiveAvgPool2d, Add, BatchNorm2d, Conv2d, Flatten, Graph, Input, Linear, Node, ReLU
from netcore.recipes.classifier import prepare_classifier
from netcore.recipes.recipe import Facts, Options, Recipe, Training


def convolution(x: Node, filters: int, kernel: int, stride: int = 1) -> Node:
    channels = int(x.shape[0] or 0)
    return BatchNorm2d(filters)(Conv2d(channels, filters, kernel, stride, kernel // 2, bias=False)(x))


def residual(x: Node, filters: int, stride: int) -> Node:
    """ReLU(F(x) + x); where the sizes differ, x goes through a 1 × 1 convolution."""
    h = convolution(ReLU()(convolution(x, filters, 3, stride)), filters, 3)
    shortcut = x if stride == 1 and x.shape[0] == filters else convolution(x, filters, 1, stride)
    return ReLU()(Add()(h, shortcut))


def network(facts: Facts, options: Options) -> Graph:
    image = Input(tuple(facts["shape"]))
    h = ReLU()(convolution(image, 16, 3))
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        h = residual(h, filters, stride)
    h = Flatten()(AdaptiveAvgPool2d(1)(h))
    return Graph(image, Linear(64, len(facts["classes"]))(h))


def prepare(options: Options) -> Training:
    return prepare_classifier(network, options, transform=Compose(Flip(0.5), Shift(2)))


RECIPE = Recipe(
    "resnet", "residual blocks with batch norm, as a graph", "classification", "fashion-mnist-mini", epochs=10, small_epochs=12, batch_size=64,
    lr=5e-3, network=network, prepare=prepare, others=("mnist", "fashion-mnist", "cifar10"),
)  # fmt: skip
