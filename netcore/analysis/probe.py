"""Probes: how much of the answer can a simple classifier read off a representation?

    linear   softmax(W ψ(x) + b), fitted on frozen features ψ, no more: what a linear model finds there
    k-NN     the label that most of the k nearest training features have

Features are standardised with the training part's mean and deviation first, so that representations of different scale can be
compared; a constant feature is left at 0. Sources: G. Alain and Y. Bengio, "Understanding intermediate layers using linear
classifier probes", 2016; T. Cover and P. Hart, 1967. The fits are scikit-learn's (extra `[lab]`). Read next: handmade.py.
"""

import warnings
from typing import Any

import numpy as np

from netcore import checks
from netcore.errors import ArgumentError, ShapeError


def linear_probe(
    train: np.ndarray, labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray, *, strength: float = 1.0, steps: int = 200
) -> float:
    """Accuracy on test features of logistic regression fitted on training features, rows (N, F).

    `strength` is the inverse weight of the L2 penalty (scikit-learn's C), `steps` bounds the steps of L-BFGS; a fit that is not
    finished by then is taken as it is.
    Raises ShapeError where rows and labels do not fit, ArgumentError for a NaN, for labels of one class, and without scikit-learn.

    >>> rows, labels = np.arange(8.0)[:, None], np.arange(8) // 4
    >>> linear_probe(rows, labels, rows, labels)
    1.0
    """
    from_sklearn = _sklearn("linear_model")
    train, test = _standardised(train, labels, test, test_labels)
    if len(np.unique(labels)) < 2:
        raise ArgumentError(f"a linear probe needs labels of two classes or more, got {labels[0]} alone")
    model = from_sklearn.LogisticRegression(C=checks.number("strength", strength, 0, open_low=True), max_iter=checks.positive("steps", steps))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", _sklearn("exceptions").ConvergenceWarning)
        return _accuracy(model, train, labels, test, test_labels)


def knn_probe(train: np.ndarray, labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray, *, k: int = 5) -> float:
    """Accuracy on test features of a vote of the k nearest training features (Euclidean distance), rows (N, F).

    >>> rows, labels = np.arange(8.0)[:, None], np.arange(8) // 4
    >>> knn_probe(rows, labels, rows + 0.1, labels, k=1)
    1.0
    """
    neighbors = _sklearn("neighbors")
    train, test = _standardised(train, labels, test, test_labels)
    model = neighbors.KNeighborsClassifier(n_neighbors=min(checks.positive("k", k), len(train)))
    return _accuracy(model, train, labels, test, test_labels)


def standardise(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both with the training part's mean 0 and deviation 1, in float64; constant features become 0."""
    mean, std = train.mean(axis=0, dtype=np.float64), train.std(axis=0, dtype=np.float64)
    scale = np.where(std > 1e-8 * max(float(std.max(initial=0)), 1e-300), 1 / np.maximum(std, 1e-300), 0.0)
    return (train - mean) * scale, (test - mean) * scale


def _standardised(train: np.ndarray, labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    for name, rows, own in (("train", train, labels), ("test", test, test_labels)):
        if rows.ndim != 2 or len(rows) != len(own) or len(rows) == 0:
            raise ShapeError(f"{name} must be rows (N, F) with a label each, got shape {rows.shape} and {len(own)} labels")
        checks.finite(name, rows)
    if train.shape[1] != test.shape[1]:
        raise ShapeError(f"train and test must have the same number of features, got {train.shape[1]} and {test.shape[1]}")
    return standardise(train, test)


def _accuracy(model: Any, train: np.ndarray, labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray) -> float:
    return float(np.mean(model.fit(train, labels).predict(test) == test_labels))


def _sklearn(module: str) -> Any:
    """A module of scikit-learn, or an error that says what to install."""
    import importlib

    try:
        return importlib.import_module(f"sklearn.{module}")
    except ModuleNotFoundError as error:
        raise ArgumentError(f"probes need scikit-learn ({error}); install it with: pip install 'netcore-nn[lab]'") from None
