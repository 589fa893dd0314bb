"""What a classifier confuses, and whether its certainty can be believed.

    confusion[i, j]   how many inputs of class i were called j
    calibration       in bins of the stated probability p of the chosen class: how often was it right?
    ECE               Σ over bins of (share of the inputs) · |accuracy - mean p|       the expected calibration error

Source: C. Guo, G. Pleiss, Y. Sun and K. Weinberger, "On calibration of modern neural networks", 2017, equations 2 and 3.
Pictures: netcore/plot/matrix.py, netcore/plot/calibration.py. Read next: saliency.py.
"""

from typing import NamedTuple

import numpy as np

from netcore import checks
from netcore.errors import ShapeError


class Calibration(NamedTuple):
    """Each (bins,); a bin without inputs has confidence and accuracy NaN."""

    confidence: np.ndarray  # mean stated probability
    accuracy: np.ndarray  # share that was right
    inputs: np.ndarray  # how many fell into the bin

    @property
    def error(self) -> float:
        """The expected calibration error, in 0..1."""
        used = self.inputs > 0
        return float(np.sum(self.inputs[used] * np.abs(self.accuracy - self.confidence)[used]) / max(self.inputs.sum(), 1))


def confusion(truth: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes, classes) from labels (N,): row the true class, column what was said.

    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    truth, said = checks.integers("truth", truth, 1, 0, classes), checks.integers("said", said, 1, 0, classes)
    if truth.shape != said.shape:
        raise ShapeError(f"truth and said must have the same length, got {len(truth)} and {len(said)}")
    return np.bincount(truth * classes + said, minlength=classes * classes).reshape(classes, classes)


def calibration(probabilities: np.ndarray, truth: np.ndarray, bins: int = 10) -> Calibration:
    """The reliability of probabilities (N, K) against labels (N,), in bins of equal width.

    >>> sure = np.array([[0.9, 0.1], [0.9, 0.1]])
    >>> calibration(sure, np.array([0, 1])).error
    0.4
    """
    if probabilities.ndim != 2 or len(probabilities) != len(truth):
        raise ShapeError(f"probabilities must be (N, K) with N={len(truth)} labels, got shape {probabilities.shape}")
    sure, right = probabilities.max(axis=1).astype(np.float64), probabilities.argmax(axis=1) == truth
    place = np.clip((sure * checks.positive("bins", bins)).astype(np.int64), 0, bins - 1)
    inputs = np.bincount(place, minlength=bins)
    sums = (np.bincount(place, weights=values, minlength=bins) for values in (sure, right.astype(np.float64)))
    with np.errstate(invalid="ignore"):
        confidence, accuracy = (total / inputs for total in sums)
    return Calibration(confidence, accuracy, inputs)
