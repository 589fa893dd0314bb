"""Find where numbers stop being finite: run a network forward and name the first layer whose output has a NaN or an infinity."""

from typing import Any

import numpy as np

from netcore.layers.base import Layer
from netcore.layers.network import Network


def first_nonfinite(net: Layer, *inputs: Any) -> str | None:
    """The class and path of the first layer, in the order of the forward phase, whose output is not finite; None if all are.

    Runs one forward phase in eval mode, which changes nothing in the network: modes and waiting caches stay as they are.
    A non-finite input or parameter is named as such.

    >>> import netcore as nc, numpy as np
    >>> net = nc.Sequential(nc.Linear(2, 2), nc.ReLU())
    >>> net[0].weight.data[0, 0] = np.nan
    >>> first_nonfinite(net, np.ones((1, 2), np.float32))
    "parameter '0.weight', which Linear '0' multiplies with"
    """
    if any(not _finite(x) for x in inputs):
        return "the input itself"
    found: list[str] = []
    leaves = [layer for layer in net.layers() if not any(True for _ in layer.children())]
    originals = [(layer, layer._forward) for layer in leaves]

    def watch(layer: Layer, forward: Any) -> Any:
        def watched(*args: Any, **options: Any) -> Any:
            y, cache = forward(*args, **options)
            if not found and not _finite(y):
                bad = next((p.name for _, p in layer.own_parameters() if not _finite(p.data)), None)
                found.append(f"parameter {bad!r}, which {layer.where} multiplies with" if bad else layer.where)
            return y, cache

        return watched

    modes = [(layer, layer.training) for layer in net.layers()]
    run = net._run_forward if isinstance(net, Network) else net.forward  # a network's own forward would drop its pass
    net.eval()
    try:
        for layer, forward in originals:
            layer._forward = watch(layer, forward)  # type: ignore[method-assign]
        with np.errstate(all="ignore"):
            run(*inputs)
    finally:
        for layer, _ in originals:
            del layer._forward  # the class's own again
        for layer, mode in modes:
            layer.training = mode
    return found[0] if found else None


def _finite(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(_finite(part) for part in value)
    return value is None or np.asarray(value).dtype.kind != "f" or bool(np.isfinite(value).all())
