"""Learning curves: how a number went from epoch to epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

from netcore.errors import ArgumentError
from netcore.plot.style import CYCLE, apart, axes, looks


def learning_curves(
    history: Sequence[Mapping[str, float]], names: Mapping[str, str], ax: Any = None, *, title: str = "", ylabel: str = "loss"
) -> Any:
    """One line for each entry of `names` (key in the history: label), with its last value written at its end.

    `history` is what `netcore.training.fit` returns: one dict of numbers an epoch. Returns the Axes. Raises ArgumentError for an empty
    history, a number that it does not have, or more lines than can be told apart.
    """
    if not history:
        raise ArgumentError("the history is empty: no epoch was finished")
    if missing := [key for key in names if key not in history[-1]]:
        raise ArgumentError(f"the history has no {missing[0]!r}; it has {', '.join(map(repr, history[-1]))}")
    ax = axes(ax)
    epochs = [line["epoch"] for line in history]
    for (key, label), colour, marker in looks(names.items()):
        ax.plot(epochs, [line[key] for line in history], color=colour, marker=marker, markersize=4, linewidth=1.6, label=label)
    ax.set(xlabel="epoch", ylabel=ylabel, title=title)
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    ax.spines[["top", "right"]].set_visible(False)
    ax.margins(x=0.1)
    if len(epochs) == 1:
        ax.set_xlim(epochs[0] - 1, epochs[0] + 1)
    last = [history[-1][key] for key in names]
    low, high = ax.get_ylim()
    for value, place, colour in zip(last, apart(last, 0.06 * (high - low)), CYCLE, strict=False):
        ax.annotate(f"{value:.3g}", (epochs[-1], place), xytext=(6, 0), textcoords="offset points", color=colour, va="center")
    if len(names) > 1:
        ax.legend(frameon=False)
    return ax
