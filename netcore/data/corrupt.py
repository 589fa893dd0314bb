"""Augmentations that spoil pixels: noise and cutout. They also make the inputs of denoising auto-encoders.

The conventions are those of `augment.py`: `spoil(x, rng)` on x (N, C, H, W) returns a new array of x's dtype.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from netcore.checks import at_least, number
from netcore.errors import DTypeError, ShapeError
from netcore.rng import as_generator

Rng = np.random.Generator | int | None


def images(x: Any) -> np.ndarray:
    """The batch as an array (N, C, H, W); raises `ShapeError` for another rank."""
    x = np.asarray(x)
    if x.ndim != 4:
        raise ShapeError(f"augmentation expects images (N, C, H, W), got shape {x.shape}")
    return x


@dataclass(frozen=True)
class Noise:
    """Add Gaussian noise: y = x + std * e, e from N(0, 1); not clipped. Raises `DTypeError` unless x is floating."""

    std: float

    def __post_init__(self) -> None:
        number("std", self.std, 0)

    def __call__(self, x: np.ndarray, rng: Rng = None) -> np.ndarray:
        x = images(x)
        if x.dtype.kind != "f":
            raise DTypeError(f"Noise adds fractions and needs floating-point images, got {x.dtype}")
        noise = as_generator(rng).standard_normal(x.shape, np.float64 if x.dtype.itemsize == 8 else np.float32)
        return x + (self.std * noise).astype(x.dtype)


@dataclass(frozen=True)
class Cutout:
    """Set a square of size x size pixels to zero, its centre anywhere in the image, so that it may reach over the edge.

    Source: T. DeVries, G. Taylor, "Improved regularization of convolutional neural networks with cutout", 2017.
    """

    size: int

    def __post_init__(self) -> None:
        at_least("size", self.size, 1)

    def __call__(self, x: np.ndarray, rng: Rng = None) -> np.ndarray:
        x, rng = images(x), as_generator(rng)
        rows, columns = (self.inside(rng, len(x), side) for side in x.shape[2:])
        return np.where((rows[:, :, None] & columns[:, None, :])[:, None], x.dtype.type(0), x)

    def inside(self, rng: np.random.Generator, n: int, side: int) -> np.ndarray:
        """Which of the `side` rows (or columns) the square covers in each of n images: bool (n, side)."""
        first = rng.integers(0, side, n)[:, None] - self.size // 2
        index = np.arange(side)
        return (first <= index) & (index < first + self.size)
