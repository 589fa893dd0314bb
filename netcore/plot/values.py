"""A few small arrays with all their numbers: one step of a recurrent cell, say."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from netcore.errors import ShapeError
from netcore.plot.style import axes


def step_values(
    values: Mapping[str, np.ndarray], ax: Any = None, *, title: str = "one step, with all values", xlabel: str = "unit"
) -> Any:  # fmt: skip
    """A row for each named array (H,), in the given order, a column for each unit: the number, on red where positive, on blue where
    negative. Returns the Axes.
    """
    sizes = [np.size(row) for row in values.values()]
    if len(set(sizes)) != 1:
        raise ShapeError(f"all arrays must have the same number of units, got {sizes}")
    rows = np.array([np.asarray(row, np.float64).ravel() for row in values.values()])
    limit = max(float(np.abs(rows).max()), 1.0)
    ax = axes(ax, max(0.75 * rows.shape[1] + 1.9, 4.4), 0.36 * len(rows) + 1.1)
    ax.imshow(rows, cmap="RdBu_r", vmin=-1.4 * limit, vmax=1.4 * limit, aspect="auto")
    for (i, j), value in np.ndenumerate(rows):
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8, color="white" if abs(value) > 0.8 * limit else "black")
    ax.set_xticks(range(rows.shape[1]), [str(k) for k in range(rows.shape[1])])
    ax.set_yticks(range(len(rows)), list(values))
    ax.set(title=title, xlabel=xlabel)
    return ax
