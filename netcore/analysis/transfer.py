"""Transfer: use what one task taught for another (statement S3 of the lecture).

    new_head(net, head)                the same body, shared, with another head in place of the last layer
    load_part(net, state, "encoder.")  only the entries under a prefix from a state, those of a saved network, say
    net.freeze(), net.unfreeze()       a frozen body costs no gradient work: only the head learns

Source: J. Yosinski et al., "How transferable are features in deep neural networks?", 2014. Read next: probe.py.
"""

from collections.abc import Mapping
from typing import Any

from netcore.errors import ArgumentError, CheckpointError
from netcore.layers import Layer, Sequential


def new_head(net: Sequential, head: Layer, *, layers: int = 1, freeze: bool = True) -> Sequential:
    """A network of `net` without its last `layers` layers, which are shared and, with `freeze`, frozen, and of `head`.

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Linear(8, 4), nc.ReLU(), nc.Linear(4, 10))
    >>> other = new_head(net, nc.Linear(4, 2))
    >>> [p.name for p in other.parameters() if p.requires_grad], other['body'][0] is net[0]
    (['head.weight', 'head.bias'], True)
    """
    if not isinstance(net, Sequential) or not 0 < layers < len(net):
        raise ArgumentError(f"new_head replaces 1 to {len(net) - 1} layers of a Sequential" if isinstance(net, Sequential)
                            else f"new_head takes a Sequential, got {type(net).__name__}")  # fmt: skip
    body = net[:-layers]
    if freeze:
        body.freeze()
    return Sequential(body=body, head=head)


def load_part(net: Layer, state: Mapping[str, Any], prefix: str = "", into: str = "") -> list[str]:
    """Load the entries of `state` whose names begin with `prefix` into the entries of `net` that begin with `into`.

    What follows the prefix must have the same name, and the same shape, on both sides. Returns the names that were loaded, as
    the network has them. Raises CheckpointError where none fits or one does not, and changes nothing then.

    >>> import netcore as nc
    >>> big = nc.Sequential(encoder=nc.Linear(3, 2), decoder=nc.Linear(2, 3))
    >>> load_part(nc.Sequential(body=nc.Linear(3, 2), head=nc.Linear(2, 5)), big.state_dict(), "encoder.", "body.")
    ['body.weight', 'body.bias']
    """
    part = {into + name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    places = net.state_dict()
    unknown = [name for name in part if name not in places]
    if not part or unknown:
        what = f"the network has no {', '.join(unknown)}" if part else f"no entry of the state begins with {prefix!r}"
        raise CheckpointError(f"{what}; the network has {', '.join(places)}; the state has {', '.join(state)}")
    net.load_state_dict(part, strict=False)
    return list(part)
