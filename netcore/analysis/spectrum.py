"""Do the units of a layer say different things? The spectrum of their correlations, and its effective dimension. (S6)

    λ: eigenvalues of the correlation matrix of the units that ever vary, greatest first;  Σ λ = their number
    effective dimension = (Σ λ)² / Σ λ²          (participation ratio)

It is the number of units when all are uncorrelated, and 1 when all say the same. Source: L. Abbott, K. Rajan and H. Sompolinsky,
"Interactions between intrinsic and stimulus-evoked activity in recurrent neural networks", 2011, equation 4; P. Gao et al., 2017.
The penalty that pushes correlations down: netcore/layers/penalty.py. Read next: similarity.py.
"""

import numpy as np

from netcore import checks
from netcore.errors import ShapeError


def correlation_spectrum(features: np.ndarray) -> np.ndarray:
    """Eigenvalues of the units' correlation matrix, greatest first, from rows (N, F); units that never vary are left out.

    >>> rows = np.random.default_rng(0).standard_normal((1000, 2))
    >>> correlation_spectrum(np.hstack([rows, rows[:, :1]])).round(1)
    array([2., 1., 0.])
    """
    if features.ndim != 2 or len(features) < 2:
        raise ShapeError(f"features must be rows (N, F) of two samples or more, got shape {features.shape}")
    checks.finite("features", features)
    centred = features - features.mean(axis=0, dtype=np.float64)
    scale = np.sqrt(np.square(centred).mean(axis=0))
    centred = centred[:, scale > 1e-7 * max(float(scale.max(initial=0)), 1e-300)]
    centred /= np.sqrt(np.square(centred).mean(axis=0))
    values = np.linalg.eigvalsh(centred.T @ centred / len(centred))[::-1]
    return np.maximum(values, 0)


def effective_dimension(features: np.ndarray) -> float:
    """(Σ λ)² / Σ λ² of the correlation spectrum of rows (N, F): between 1 and the number of units; 0 when none varies.

    >>> rows = np.random.default_rng(0).standard_normal((1000, 1))
    >>> round(effective_dimension(np.hstack([rows, 2 * rows, -rows])), 6)
    1.0
    """
    values = correlation_spectrum(features)
    return float(values.sum() ** 2 / np.square(values).sum()) if values.size else 0.0
