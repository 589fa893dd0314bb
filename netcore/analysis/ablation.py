"""Silence units and see what is left: is the representation spread over many units, or does it hang on a few? (S5)

    accuracy(k) with k units of a layer put to zero, in random order, or the most important unit first

A unit's importance is by how much the cross-entropy grows when it alone is silent, measured on data of its own. A unit of a
convolution is a whole channel, one of a recurrent layer is silent at every step (units.py). Source: A. Morcos et al., "On the
importance of single directions for generalization", 2018, section 3.1. Read next: selectivity.py.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from netcore import checks
from netcore.analysis.still import BATCH, Still, output
from netcore.analysis.units import unit_axis
from netcore.errors import ShapeError
from netcore.layers import Layer
from netcore.losses import CrossEntropyLoss
from netcore.rng import as_generator


class AblationCurve(NamedTuple):
    silenced: np.ndarray  # (S,) how many units were silent
    accuracy: np.ndarray  # (S,) with them silent
    order: np.ndarray  # (units,) the first k of these were silent


def ablation_curve(
    net: Layer, x: np.ndarray, y: np.ndarray, name: str, order: str | Sequence[int] = "random", *,
    points: int = 11, on: tuple[np.ndarray, np.ndarray] | None = None, rng: Any = None,
) -> AblationCurve:
    """Accuracy on (x, y) with 0 … all units of the named layer silenced, at `points` numbers of units.

    Labels are those of the network's answers: (N,), or (N, T) where it answers at every step.
    `order`: 'random', 'important' (the most important first, measured on the data `on`, else on (x, y)), or the units themselves.

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Linear(4, 8), nc.ReLU(), nc.Linear(8, 3))
    >>> ablation_curve(net, np.ones((5, 4), np.float32), np.zeros(5, int), "1", points=3, rng=0).silenced.tolist()
    [0, 4, 8]
    """
    silencer = Silencer(net, name, x, y)
    if isinstance(order, str):
        checks.one_of("order", order, ("random", "important"))
        random = as_generator(rng).permutation(silencer.units)
        ranked = random if order == "random" else np.argsort(-importance(net, *(on or (x, y)), name), kind="stable")
    else:
        ranked = checks.integers("order", order, 1, 0, silencer.units)
    silenced = np.unique(np.linspace(0, len(ranked), checks.at_least("points", points, 2)).round().astype(int))
    return AblationCurve(silenced, np.array([silencer.accuracy(x, y, ranked[:k]) for k in silenced]), ranked)


def importance(net: Layer, x: np.ndarray, y: np.ndarray, name: str) -> np.ndarray:
    """By how much the cross-entropy on (x, y), in nats, grows when each unit of the named layer alone is silent, (units,)."""
    silencer = Silencer(net, name, x, y)
    whole = silencer.loss(x, y, np.zeros(0, int))
    return np.array([silencer.loss(x, y, np.array([unit])) - whole for unit in range(silencer.units)])


class Silencer:
    """A still copy of a network in which units of one layer can be put to zero."""

    def __init__(self, net: Layer, name: str, x: np.ndarray, labels: np.ndarray) -> None:
        if not len(x) or len(x) != len(labels):
            raise ShapeError(f"ablation measures on inputs with a label each, got {len(x)} inputs and {len(labels)} labels")
        self.still, self.silent = Still(net).watch(name), np.zeros(0, int)
        self.still.forward(x[:1])
        y = self.still.outputs[name]
        self.axis = unit_axis(self.still, name, y)
        self.units = y.shape[self.axis]
        self.still.edit(name, self._silence)

    def _silence(self, y: Any) -> Any:
        if isinstance(y, tuple):  # a recurrent layer that gives its state, too: what it puts out is y[0]
            return self._silence(y[0]), *y[1:]
        y = y.copy()
        y[(slice(None),) * self.axis + (self.silent,)] = 0
        return y

    def accuracy(self, x: np.ndarray, y: np.ndarray, units: np.ndarray) -> float:
        """With these units silent."""
        said = self.scores(x, units).argmax(axis=-1)
        checks.shape_is("y", np.asarray(y), said.shape, "(a label for each answer)")
        return float(np.mean(said == y))

    def loss(self, x: np.ndarray, y: np.ndarray, units: np.ndarray) -> float:
        """Cross-entropy with these units silent."""
        return CrossEntropyLoss().forward(self.scores(x, units), y)

    def scores(self, x: np.ndarray, units: np.ndarray) -> np.ndarray:
        self.silent = units
        return np.concatenate([output(self.still.forward(x[k : k + BATCH])) for k in range(0, len(x), BATCH)])
