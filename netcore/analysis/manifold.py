"""Distance to the manifold: how far is an input from what an auto-encoder can make of it? (S8)

    distance(x) = ‖x - r(x)‖

An auto-encoder that learned the manifold on which its inputs live maps these nearly to themselves and pulls others towards it:
x - r(x) points away from the manifold. Source: G. Alain and Y. Bengio, "What regularized auto-encoders learn from the
data-generating distribution", 2014, equation 9; as a detector of foreign inputs: N. Japkowicz et al., 1995.
"""

import numpy as np

from netcore.analysis.still import BATCH, Still
from netcore.errors import ShapeError
from netcore.layers import Layer


def reconstruct(net: Layer, x: np.ndarray) -> np.ndarray:
    """What an auto-encoder makes of x (N, …), in eval mode; of a network that ends in logits (as the recipe 'vae') the logits.

    >>> import netcore as nc
    >>> reconstruct(nc.Identity(), np.ones((3, 2), np.float32)).shape
    (3, 2)
    """
    still = Still(net)
    return np.concatenate([still.forward(x[k : k + BATCH]) for k in range(0, max(len(x), 1), BATCH)])


def manifold_distance(net: Layer, x: np.ndarray) -> np.ndarray:
    """(N,) Euclidean distance of each input from its reconstruction, float64. Raises ShapeError where what comes out is not like the input.

    >>> import netcore as nc
    >>> manifold_distance(nc.ReLU(), np.array([[1.0, 1.0], [-3.0, 4.0]], np.float32))
    array([0., 3.])
    """
    made = reconstruct(net, x)
    if made.shape != x.shape:
        raise ShapeError(f"an auto-encoder puts out what it takes in: of {x.shape} this network makes {made.shape}")
    difference = (x - made).reshape(len(x), -1)
    return np.sqrt(np.square(difference, dtype=np.float64).sum(axis=1))


def separation(near: np.ndarray, far: np.ndarray) -> float:
    """The chance that a far one lies further out than a near one: the area under the ROC curve (J. Hanley, B. McNeil, 1982).

    >>> separation(np.array([1.0, 2.0]), np.array([3.0, 1.5]))
    0.75
    """
    if not len(near) or not len(far):
        raise ShapeError(f"separation compares two sets of distances, got {len(near)} near and {len(far)} far ones")
    near = np.sort(near)
    below, not_above = np.searchsorted(near, far, "left"), np.searchsorted(near, far, "right")
    return float(np.mean((below + not_above) / 2) / len(near))
