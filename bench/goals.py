"""What each figure has to reach, and whether it does.

    networks             2.0 times as fast as the fastest other engine
    convolutions         as fast as PyTorch; 3 x 3 with stride 1 and one group 1.5 times
    LSTM, GRU, RNN       1.5 times as fast as PyTorch
    matrix products      85 % of the roofline
    passes over memory   80 % of the roofline

Where so many times the other engine's speed would be more than 85 % of the roofline, 85 % of the roofline is the goal instead.
"""

from typing import Any

from bench.kernels import Case

NEAR = 0.85  # of the roofline: as far as one gets


def of_row(entry: dict[str, Any]) -> dict[str, Any]:
    return judged(entry, 2.0)


def of_case(case: Case, entry: dict[str, Any]) -> dict[str, Any]:
    family = case.group.split()[0]
    if family in ("product", "memory"):
        return reached(entry, NEAR if family == "product" else 0.8)
    if family != "conv":
        return judged(entry, 1.5)
    *_, r, stride, _, groups = case.arguments
    return judged(entry, 1.5 if (r, stride, groups) == (3, 1, 1) else 1.0)


def judged(entry: dict[str, Any], times: float) -> dict[str, Any]:
    """`times` the fastest other engine's speed, or the roofline where it forbids that, or where there is no other engine."""
    if "ratio" not in entry:
        return reached(entry, NEAR)
    if "roofline" in entry and entry["median"][entry["fastest"]] / times < entry["roofline"] / NEAR:
        return reached(entry, NEAR)
    return {"goal": f"{times:.1f} x", "met": entry["ratio"] >= times}


def reached(entry: dict[str, Any], share: float) -> dict[str, Any]:
    return {"goal": f"{100 * share:.0f} %", "met": entry["share"] >= share} if "share" in entry else {}
