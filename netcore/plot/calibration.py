"""A reliability diagram: is a network that says 80 % right in 80 of 100 cases?"""

from typing import Any

import numpy as np

from netcore.plot.style import BLACK, BLUE, ORANGE, SKY, axes


def reliability(found: Any, ax: Any = None, *, title: str = "stated and true certainty") -> Any:
    """Of a `netcore.analysis.Calibration`: a bar for each bin, as high as the share that was right; the mark is what was stated, the
    dotted line where both would be the same. Light bars hold less than one in a hundred of the inputs. Returns the Axes.
    """
    ax = axes(ax, 4.4, 3.8)
    bins = len(found.inputs)
    middles = (np.arange(bins) + 0.5) / bins
    used = found.inputs > 0
    colours = [BLUE if n >= 0.01 * found.inputs.sum() else SKY for n in found.inputs]
    ax.bar(middles[used], found.accuracy[used], width=0.9 / bins, color=np.array(colours)[used], label="was right")
    ax.plot([0, 1], [0, 1], color=BLACK, linestyle=":", linewidth=1, label="if it were the same")
    ax.plot(found.confidence[used], found.confidence[used], color=ORANGE, marker="D", markersize=5, linestyle="none", label="said to be")
    ax.set(xlim=(0, 1.02), ylim=(0, 1.04), xlabel="stated probability of the answer", ylabel="share that was right", title=title)
    ax.annotate(f"mean gap (ECE) {found.error:.3f}", (0.03, 0.97), xycoords="axes fraction", va="top", fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0, 0.91))
    return ax
