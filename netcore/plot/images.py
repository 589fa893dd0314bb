"""Pictures made of images: the filters of a convolution, and inputs above their reconstructions."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np

from netcore.errors import ShapeError
from netcore.plot.style import axes, bare


def tiled(images: np.ndarray, columns: int, gap: int = 1, background: float = np.nan) -> np.ndarray:
    """Images (N, H, W) side by side in rows of `columns`, `gap` pixels apart, as one image."""
    count, height, width = images.shape
    rows = ceil(count / columns)
    canvas = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), background, np.float64)
    for i, image in enumerate(images):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        canvas[top : top + height, left : left + width] = image
    return canvas


def filters(weight: np.ndarray, ax: Any = None, *, columns: int = 8, title: str = "first-layer filters") -> Any:
    """The filters (K, C, R, S) of a convolution, averaged over C, each on its own scale: blue is negative, red positive.

    Returns the Axes.
    """
    if weight.ndim != 4 or not weight.size:
        raise ShapeError(f"filters are the weight of a Conv2d, (K, C, R, S); got shape {weight.shape}")
    kernels = weight.mean(axis=1)
    kernels = kernels / np.maximum(np.abs(kernels).max(axis=(1, 2), keepdims=True), 1e-12)
    rows = ceil(len(kernels) / columns)
    ax = axes(ax, columns * 0.6, rows * 0.6 + 0.4)
    ax.imshow(tiled(kernels, columns), cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
    bare(ax)
    ax.set_title(title)
    return ax


def reconstructions(rows: Mapping[str, np.ndarray], ax: Any = None, *, title: str = "reconstructions") -> Any:
    """Rows of images (N, H, W) or (N, 1, H, W) under one another, each with its name: the inputs, then what became of them.

    Returns the Axes.
    """
    stacks = [np.asarray(images).reshape(len(images), *np.shape(images)[-2:]) for images in rows.values()]
    if len({stack.shape for stack in stacks}) != 1:
        told = {name: np.shape(images) for name, images in rows.items()}
        raise ShapeError(f"all rows must have as many images of one size, got {told}")
    count, height, _ = stacks[0].shape
    ax = axes(ax, count * 0.7 + 1.2, len(stacks) * 0.7 + 0.5)
    ax.imshow(tiled(np.concatenate(stacks), count, gap=2, background=1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    bare(ax)
    ax.set_yticks([i * (height + 2) + height / 2 for i in range(len(stacks))], list(rows))
    ax.tick_params(axis="y", length=0)
    ax.set_title(title)
    return ax
