"""Which pixels matter for an answer: the gradient on the input, and the answer with a part of the image covered.

    saliency    |d score_c / dx|, the greatest over the channels          K. Simonyan et al., 2014, section 3
    occlusion   score_c(x) - score_c(x with a square around the pixel covered)     M. Zeiler and R. Fergus, 2014, section 4.2

The score is the network's output before a softmax. Read next: ablation.py, which silences units instead of pixels.
"""

import numpy as np

from netcore import checks
from netcore.analysis.still import BATCH, Still
from netcore.errors import ArgumentError, ShapeError
from netcore.layers import Layer


def input_gradient(net: Layer, x: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """d score of each sample's target class / dx, of x's shape; the network's output is (N, K), `targets` (N,).

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Linear(3, 2))
    >>> bool(np.allclose(input_gradient(net, np.zeros((1, 3), np.float32), np.array([1])), net[0].weight.data[1]))
    True
    """

    def one_hot(scores: np.ndarray) -> np.ndarray:
        dy = np.zeros_like(scores)
        dy[np.arange(len(scores)), _targets(scores, targets)] = 1
        return dy

    return Still(net).backward(one_hot, x)


def saliency(net: Layer, x: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Maps (N, H, W) for images (N, C, H, W): how much the target's score changes with each pixel. For other inputs: `input_gradient`."""
    _images(x)
    return np.abs(input_gradient(net, x, targets)).max(axis=1)


def occlusion(net: Layer, x: np.ndarray, targets: np.ndarray, size: int = 5, fill: float = 0.0) -> np.ndarray:
    """Maps (N, H, W): how much the target's score falls when a square of `size` (odd) pixels around each pixel is set to `fill`.

    One forward phase for each pixel.

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Flatten(), nc.Linear(16, 2))
    >>> occlusion(net, np.ones((2, 1, 4, 4), np.float32), np.array([0, 1]), size=1).shape
    (2, 4, 4)
    """
    _images(x)
    checks.shape_is("targets", np.asarray(targets), (len(x),), "(a class for each image)")
    if checks.positive("size", size) % 2 == 0:
        raise ArgumentError(f"size must be odd, so that the square has a pixel in its middle, got {size}")
    still, reach = Still(net), size // 2
    rows, columns = x.shape[2:]
    maps = np.empty((len(x), rows, columns), x.dtype)
    for n, image in enumerate(x):
        covered = np.repeat(image[None], rows * columns, axis=0)
        for place in range(rows * columns):
            i, j = divmod(place, columns)
            covered[place, :, max(i - reach, 0) : i + reach + 1, max(j - reach, 0) : j + reach + 1] = fill
        before = still.forward(x[n : n + 1])
        target = int(_targets(before, targets[n : n + 1])[0])
        after = np.concatenate([still.forward(covered[k : k + BATCH])[:, target] for k in range(0, len(covered), BATCH)])
        maps[n] = (before[0, target] - after).reshape(rows, columns)
    return maps


def _images(x: np.ndarray) -> None:
    if x.ndim != 4:
        raise ShapeError(f"images must have shape (N, C, H, W), got {x.shape}")


def _targets(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    if scores.ndim != 2:
        raise ShapeError(f"the network must put out scores (N, K), got {scores.shape}")
    targets = checks.integers("targets", targets, 1, 0, scores.shape[1])
    checks.shape_is("targets", targets, (len(scores),), "(a class for each sample)")
    return targets
