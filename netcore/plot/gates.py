"""Gate traces: what the gates of an LSTM or a GRU do at each character of a text."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netcore import checks
from netcore.errors import ShapeError
from netcore.plot.style import RED, pyplot


def gate_traces(
    traces: Mapping[str, np.ndarray], text: Sequence[str], ax: Any = None, *, units: int | Sequence[int] = 12, title: str = "gates over a text",
    unit: str = "character", mark: str = "",
) -> Any:  # fmt: skip
    """Heat maps under one another, a row a unit, a column a character: gates in 0..1, the cell state around 0.

    `text` is a string, or a list of words, one for each step; `unit` says what is read at a step. `traces` maps a name to (T, H),
    as `netcore.analysis.gate_trace` gives them. `units` are shown, the same in all maps: those named, in that order, or as many of
    those that vary most over the text (in the forget gate; of a GRU in the update gate, else in the first trace). A triangle stands
    over each step whose text is in `mark`. Returns the Axes (array). Raises ShapeError where a trace has not a row for each step.
    """
    if not traces or any(np.ndim(values) != 2 or len(values) != len(text) for values in traces.values()):
        told = {name: np.shape(values) for name, values in traces.items()}
        raise ShapeError(f"traces must be (T, H) with T={len(text)}, a row for each step of the text; got {told}")
    first = traces.get("forget", traces.get("update", next(iter(traces.values()))))
    shown = np.sort(np.argsort(first.std(axis=0))[::-1][:units]) if isinstance(units, int) else np.asarray(units)
    checks.integers("units", shown, 1, 0, first.shape[1])
    if ax is None:
        size = (max(6.0, 0.16 * len(text) + 1.5), 1.15 * len(traces) + 0.8)
        _, ax = pyplot().subplots(len(traces), 1, figsize=size, sharex=True, layout="constrained")
    panels = np.atleast_1d(ax)
    for panel, (name, values) in zip(panels, traces.items(), strict=True):
        signed = values.min() < 0
        limit = float(np.abs(values[:, shown]).max()) if signed else 1.0
        colours: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit} if signed else {"cmap": "viridis", "vmin": 0, "vmax": 1}
        image = panel.imshow(values[:, shown].T, aspect="auto", interpolation="nearest", **colours)
        panel.set_ylabel(name)
        panel.set_yticks([])
        if marked := [k for k, read in enumerate(text) if read and read in mark]:
            panel.plot(marked, [-0.75] * len(marked), color=RED, marker="v", markersize=4, linestyle="none", clip_on=False)
        panel.set_ylim(len(shown) - 0.5, -0.5)
        panel.figure.colorbar(image, ax=panel, pad=0.01, aspect=8)
    panels[0].set_title(title)
    panels[-1].set_xticks(range(len(text)), [{"\n": "↵", " ": "␣"}.get(c, c) for c in text], fontsize=8, family="monospace")
    panels[-1].set_xlabel(f"{unit} read; each row is one of {len(shown)} units")
    return ax
