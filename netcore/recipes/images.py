"""What recipes that classify images share: the data, held-out validation images, standardised pixels, augmentation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from netcore.data import Compose, DataLoader, Dataset, load
from netcore.errors import ArgumentError
from netcore.layers import Layer
from netcore.losses import CrossEntropyLoss
from netcore.recipes.base import Facts, Prepared, Recipe
from netcore.training import Classification

VALIDATION = 5000  # images at most, and a tenth of the training set at most


@dataclass(frozen=True)
class Standardise:
    """(x - mean) / std, after all augmentations, so that what they fill in with zeros is black."""

    mean: float
    std: float

    def __call__(self, x: np.ndarray, rng: Any = None) -> np.ndarray:
        return (x - x.dtype.type(self.mean)) / x.dtype.type(self.std)


@dataclass
class ImageClassifier(Recipe):
    """Base of the recipes for images and labels."""

    data: str = "digits"
    lr: float = 3e-3
    weight_decay: float = 1e-2

    def augment(self, facts: Facts) -> list[Any]:
        """Random changes of the training images, one after the other."""
        return []

    def prepare(self, root: Any = None) -> Prepared:
        train, val, test = image_splits(self.data, root, self.limit)
        facts = image_facts(train)
        scale = Standardise(facts["mean"], facts["std"])
        return Prepared(
            DataLoader(train, batch_size=self.batch_size, shuffle=True, transform=Compose(*self.augment(facts), scale)),
            DataLoader(val, batch_size=500, transform=scale),
            DataLoader(test, batch_size=500, transform=scale),
            facts,
        )

    def task(self, net: Layer) -> Classification:
        return Classification(net, CrossEntropyLoss())


def image_splits(name: str, root: Any, limit: int) -> tuple[Dataset, Dataset, Dataset]:
    """(training, validation, test). Validation images are drawn from the training set, the same ones for every seed."""
    train, test = load(name, "train", root), load(name, "test", root)
    if train.y is None or train.x.ndim != 4:
        raise ArgumentError(f"data set {name!r} has no labelled images; `netcore data list` shows which have")
    train = train.take(np.random.default_rng(0).permutation(len(train)))
    train, val = train.hold_out(min(VALIDATION, len(train) // 10))
    if limit:
        train, val, test = (part.take(slice(0, limit)) for part in (train, val, test))
    return train, val, test


def image_facts(train: Dataset) -> Facts:
    """Shape, classes, and the mean and standard deviation of the training pixels."""
    mean, std = moments(train.x)
    return {
        "kind": "images",
        "shape": list(train.x.shape[1:]),
        "classes": list(train.classes),
        "mean": mean,
        "std": std,
    }


def moments(x: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation over all pixels, in float64, a thousand images at a time: a copy of all would be large."""
    total = square = 0.0
    for k in range(0, len(x), 1000):
        block = x[k : k + 1000].astype(np.float64).ravel()
        total, square = total + float(block.sum()), square + float(block @ block)
    mean = total / x.size
    return mean, float(np.sqrt(max(square / x.size - mean * mean, 0.0))) or 1.0


def flat_size(facts: Facts) -> int:
    """Pixels in an image, over all channels."""
    return int(np.prod(facts["shape"]))
