"""A table of numbers between 0 and 1 as colours, with the numbers written in: CKA between layers, a confusion matrix."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from netcore.errors import ShapeError
from netcore.plot.style import axes


def similarity_matrix(
    values: np.ndarray, rows: Sequence[str], columns: Sequence[str], ax: Any = None, *, title: str = "CKA", xlabel: str = "", ylabel: str = ""
) -> Any:
    """Row i, column j: values[i, j] in 0..1; dark is 1. Returns the Axes."""
    if values.shape != (len(rows), len(columns)):
        raise ShapeError(f"values must have shape (rows={len(rows)}, columns={len(columns)}), got {values.shape}")
    ax = axes(ax, 0.62 * len(columns) + 1.8, 0.5 * len(rows) + 1.2)
    ax.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (i, j), value in np.ndenumerate(values):
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8, color="white" if value > 0.6 else "black")
    ax.set_xticks(range(len(columns)), columns, rotation=30, ha="right")
    ax.set_yticks(range(len(rows)), rows)
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return ax
