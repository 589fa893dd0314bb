"""Gradient flow through time: how much gradient reaches each step, and on which path."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from netcore import checks
from netcore.plot.style import BLACK, CYCLE, MARKERS, axes, looks


def gradient_flow(microscopes: Mapping[str, Any], ax: Any = None, *, what: str = "h", title: str = "gradient that reaches each step") -> Any:
    """One line for each named `netcore.analysis.Microscope`: the norm of `what` ('h', 'c', 'straight', 'detour' or 'dx') over the
    steps, on a logarithmic scale; where truncation cuts, a dotted line and a gap. Returns the Axes.
    """
    checks.one_of("what", what, ("h", "c", "straight", "detour", "dx"))
    ax = axes(ax, 6, 3.2)
    cuts: set[int] = set()
    for (name, seen), colour, marker in looks(microscopes.items()):
        _line(ax, getattr(seen, what), seen.cuts, colour, marker, name)
        cuts |= set(seen.cuts)
    _finish(ax, cuts, title, rf"$\|dL/d{what}_t\|$" if what in ("h", "c") else f"norm of {what}")
    return ax


def gradient_paths(seen: Any, ax: Any = None, *, title: str = "two ways back through an LSTM") -> Any:
    """The gradient of the cell state of one `Microscope`, whole and split: straight along the cell, and by a detour through h and
    the gates. Returns the Axes.
    """
    ax = axes(ax, 6, 3.2)
    names = {"c": "whole", "straight": "straight, along the cell", "detour": "detour, through h and gates"}
    for (what, name), colour, marker in zip(names.items(), (BLACK, *CYCLE[:2]), MARKERS, strict=False):
        _line(ax, getattr(seen, what), seen.cuts, colour, marker, name)
    _finish(ax, set(seen.cuts), title, r"$\|dL/dc_t\|$")
    return ax


def _line(ax: Any, values: np.ndarray, cuts: tuple[int, ...], colour: str, marker: str, name: str) -> None:
    """Exact zeros, which a logarithmic axis cannot show, are gaps; the line breaks at each cut."""
    shown = np.where(values > 0, values, np.nan)
    every = max(len(shown) // 20, 1)
    for k, part in enumerate(np.split(np.arange(len(shown)), list(cuts))):
        ax.plot(part, shown[part], color=colour, marker=marker, markevery=every, markersize=4, linewidth=1.6, label=name if k == 0 else None)


def _finish(ax: Any, cuts: set[int], title: str, ylabel: str) -> None:
    for cut in sorted(cuts):
        ax.axvline(cut - 0.5, color=BLACK, linestyle=":", linewidth=0.8)
    ax.set_yscale("log")
    ax.set(xlabel="time step; the backward phase goes from right to left", ylabel=ylabel, title=title)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8)
