"""Dropout in NumPy, with the same bits as its compiled twin, csrc/dropout.pyx."""

import numpy as np


def _mixed(z: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64, modulo 2^64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def forward(key: int, threshold: int, scale: float, x: np.ndarray, y: np.ndarray, mask: np.ndarray) -> None:
    """mask[i] = 1 where i is kept (its number is below `threshold`), y = x · mask · scale."""
    counter = np.arange(1, x.size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mask[...] = _mixed(counter + np.uint64(key)) < np.uint64(threshold)
    y[...] = np.where(mask, x * x.dtype.type(scale), 0)


def backward(scale: float, dy: np.ndarray, mask: np.ndarray, dx: np.ndarray) -> None:
    """dx = dy · mask · scale."""
    dx[...] = np.where(mask, dy * dy.dtype.type(scale), 0)
