"""A place amid a network where a penalty on the representation joins the loss.

    forward   y = x, and `value` = weight · penalty(x)
    backward  dx = dy + weight · d penalty / dx

so that the network's backward phase descends on loss + value, whatever the loss is. `penalties(net)` adds up the values.
The penalties: netcore/losses/penalty.py. Read next: contractive.py, whose penalty needs the layer's weights as well.
"""

from typing import Any

import numpy as np

from netcore import checks
from netcore.layers.base import Layer, Shape


class Penalised(Layer):
    """The identity on (N, H), with a price: `Penalised(nc.Sparsity(0.05), weight=1e-3)`. Caches the penalty's gradient.

    In eval mode the value is computed, too, but nothing is cached.

    >>> import netcore as nc
    >>> layer = Penalised(nc.Activity(), weight=0.5)
    >>> y = layer.forward(np.array([[3.0, -1.0]]))
    >>> layer.value, layer.backward(np.zeros((1, 2)))
    (2.0, array([[ 0.5, -0.5]]))
    """

    def __init__(self, penalty: Any, weight: float = 1.0) -> None:
        self.penalty, self.weight = penalty, checks.number("weight", weight, 0)
        self.value = 0.0

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = checks.floats("input", x, 2)
        self.value = self.weight * self.penalty.forward(x)
        return x.copy(), self.penalty.backward(self.weight)

    def _backward(self, dy: np.ndarray, cache: np.ndarray, needs_input: bool = True) -> np.ndarray | None:
        return checks.gradient("dy", dy, cache.shape, cache.dtype) + cache if needs_input else None

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def _describe(self) -> str:
        return f"{type(self.penalty).__name__}(), weight={self.weight}"


def penalties(net: Layer) -> float:
    """The sum of what `Penalised` and `Contractive` layers cost in the newest forward phase."""
    from netcore.layers.contractive import Contractive

    return sum(layer.value for layer in net.layers() if isinstance(layer, (Penalised, Contractive)))
