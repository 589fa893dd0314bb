"""Principal component analysis: the best linear code of a given size, the baseline of every auto-encoder.

Source: Pearson (1901); by a singular value decomposition of the covariance.
"""

import numpy as np

from netcore import checks
from netcore.errors import ArgumentError, ShapeError


class PCA:
    """Fit on rows (N, D); code = (x - mean) Vᵀ, reconstruction = code V + mean, with the leading `size` directions V.

    Raises ShapeError for rows of another width, ArgumentError before `fit`.

    >>> pca = PCA(1).fit(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]))
    >>> pca.reconstruct(np.array([[3.0, 3.0]])).round(6)
    array([[3., 3.]])
    """

    def __init__(self, size: int) -> None:
        self.size = checks.positive("size", size)
        self.mean = np.zeros(0)
        self.directions = np.zeros((0, 0))

    def fit(self, rows: np.ndarray) -> "PCA":
        if rows.ndim != 2 or self.size > rows.shape[1] or not len(rows):
            raise ShapeError(f"PCA({self.size}) needs rows (N, D), N > 0, with D >= {self.size}, got shape {rows.shape}")
        checks.finite("rows", rows)
        rows = rows.astype(np.float64)
        self.mean = rows.mean(axis=0)
        centred = rows - self.mean
        _, vectors = np.linalg.eigh(centred.T @ centred)
        self.directions = vectors[:, ::-1][:, : self.size].T
        return self

    def encode(self, rows: np.ndarray) -> np.ndarray:
        if not self.mean.size:
            raise ArgumentError(f"PCA({self.size}) has no directions yet; call fit(rows) first")
        if rows.ndim != 2 or rows.shape[1] != len(self.mean):
            raise ShapeError(f"rows must be (N, {len(self.mean)}), as those of fit, got shape {rows.shape}")
        return (rows - self.mean) @ self.directions.T

    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return self.encode(rows) @ self.directions + self.mean
