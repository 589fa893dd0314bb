"""How pictures look: colours that the colour-blind can tell apart (Okabe and Ito, 2008), thin axes, and print-sized text."""

from typing import Any

import numpy as np

from netcore.errors import ArgumentError

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#222222"
CYCLE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P")


def pyplot() -> Any:
    """matplotlib.pyplot, or an error that says what to install."""
    try:
        import matplotlib.pyplot as plt
    except ModuleNotFoundError as error:
        raise ArgumentError(f"pictures need matplotlib ({error}); install it with: pip install 'netcore-nn[plot]'") from None
    return plt


def axes(ax: Any = None, width: float = 5.0, height: float = 3.2) -> Any:
    """The given Axes, or a new figure with one."""
    return ax if ax is not None else pyplot().subplots(figsize=(width, height), layout="constrained")[1]


def panels(ax: Any, count: int, columns: int, width: float, height: float) -> Any:
    """The given array of Axes, flat, or a new figure with `count` small ones in rows of `columns`; places left over are empty."""
    if ax is not None:
        return np.atleast_1d(ax).ravel()
    columns = min(columns, count)
    rows = -(-count // columns)
    figure, grid = pyplot().subplots(rows, columns, figsize=(columns * width + 0.4, rows * height + 0.4), layout="constrained", squeeze=False)
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
    for panel in grid.ravel()[count:]:
        panel.set_axis_off()
    return grid.ravel()


def bare(ax: Any) -> None:
    """Axes without frame and ticks, for images."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
