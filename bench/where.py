"""Where the time of a row goes: the phases of layers that take longest, each beside its own roofline."""

from typing import Any

from bench import roofline, zoo
from netcore.profiling import Cost, profile

LINES = 4
STEPS = 15


def longest(kind: str, name: str, roof: dict[str, Any]) -> list[dict[str, Any]]:
    """What takes longest, first: {'what', 'part' of the time, 'share' of its roofline or None}."""
    from bench.peers.netcore import Peer

    peer, roof_line = Peer(zoo.BY_NAME[name]), roofline.as_roofline(roof)
    if kind == "step":
        found = profile(peer.net, peer.phases, peer.criterion, peer.optimizer, steps=STEPS, roofline=roof_line)
    else:
        found = profile(peer.net, peer.infer, steps=STEPS, roofline=roof_line)
    total = sum(cost.seconds for cost in found.costs)
    costs = sorted(found.costs, key=lambda cost: -cost.seconds)[:LINES]
    return [{"what": called(cost), "part": cost.seconds / total, "share": found.share(cost)} for cost in costs]


def called(cost: Cost) -> str:
    """The layer, its place in the network, the phase, and the kernels that ran.

    >>> called(Cost("3", "Linear", "backward", 1.0, 0.0, 0.0, {"gemm.matmul": 1.0}))
    'Linear 3 backward (product)'
    """
    if cost.phase == "between":
        return "Python between the layers"
    kernels = f" ({cost.chosen})" if cost.chosen else ""
    return f"{cost.kind} {cost.layer} {cost.phase}{kernels}" if cost.layer not in ("step", "loss") else f"{cost.kind} {cost.phase}{kernels}"


def told(lines: list[dict[str, Any]]) -> str:
    """One sentence of them."""
    shares = [f", at {100 * line['share']:.0f} % of its roofline" if line["share"] is not None else "" for line in lines]
    return "; ".join(f"{line['what']} {100 * line['part']:.0f} %{share}" for line, share in zip(lines, shares, strict=True))
