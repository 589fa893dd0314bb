"""Numbers over numbers, and numbers side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netcore import checks
from netcore.errors import ArgumentError, ShapeError
from netcore.plot.style import BLACK, CYCLE, SKY, axes, looks


def ablation_curves(curves: Mapping[str, Any], ax: Any = None, *, chance: float | None = None, title: str = "units silenced") -> Any:
    """Accuracy against the share of units put to zero: one line for each named `AblationCurve`. `chance` is drawn as a dotted line.

    Returns the Axes.
    """
    ax = axes(ax)
    for (name, curve), colour, marker in looks(curves.items()):
        share = np.asarray(curve.silenced) / max(curve.silenced[-1], 1)
        ax.plot(100 * share, curve.accuracy, color=colour, marker=marker, markersize=4, linewidth=1.6, label=name)
    if chance is not None:
        ax.axhline(chance, color=BLACK, linestyle=":", linewidth=1)
        ax.annotate("chance", (0, chance), xytext=(2, 3), textcoords="offset points", fontsize=8)
    ax.set(xlabel="units silenced, %", ylabel="accuracy", ylim=(0, 1.02), title=title)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax


def scaling_curves(
    x: Sequence[Any], series: Mapping[str, Sequence[float]], ax: Any = None, *,
    xlabel: str, ylabel: str, title: str = "", log: str = "", outside: bool = False,
) -> Any:
    """One line for each named series over the same x, numbers or names. `log` names the axes that are logarithmic: '', 'x', 'y' or 'xy'.
    `outside` puts the names beside the picture, where lines fill it. Returns the Axes.
    """
    ax = axes(ax, 7.2 if outside else 5.0)
    names = [value if isinstance(value, str) else f"{value:g}" for value in x]
    x = list(range(len(x))) if any(isinstance(value, str) for value in x) else list(x)
    for (name, values), colour, marker in looks(series.items()):
        if len(values) != len(x):
            raise ShapeError(f"series {name!r} must have a number for each of the {len(x)} x, got {len(values)}")
        ax.plot(x, values, color=colour, marker=marker, markersize=4, linewidth=1.6, label=name)
    if "x" in log:
        ax.set_xscale("log")
        ax.set_xticks([], minor=True)
    if len(x) <= 12:
        ax.set_xticks(x, names)
    if "y" in log:
        ax.set_yscale("log")
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.spines[["top", "right"]].set_visible(False)
    if outside:
        ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    else:
        ax.legend(framealpha=0.85, edgecolor="none")  # a line may pass below
    return ax


def scores(
    values: Mapping[str, float], ax: Any = None, *, chance: float | None = None, xlabel: str = "accuracy", title: str = "", log: bool = False,
    best: str = "greatest",
) -> Any:  # fmt: skip
    """A bar for each named number, the first on top, with the number written at its end. The `best` one is dark: the 'greatest', the
    'least' (of errors, say), or 'none'. `log` measures on a logarithmic scale, whose bars begin at 1. Returns the Axes.
    """
    checks.one_of("best", best, ("greatest", "least", "none"))
    if not values or (log and min(values.values()) <= 0):
        raise ArgumentError(f"bars need one number or more{', on a logarithmic scale greater than 0' if log else ''}; got {dict(values)}")
    ax = axes(ax, 5.5, 0.42 * len(values) + 0.9)
    names, numbers = list(values), [float(v) for v in values.values()]
    dark = {"greatest": max, "least": min}.get(best)
    colours = [CYCLE[0] if dark is None or v == dark(numbers) else SKY for v in numbers]
    ax.barh(range(len(names)), numbers, color=colours, height=0.7)
    for k, value in enumerate(numbers):
        told = f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
        ax.annotate(told, (value, k), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    if chance is not None:
        ax.axvline(chance, color=BLACK, linestyle=":", linewidth=1)
        ax.annotate("chance", (chance, len(names) - 0.45), xytext=(3, 0), textcoords="offset points", fontsize=8, va="center")
        ax.set_ylim(len(names) - 0.2, -0.6)
    else:
        ax.invert_yaxis()
    ax.set_yticks(range(len(names)), names)
    if log:
        ax.set_xscale("log")
    top = max(numbers) ** 1.25 if log else max(numbers) * 1.15
    ax.set(xlabel=xlabel, title=title, xlim=(1, top) if log else (min(0.0, *numbers), top if max(numbers) > 0 else None))
    ax.spines[["top", "right"]].set_visible(False)
    return ax
