"""Single units: how selective is each for one class, and how far does one unit's answer alone get? (S5)

    selectivity = (μ_max - μ_rest) / (|μ_max| + |μ_rest|)

with a unit's greatest class mean and the mean of its other class means: 0 for a unit that answers all classes alike, 1 for one
that answers one class alone. Source: A. Morcos et al., "On the importance of single directions for generalization", 2018,
section 2.3 (for rectified units; the absolute values keep it in 0..1 for others, too). Read next: spectrum.py.
"""

import numpy as np

from netcore.errors import ShapeError


def class_selectivity(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(F,) from rows (N, F) and labels (N,); 0 for a unit that is always silent.

    >>> class_selectivity(np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 1.0]]), np.array([0, 1, 2]))
    array([1., 0.])
    """
    means = np.sort(_class_means(features, labels), axis=0)
    most, rest = means[-1], means[:-1].mean(axis=0)
    size = np.abs(most) + np.abs(rest)
    return np.divide(most - rest, size, out=np.zeros_like(size), where=size > 0)


def single_unit_accuracy(train: np.ndarray, labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray) -> np.ndarray:
    """(F,) accuracy on test rows of a reader who sees one unit only and says the class whose mean is nearest.

    Compare with what a probe reads off all units together (probe.py).

    >>> rows, labels = np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([0, 1])
    >>> single_unit_accuracy(rows, labels, rows, labels)
    array([1. , 0.5])
    """
    classes, means = np.unique(labels), _class_means(train, labels)
    if test.ndim != 2 or test.shape[1] != train.shape[1] or len(test) != len(test_labels):
        raise ShapeError(f"test must be rows (N, {train.shape[1]}) with a label each, got shape {test.shape} and {len(test_labels)} labels")
    said = np.abs(test[:, None, :] - means[None]).argmin(axis=1)  # (N, F) index of the class
    return np.mean(classes[said] == np.asarray(test_labels)[:, None], axis=0)


def _class_means(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(classes, F)"""
    classes = np.unique(labels)
    if features.ndim != 2 or len(features) != len(labels) or len(classes) < 2:
        raise ShapeError(f"features must be rows (N, F) with labels (N,) of two classes or more, got shape {features.shape} and {len(labels)} labels")
    return np.stack([features[labels == c].mean(axis=0, dtype=np.float64) for c in classes])
