"""A time series and what a network foretold of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from netcore.errors import ShapeError
from netcore.plot.style import BLACK, axes, looks


def forecast(
    times: np.ndarray, truth: np.ndarray, foretold: Mapping[str, np.ndarray], ax: Any = None, *,
    title: str = "foretold and true", xlabel: str = "time", ylabel: str = "",
) -> Any:  # fmt: skip
    """The truth (T,) as a dark line over its times, each named forecast (T,) as a dashed one. Returns the Axes."""
    if np.shape(times) != np.shape(truth):
        raise ShapeError(f"times must have the truth's shape {np.shape(truth)}, got {np.shape(times)}")
    ax = axes(ax, 7, 3.2)
    ax.plot(times, truth, color=BLACK, linewidth=1.8, label="truth")
    for (name, values), colour, marker in looks(foretold.items()):
        _alike(name, values, truth)
        ax.plot(times, values, color=colour, linestyle="--", linewidth=1.3, marker=marker, markersize=3.5, label=name)
    low, high = ax.get_ylim()
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, ylim=(low, high + 0.17 * (high - low)))  # room for the names
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="upper left", ncols=1 + len(foretold), borderaxespad=0)
    return ax


def agreement(truth: np.ndarray, foretold: Mapping[str, np.ndarray], ax: Any = None, *, title: str = "foretold against true") -> Any:
    """A point for each number: its true value across, the foretold one upwards; on the dotted line both are the same. Returns the Axes."""
    ax = axes(ax, 4.2, 4.2)
    for (name, values), colour, marker in looks(foretold.items()):
        _alike(name, values, truth)
        ax.plot(truth, values, color=colour, marker=marker, markersize=3, linestyle="none", alpha=0.6, label=name)
    low, high = float(np.min(truth)), float(np.max(truth))
    ax.plot([low, high], [low, high], color=BLACK, linestyle=":", linewidth=1.2)
    ax.set(xlabel="true", ylabel="foretold", title=title)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(framealpha=0.85, edgecolor="none")
    return ax


def _alike(name: str, values: np.ndarray, truth: np.ndarray) -> None:
    if np.shape(values) != np.shape(truth):
        raise ShapeError(f"forecast {name!r} must have the truth's shape {np.shape(truth)}, got {np.shape(values)}")
