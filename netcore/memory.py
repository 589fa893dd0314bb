"""Where the arrays that netcore returns come from."""

import numpy as np


def empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A new array whose every element the caller is about to write."""
    return np.empty(shape, dtype)


def zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A new array of zeros, for results that are summed up."""
    return np.zeros(shape, dtype)
