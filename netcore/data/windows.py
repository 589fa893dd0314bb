"""Forecasting as supervised learning: windows of the past, the values that follow them.

    x[k] = z[k : k+length],  y[k] = z[k+length : k+length+horizon],  z = (series - mean) / std

Mean and standard deviation come from the training part alone, and a window belongs to the test part when its targets do
(its past may reach back over the boundary, as in real forecasting); so nothing of the future leaks into training.
Read next: `netcore/recipes/series_lstm.py`.
"""

from dataclasses import dataclass, field

import numpy as np

from netcore.checks import at_least, floats, number
from netcore.data.dataset import Dataset
from netcore.errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Windows:
    """Standardised windows: `x_*` (N, length, D), `y_*` (N, horizon, D), in the series' dtype; `mean`, `std` (D,)."""

    x_train: np.ndarray = field(repr=False)
    y_train: np.ndarray = field(repr=False)
    x_test: np.ndarray = field(repr=False)
    y_test: np.ndarray = field(repr=False)
    mean: np.ndarray
    std: np.ndarray

    def restore(self, z: np.ndarray) -> np.ndarray:
        """Standardised values (..., D) in the units of the series again."""
        return z * self.std + self.mean


def windows(series: "np.ndarray | Dataset", length: int, horizon: int = 1, train: float = 0.8) -> Windows:
    """Cut a series (T,) or (T, D), of float32 or float64, into windows with their targets.

    `train` is the share of the steps, counted from the beginning, that is for training; its end is rounded down.
    Raises `ArgumentError` where a part is too short for one window, for a value that is not finite, and for a variable
    that is constant in training.

    >>> w = windows(np.arange(10.0), length=3, horizon=1)
    >>> w.x_train.shape, w.y_train.shape, w.x_test.shape
    ((5, 3, 1), (5, 1, 1), (2, 3, 1))
    >>> np.round(w.restore(w.y_test)).ravel().tolist()
    [8.0, 9.0]
    """
    z = floats("series", series.x if isinstance(series, Dataset) else series)
    if z.ndim not in (1, 2) or 0 in z.shape:
        raise ArgumentError(f"series must have shape (T,) or (T, D), got {z.shape}")
    z = z.reshape(len(z), -1)
    length, horizon = at_least("length", length, 1), at_least("horizon", horizon, 1)
    boundary = int(len(z) * number("train", train, 0, 1, open_low=True) + 1e-9)
    if boundary < length + horizon:
        raise ArgumentError(f"{boundary} training steps are too few for windows of {length} + {horizon} steps")
    if boundary < len(z) < boundary + horizon:
        raise ArgumentError(f"{len(z) - boundary} test steps are too few for a horizon of {horizon}")
    mean = z[:boundary].mean(axis=0, dtype=np.float64).astype(z.dtype)
    std = z[:boundary].std(axis=0, dtype=np.float64).astype(z.dtype)
    if not np.isfinite(z).all() or not (std > 0).all():
        raise ArgumentError(f"series must be finite and vary in its training part, got standard deviation {std}")
    z = (z - mean) / std
    # (T - length - horizon + 1, length + horizon, D)
    cuts = np.lib.stride_tricks.sliding_window_view(z, length + horizon, axis=0).transpose(0, 2, 1)
    first_test = max(boundary - length, 0)  # the first window whose first target is a test step
    trains, tests = cuts[: boundary - length - horizon + 1].copy(), cuts[first_test:].copy()
    return Windows(trains[:, :length], trains[:, length:], tests[:, :length], tests[:, length:], mean, std)
