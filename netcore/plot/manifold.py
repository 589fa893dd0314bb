"""The manifold of a code of two numbers: the decoded image of every place."""

from typing import Any

import numpy as np

from netcore.errors import ShapeError
from netcore.plot.images import tiled
from netcore.plot.style import axes


def manifold_grid(images: np.ndarray, rows: np.ndarray, columns: np.ndarray, ax: Any = None, *, title: str = "the decoded plane") -> Any:
    """Images (R, C, H, W) or (R, C, 1, H, W), as `netcore.analysis.grid` gives them: image [i, j] stands where code 1 is columns[j]
    and code 2 is rows[i], so that code 2 grows upwards. Returns the Axes.
    """
    images = np.asarray(images)
    if images.ndim not in (4, 5) or images.shape[:2] != (len(rows), len(columns)):
        raise ShapeError(f"images must be (rows={len(rows)}, columns={len(columns)}, H, W), got {images.shape}")
    flat = images.reshape(*images.shape[:2], *images.shape[-2:])[::-1].reshape(-1, *images.shape[-2:])
    ax = axes(ax, 5.5, 5.5)
    dx, dy = ((v[-1] - v[0]) / max(len(v) - 1, 1) / 2 or 0.5 for v in (columns, rows))
    extent = (columns[0] - dx, columns[-1] + dx, rows[0] - dy, rows[-1] + dy)
    ax.imshow(tiled(flat, len(columns), gap=0), cmap="gray", vmin=0, vmax=1, extent=extent, aspect="auto", interpolation="nearest")
    ax.set(xlabel="code 1", ylabel="code 2", title=title)
    return ax
