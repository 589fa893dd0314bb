"""Where the arrays that netcore returns come from: NumPy for small ones, recycled blocks for large ones.

Compiled part: csrc/memory.pyx, which says why.
"""

import importlib
from math import prod

import numpy as np

from netcore.backend import BACKEND, kernels

LARGE = 1 << 16  # bytes from which a recycled block is cheaper than fresh memory

_blocks = importlib.import_module("netcore._kernels.memory") if BACKEND == "compiled" else None


def empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A new array whose every element the caller is about to write."""
    nbytes = prod(shape) * dtype.itemsize
    if _blocks is None or nbytes < LARGE:
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, _blocks.Block(nbytes))


def zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A new array of zeros, for results that are summed up."""
    x = empty(shape, dtype)
    x.fill(0)
    return x


def copy(x: np.ndarray) -> np.ndarray:
    """A C-contiguous copy."""
    y = empty(x.shape, x.dtype)
    if _blocks is not None and x.nbytes >= LARGE and x.flags.c_contiguous:
        _blocks.copy(x.reshape(-1).view(np.uint8), y.reshape(-1).view(np.uint8))
    else:
        np.copyto(y, x)
    return y


def add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a + b, for float arrays of one shape and dtype: large contiguous ones on all threads."""
    if a.nbytes < LARGE or a.shape != b.shape or a.dtype != b.dtype or not (a.flags.c_contiguous and b.flags.c_contiguous):
        return np.add(a, b)
    y = empty(a.shape, a.dtype)
    kernels.activation.add(a.reshape(-1), b.reshape(-1), y.reshape(-1))
    return y


def release() -> None:
    """Give the memory that waits for reuse back to the system."""
    if _blocks is not None:
        _blocks.release()


def blocks_made() -> int:
    """How many large blocks were taken from the system so far; a steady training step takes none."""
    return _blocks.statistics()[0] if _blocks is not None else 0
