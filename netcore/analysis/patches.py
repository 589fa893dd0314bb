"""What excites a unit: the image patches, out of many images, at which one unit of a convolution answers most.

The patch is the unit's receptive field (receptive.py), cut out where the unit answered; what reaches beyond the image is filled
with zeros, as the convolution saw it. Source: M. Zeiler and R. Fergus, "Visualizing and understanding convolutional
networks", 2014, figure 2. Read next: ascent.py.
"""

from typing import NamedTuple

import numpy as np

from netcore import checks
from netcore.analysis.receptive import receptive_field
from netcore.analysis.still import activations
from netcore.errors import ArgumentError, ShapeError
from netcore.layers import Layer


class Patches(NamedTuple):
    """Strongest first."""

    patches: np.ndarray  # (count, C, height, width) of the receptive field
    values: np.ndarray  # (count,) the unit's answers
    places: np.ndarray  # (count, 3) image, row and column of the unit


def top_patches(net: Layer, images: np.ndarray, name: str, unit: int, count: int = 9) -> Patches:
    """The `count` patches of images (N, C, H, W) that excite channel `unit` of the named layer most, one an image.

    Raises ArgumentError for a channel that is not there or a layer whose units see the whole input.

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Conv2d(1, 4, 3), nc.ReLU())
    >>> top_patches(net, np.random.default_rng(0).random((20, 1, 8, 8), np.float32), "0", unit=2, count=5).patches.shape
    (5, 1, 3, 3)
    """
    field = receptive_field(net, name)
    maps = activations(net, images, [name])[name]
    if maps.ndim != 4:
        raise ShapeError(f"layer {name!r} puts out {maps.shape}, no maps (N, C, H, W)")
    if not 0 <= checks.whole("unit", unit) < maps.shape[1]:
        raise ArgumentError(f"unit must be in 0..{maps.shape[1] - 1}, the channels of layer {name!r}, got {unit}")
    flat = maps[:, unit].reshape(len(maps), -1)
    best = flat.argmax(axis=1)  # the strongest place of each image
    values = flat[np.arange(len(flat)), best]
    chosen = np.argsort(-values, kind="stable")[: checks.positive("count", count)]
    places = np.stack([chosen, *np.divmod(best[chosen], maps.shape[3])], axis=1)
    cut = [_cut(images[n], field.box(int(row), int(column))) for n, row, column in places]
    return Patches(np.stack(cut) if cut else np.zeros((0, images.shape[1], *field.size), images.dtype), values[chosen], places)


def _cut(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    top, bottom, left, right = box
    patch = np.zeros((image.shape[0], bottom - top, right - left), image.dtype)
    rows, columns = slice(max(top, 0), min(bottom, image.shape[1])), slice(max(left, 0), min(right, image.shape[2]))
    patch[:, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = image[:, rows, columns]
    return patch
