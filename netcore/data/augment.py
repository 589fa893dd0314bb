"""Augmentation: random changes of a batch of images that leave what it shows the same.

Each object is called as `augment(x, rng)` on x (N, C, H, W) of any dtype and returns a new array of the same dtype; x
is never changed. Every image of the batch gets numbers of its own from `rng` (None, a whole number, a Generator).
Use them as `transform=` of a `DataLoader`, whose generator they then draw from and whose state covers them.

    from netcore.data.augment import Compose, Crop, Flip
    DataLoader(x, y, transform=Compose(Crop(32, padding=4), Flip()))

Here are those that move pixels; `corrupt.py` has those that spoil them. Cost: one pass over the batch.
Read next: `corrupt.py`, `loader.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from netcore.checks import at_least, number, pair
from netcore.data.corrupt import Cutout, Noise, Rng, images
from netcore.errors import ArgumentError, ShapeError
from netcore.rng import as_generator

__all__ = ["Compose", "Crop", "Cutout", "Flip", "Noise", "Shift"]


def pad(x: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)))


def cut(x: np.ndarray, top: np.ndarray, left: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """From image n the rectangle of `size` whose corner is (top[n], left[n]): (N, C, *size)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))
    return windows[np.arange(len(x)), :, top, left]


@dataclass(frozen=True)
class Shift:
    """Move each image by a whole number of pixels in -max_pixels..max_pixels along both axes; zeros come in.

    y[n, :, i, j] = x[n, :, i - a[n], j - b[n]], a and b uniform and independent.
    """

    max_pixels: int

    def __post_init__(self) -> None:
        at_least("max_pixels", self.max_pixels, 0)

    def __call__(self, x: np.ndarray, rng: Rng = None) -> np.ndarray:
        x, m = images(x), self.max_pixels
        top, left = as_generator(rng).integers(0, 2 * m + 1, (2, len(x)))
        return cut(pad(x, m, m), top, left, x.shape[2:])


@dataclass(frozen=True)
class Flip:
    """Mirror each image left to right with probability p: y[n, :, i, j] = x[n, :, i, W-1-j]."""

    p: float = 0.5

    def __post_init__(self) -> None:
        number("p", self.p, 0, 1)

    def __call__(self, x: np.ndarray, rng: Rng = None) -> np.ndarray:
        x = images(x)
        mirrored = as_generator(rng).random(len(x)) < self.p
        return np.where(mirrored[:, None, None, None], x[..., ::-1], x)


@dataclass(frozen=True)
class Crop:
    """Pad each image with zeros on all sides, then cut out a rectangle of `size` at a random place.

    `size` and `padding` are whole numbers or (height, width). Raises `ShapeError` if the padded image is smaller than
    `size`. Source: C.-Y. Lee et al., "Deeply-supervised nets", AISTATS 2015; K. He et al., CVPR 2016, section 4.2.
    """

    size: int | tuple[int, int]
    padding: int | tuple[int, int] = 0

    def __post_init__(self) -> None:
        pair("size", self.size), pair("padding", self.padding, 0)

    def __call__(self, x: np.ndarray, rng: Rng = None) -> np.ndarray:
        padded, size = pad(images(x), *pair("padding", self.padding, 0)), pair("size", self.size)
        room = padded.shape[2] - size[0], padded.shape[3] - size[1]
        if min(room) < 0:
            raise ShapeError(f"Crop: images with their padding are {padded.shape[2:]}, smaller than the size {size}")
        rng = as_generator(rng)
        top, left = (rng.integers(0, r + 1, len(padded)) for r in room)
        return cut(padded, top, left, size)


@dataclass(frozen=True, init=False)
class Compose:
    """One augmentation after the other: y = a_k(... a_2(a_1(x)))."""

    steps: tuple[Callable[[np.ndarray, Rng], np.ndarray], ...]

    def __init__(self, *steps: Callable[[np.ndarray, Rng], np.ndarray]):
        if wrong := [step for step in steps if not callable(step)]:
            raise ArgumentError(f"Compose expects callables as step(x, rng), got {wrong[0]!r}")
        object.__setattr__(self, "steps", steps)

    def __call__(self, x: np.ndarray, rng: Rng = None) -> np.ndarray:
        y, rng = x, as_generator(rng)
        for step in self.steps:
            y = step(y, rng)
        return y if self.steps else np.array(x)
