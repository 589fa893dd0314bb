"""Learning curves: how a number went from epoch to epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

from netcore.errors import ArgumentError
from netcore.plot.style import CYCLE, MARKERS, axes


def learning_curves(
    history: Sequence[Mapping[str, float]], names: Mapping[str, str], ax: Any = None, *, title: str = "", ylabel: str = "loss"
) -> Any:
    """One line for each entry of `names` (key in the history: label), with its last value written at its end.

    `history` is what `netcore.training.fit` returns: one dict of numbers an epoch. Returns the Axes.
    """
    if not history:
        raise ArgumentError("the history is empty: no epoch was finished")
    ax = axes(ax)
    epochs = [line["epoch"] for line in history]
    for (key, label), colour, marker in zip(names.items(), CYCLE, MARKERS, strict=False):
        values = [line[key] for line in history]
        ax.plot(epochs, values, color=colour, marker=marker, markersize=4, linewidth=1.6, label=label)
        ax.annotate(f"{values[-1]:.3g}", (epochs[-1], values[-1]), xytext=(6, 0), textcoords="offset points", color=colour, va="center")
    ax.set(xlabel="epoch", ylabel=ylabel, title=title)
    ax.spines[["top", "right"]].set_visible(False)
    ax.margins(x=0.1)
    ax.legend(frameon=False)
    return ax
