"""Feature maps, and what a pixel matters: pictures on the grid of the image."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netcore.errors import ShapeError
from netcore.plot.style import bare, panels


def feature_maps(
    image: np.ndarray, maps: np.ndarray, ax: Any = None, *, columns: int = 8, title: str = "feature maps", names: Sequence[str] | None = None
) -> Any:  # fmt: skip
    """The input image (H, W) or (1, H, W) first, then the maps (C, OH, OW) that a layer makes of it, all on one scale: white is 0,
    red positive, blue negative. Channels count from 0, where they have no `names`. Returns the Axes (array).
    """
    if maps.ndim != 3:
        raise ShapeError(f"maps are those of one image, (C, OH, OW); got shape {maps.shape}")
    limit = max(float(np.abs(maps).max(initial=0)), 1e-12)
    axes = panels(ax, len(maps) + 1, columns, 1.1, 1.25)
    for k, panel in enumerate(axes):
        bare(panel)
        if k == 0:
            panel.imshow(np.asarray(image).reshape(np.shape(image)[-2:]), cmap="gray", interpolation="nearest")
            panel.set_title("input", fontsize=8, pad=2)
        elif k <= len(maps):
            panel.imshow(maps[k - 1], cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
            panel.set_title(names[k - 1] if names else str(k - 1), fontsize=8, pad=2)
    axes[0].figure.suptitle(title, fontsize=10)
    return axes


def saliency_maps(
    images: np.ndarray, maps: np.ndarray | Mapping[str, np.ndarray], names: list[str] | None = None, ax: Any = None, *, title: str = "what matters"
) -> Any:
    """Images (N, H, W) or (N, 1, H, W) in the upper row, their maps (N, H, W) below, or a row for each entry of a dict of maps, with its
    name: dark is much, each on its own scale; for maps with negative values, red is for and blue against. Returns the Axes (array).
    """
    images = np.asarray(images).reshape(len(images), *np.shape(images)[-2:])
    rows = dict(maps) if isinstance(maps, Mapping) else {"": maps}
    for stack in rows.values():
        if stack.shape != images.shape:
            raise ShapeError(f"maps must have the images' shape {images.shape}, got {stack.shape}")
    count = len(images)
    axes = panels(ax, (1 + len(rows)) * count, count, 1.1, 1.2)
    for k in range(count):
        axes[k].imshow(images[k], cmap="gray", interpolation="nearest")
        axes[k].set_title(names[k] if names else "", fontsize=8, pad=2)
    for row, (name, stack) in enumerate(rows.items(), 1):
        for panel, values in zip(axes[row * count :], stack, strict=False):
            limit, signed = max(float(np.abs(values).max()), 1e-12), values.min() < 0
            panel.imshow(values, cmap="RdBu_r" if signed else "Reds", vmin=-limit if signed else 0, vmax=limit, interpolation="nearest")
        axes[row * count].set_ylabel(name, fontsize=9)
    for panel in axes:
        bare(panel)
    axes[0].figure.suptitle(title, fontsize=10)
    return axes


def gallery(images: dict[str, np.ndarray], ax: Any = None, *, columns: int = 9, title: str = "what excites each unit") -> Any:
    """A row of small images (K, h, w) or (K, 1, h, w) for each name: the patches that a unit likes best, or inputs made for it. Each
    image is on its own scale. Returns the Axes (array).
    """
    axes = panels(ax, len(images) * columns, columns, 0.75, 0.75)
    for row, (name, stack) in enumerate(images.items()):
        stack = np.asarray(stack).reshape(len(stack), *np.shape(stack)[-2:])
        for k in range(columns):
            panel = axes[row * columns + k]
            bare(panel)
            if k < len(stack):
                panel.imshow(stack[k], cmap="gray", interpolation="nearest")
        axes[row * columns].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
    axes[0].figure.suptitle(title, fontsize=10)
    return axes


def captioned(images: np.ndarray, captions: Sequence[str], ax: Any = None, *, columns: int = 6, title: str = "") -> Any:
    """Images (N, H, W), (N, 1, H, W) or in colour (N, 3, H, W), all of pixels in 0..1, each under its caption. Returns the Axes (array)."""
    if len(images) != len(captions):
        raise ShapeError(f"{len(images)} images need as many captions, got {len(captions)}")
    lines = max((caption.count("\n") + 1 for caption in captions), default=1)
    axes = panels(ax, len(images), columns, 1.25, 1.15 + 0.16 * lines)
    for panel, image, caption in zip(axes, images, captions, strict=False):
        bare(panel)
        flat = image.transpose(1, 2, 0) if image.ndim == 3 and image.shape[0] == 3 else image.reshape(image.shape[-2:])
        panel.imshow(flat, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        panel.set_title(caption, fontsize=8, pad=3, linespacing=1.25)
    axes[0].figure.suptitle(title, fontsize=10)
    return axes
