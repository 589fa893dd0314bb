"""Walks through the code of an auto-encoder: between two inputs, along one dimension, over a grid. (S8)

    interpolate   z(t) = (1 - t) z₀ + t z₁, decoded; beside it the same mixture of the pixels
    traverse      one dimension of a code runs through values, the others stay
    grid          every pair of values of a 2-D code, as a map of the manifold (D. Kingma and M. Welling, 2014, figure 4)

All take the decoder as a network, and decode in eval mode without changing it. Read next: manifold.py.
"""

import numpy as np

from netcore import checks
from netcore.analysis.still import Still
from netcore.errors import ArgumentError, ShapeError
from netcore.layers import Layer


def interpolate(start: np.ndarray, end: np.ndarray, steps: int = 8) -> np.ndarray:
    """(steps, *shape) on the straight line from `start` to `end`, both included: codes to decode, or pixels.

    >>> interpolate(np.zeros(2), np.array([1.0, 2.0]), 3).tolist()
    [[0.0, 0.0], [0.5, 1.0], [1.0, 2.0]]
    """
    start, end = np.asarray(start), np.asarray(end)
    if start.shape != end.shape:
        raise ShapeError(f"start and end must have the same shape, got {start.shape} and {end.shape}")
    t = np.linspace(0, 1, checks.at_least("steps", steps, 2)).reshape(-1, *(1,) * start.ndim)
    return ((1 - t) * start + t * end).astype(np.result_type(start, end))


def decode(decoder: Layer, codes: np.ndarray) -> np.ndarray:
    """What the decoder makes of codes (N, Z), in eval mode."""
    return Still(decoder).forward(np.ascontiguousarray(codes))


def traverse(decoder: Layer, code: np.ndarray, dimension: int, values: np.ndarray) -> np.ndarray:
    """Decoded images (len(values), …) while one dimension of the code (Z,) runs through `values`.

    >>> import netcore as nc
    >>> traverse(nc.Linear(3, 5), np.zeros(3, np.float32), 1, np.array([-1.0, 0.0, 1.0])).shape
    (3, 5)
    """
    if code.ndim != 1 or not 0 <= dimension < len(code):
        raise ArgumentError(f"dimension must be in 0..{code.size - 1} of a code (Z,), got {dimension} and shape {code.shape}")
    codes = np.repeat(code[None], len(values), axis=0)
    codes[:, dimension] = values
    return decode(decoder, codes)


def grid(decoder: Layer, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Decoded images (len(rows), len(columns), …): image [i, j] is that of the code (columns[j], rows[i]), both float32.

    >>> import netcore as nc
    >>> grid(nc.Linear(2, 5), np.linspace(-1, 1, 4), np.linspace(-1, 1, 3)).shape
    (4, 3, 5)
    """
    dtype = next((p.dtype for p in decoder.parameters()), np.dtype(np.float32))
    codes = np.array([[column, row] for row in rows for column in columns], dtype)
    images = decode(decoder, codes)
    return images.reshape(len(rows), len(columns), *images.shape[1:])
