"""How pictures look: colours that the colour-blind can tell apart (Okabe and Ito, 2008; for classes, Tol, 2021), thin axes, and print-sized text."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from netcore.errors import ArgumentError

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#222222"
CYCLE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P")
CLASSES = ("#332288", "#88CCEE", "#117733", "#DDCC77", "#CC6677", "#AA4499", "#44AA99", "#999933", "#882255", "#661100")  # P. Tol, 2021, "muted"
CLASS_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")


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
    if count < 1:
        raise ArgumentError("there are no images to show")
    columns = min(columns, count)
    rows = -(-count // columns)
    figure, grid = pyplot().subplots(rows, columns, figsize=(columns * width + 0.4, rows * height + 0.4), layout="constrained", squeeze=False)
    figure.get_layout_engine().set(w_pad=0.035, h_pad=0.03)
    for panel in grid.ravel()[count:]:
        panel.set_axis_off()
    return grid.ravel()


def looks(names: Collection[Any]) -> list[tuple[Any, str, str]]:
    """(name, colour, marker) of each series. Raises ArgumentError for none, and for more than can be told apart in one picture."""
    if not 0 < len(names) <= len(CYCLE):
        raise ArgumentError(f"a picture shows 1 to {len(CYCLE)} series that can be told apart, got {len(names)}")
    return list(zip(names, CYCLE, MARKERS, strict=False))


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Places for labels, at least `gap` apart, in the same order and as near to the wanted ones as one sweep finds them.

    >>> apart([1.0, 5.0, 1.2], 1.0)
    [0.6, 5.0, 1.6]
    """
    order = np.argsort(places, kind="stable")
    found = np.array([float(places[k]) for k in order])
    groups = [[k] for k in range(len(found))]  # neighbours that touch are spread around their common middle
    k = 0
    while k + 1 < len(groups):
        a, b = groups[k], groups[k + 1]
        if found[b[0]] - found[a[-1]] < gap * (1 - 1e-9):
            groups[k : k + 2] = [a + b]
            middle = np.mean([places[order[i]] for i in a + b])
            found[a + b] = middle + gap * (np.arange(len(a + b)) - (len(a + b) - 1) / 2)
            k = max(k - 1, 0)
        else:
            k += 1
    spread = np.empty(len(found))
    spread[order] = found
    return [round(float(place), 12) for place in spread]


def bare(ax: Any) -> None:
    """Axes without frame and ticks, for images."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
