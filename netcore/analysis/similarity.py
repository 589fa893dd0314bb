"""CKA: do two representations of the same inputs hold the same geometry? Between layers, and between networks.

    CKA(X, Y) = ‖Yᵀ X‖²_F / (‖Xᵀ X‖_F ‖Yᵀ Y‖_F)          columns centred

It is 1 when one is a rotation and scaling of the other, near 0 when they have nothing in common; the numbers of features may
differ. Source: S. Kornblith et al., "Similarity of neural network representations revisited", 2019, equation 3 with the
identity ‖Yᵀ X‖²_F = tr(X Xᵀ Y Yᵀ). Read next: latent.py.
"""

from collections.abc import Sequence

import numpy as np

from netcore import checks
from netcore.analysis.still import activations
from netcore.errors import ShapeError
from netcore.layers import Layer


def cka(a: np.ndarray, b: np.ndarray) -> float:
    """Linear CKA of rows (N, F) and (N, G) that belong to the same N inputs, in 0..1; 0 where one is constant.

    >>> rows = np.random.default_rng(0).standard_normal((50, 3))
    >>> round(cka(rows, 2 * rows[:, ::-1]), 6)
    1.0
    """
    if a.ndim != 2 or b.ndim != 2 or len(a) != len(b):
        raise ShapeError(f"CKA compares rows (N, F) and (N, G) of the same inputs, got shapes {a.shape} and {b.shape}")
    checks.finite("a", a)
    checks.finite("b", b)
    a, b = (rows - rows.mean(axis=0, dtype=np.float64) for rows in (a, b))
    if max(a.shape[1], b.shape[1]) > len(a):  # the same three numbers from the N x N Gram matrices: smaller here
        ga, gb = a @ a.T, b @ b.T
        both, own = float(np.sum(ga * gb)), np.linalg.norm(ga) * np.linalg.norm(gb)
    else:
        both, own = float(np.square(b.T @ a).sum()), np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    return both / float(own) if own > 0 else 0.0


def cka_matrix(one: Layer, names: Sequence[str], x: np.ndarray, other: Layer | None = None, other_names: Sequence[str] | None = None) -> np.ndarray:
    """CKA (len(names), len(other_names)) of every named layer of one network with every one of the other, on inputs x.

    Without `other` a network is compared with itself.

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Linear(4, 3, rng=0), nc.Tanh())
    >>> cka_matrix(net, ["0", "1"], np.random.default_rng(0).random((20, 4), np.float32)).diagonal().round(6)
    array([1., 1.])
    """
    other, other_names = (one if other is None else other), (names if other_names is None else other_names)
    rows = {n: y.reshape(len(x), -1) for n, y in activations(one, x, names).items()}
    columns = {n: y.reshape(len(x), -1) for n, y in activations(other, x, other_names).items()}
    return np.array([[cka(rows[a], columns[b]) for b in other_names] for a in names])
