"""A map of two-dimensional codes, coloured by what they stand for."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from netcore.errors import ArgumentError, ShapeError
from netcore.plot.style import CLASS_MARKERS, CLASSES, apart, axes


def code_map(
    codes: np.ndarray, labels: np.ndarray, names: Sequence[str] | None = None, ax: Any = None, *,
    title: str = "codes", xlabel: str = "code 1", ylabel: str = "code 2",
) -> Any:  # fmt: skip
    """Two-dimensional codes (N, 2), a colour and a shape for each label, with each class's name at its median. Returns the Axes."""
    labels = np.asarray(labels)
    if np.ndim(codes) != 2 or np.shape(codes)[1] != 2 or labels.shape != (len(codes),):
        raise ShapeError(f"codes must be (N, 2) with a label each, got {np.shape(codes)} and {labels.shape}; of more numbers take two, or their PCA")
    if names is not None and labels.size and int(labels.max()) >= len(names):
        raise ArgumentError(f"label {labels.max()} has no name among {len(names)}")
    ax = axes(ax, 5, 5)
    present = np.unique(labels)
    for label in present:
        own, k = codes[labels == label], int(label) % len(CLASSES)
        ax.scatter(own[:, 0], own[:, 1], s=11, alpha=0.65, color=CLASSES[k], marker=CLASS_MARKERS[k], linewidths=0)
    low, high = ax.get_ylim()
    middles = np.array([np.median(codes[labels == label], axis=0) for label in present])
    for label, x, y in zip(present, middles[:, 0], apart(list(middles[:, 1]), 0.045 * (high - low)), strict=True):
        box = {"fc": "white", "ec": CLASSES[int(label) % len(CLASSES)], "lw": 1.2, "alpha": 0.85, "boxstyle": "round,pad=0.2"}
        ax.text(x, y, names[int(label)] if names else str(label), ha="center", va="center", fontsize=9, bbox=box)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    return ax
