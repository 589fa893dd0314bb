"""Tables of numbers as colours, with the numbers written in: similarities between 0 and 1 (CKA between layers), confusions."""

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


def confusion_matrix(counts: np.ndarray, names: Sequence[str], ax: Any = None, *, title: str = "what is taken for what") -> Any:
    """Counts (K, K): row the true class, column what was said. Right answers are grey; errors are orange, the most frequent darkest;
    places with none are empty. Returns the Axes.
    """
    if counts.shape != (len(names), len(names)):
        raise ShapeError(f"counts must have shape ({len(names)}, {len(names)}), a row and a column for each name, got {counts.shape}")
    errors = np.where(np.eye(len(names), dtype=bool), 0, counts)
    most = max(int(errors.max(initial=0)), 1)
    ax = axes(ax, 0.5 * len(names) + 2.2, 0.45 * len(names) + 1.8)
    ax.imshow(np.ma.masked_equal(errors, 0), cmap="Oranges", vmin=0, vmax=1.25 * most, aspect="auto")
    for (i, j), count in np.ndenumerate(counts):
        if i == j:
            ax.fill([j - 0.5, j + 0.5, j + 0.5, j - 0.5], [i - 0.5, i - 0.5, i + 0.5, i + 0.5], color="#e4e4e8", zorder=0.5)
        if count:
            ax.text(j, i, f"{count}", ha="center", va="center", fontsize=8, color="white" if i != j and count > 0.75 * most else "black")
    ax.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(names)), names)
    ax.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5), title=title, xlabel="said", ylabel="true")
    return ax
