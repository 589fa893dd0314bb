"""A step's time as bars: one for each layer and phase, with a mark where the roofline lies."""

from typing import Any

from netcore.errors import ArgumentError
from netcore.plot.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, axes

COLOURS = {"data": SKY, "forward": BLUE, "backward": ORANGE, "update": GREEN, "between": PURPLE}


def draw(profile: Any, title: str = "", ax: Any = None) -> Any:
    """One bar for each cost of a `netcore.profiling.Profile`, first at the top; the mark is the least time possible.

    Returns the Axes.
    """
    if not profile.costs:
        raise ArgumentError("the profile has no costs: nothing was measured")
    ax = axes(ax, 7.0, 1.2 + 0.24 * len(profile.costs))
    for i, cost in enumerate(profile.costs):
        best = profile.roofline.seconds(cost.flops, cost.nbytes)
        ax.barh(i, 1e3 * cost.seconds, color=COLOURS[cost.phase], height=0.72)
        if cost.nbytes:
            ax.plot([1e3 * best] * 2, [i - 0.42, i + 0.42], color=BLACK, linewidth=1.6)
        beside = max(cost.seconds, best if cost.nbytes else 0.0)
        ax.annotate(cost.chosen, (1e3 * beside, i), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7.5, color="#555555")
    ax.set_yticks(range(len(profile.costs)), [f"{cost.layer} {cost.kind}" for cost in profile.costs], fontsize=8)
    ax.invert_yaxis()
    ax.set(xlabel="milliseconds of a step", title=title)
    ax.margins(x=0.12, y=0.01)
    ax.spines[["top", "right"]].set_visible(False)
    handles = [ax.barh([0], [0], color=colour, label=phase) for phase, colour in COLOURS.items() if any(c.phase == phase for c in profile.costs)]
    handles.append(ax.plot([], [], color=BLACK, linewidth=1.6, label="roofline")[0])
    ax.legend(handles=handles, frameon=False, fontsize=8, loc="lower right")
    return ax
