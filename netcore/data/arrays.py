"""One array with a row for each sample, or a tuple of such arrays: what a `DataLoader` takes samples from."""

from typing import Any

import numpy as np

from netcore.errors import ArgumentError

Arrays = np.ndarray | tuple[np.ndarray, ...]


def arrays(name: str, value: Any) -> Arrays:
    """The samples as an array, or a tuple of arrays; raises `ArgumentError` for what is none."""
    if isinstance(value, tuple):
        if not value:
            raise ArgumentError(f"{name} is an empty tuple; it needs at least one array")
        return tuple(array(f"{name}[{k}]", item) for k, item in enumerate(value))
    return array(name, value)


def array(name: str, value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ArgumentError(f"{name} is not an array: {error}") from None
    if array.ndim == 0 or array.dtype == object:
        raise ArgumentError(
            f"{name} must be an array with one row for each sample, got {type(value).__name__} of dtype {array.dtype}"
        )
    return array


def lengths(value: Arrays) -> list[int]:
    """The number of samples of each array."""
    return [len(a) for a in value] if isinstance(value, tuple) else [len(value)]


def select(value: Arrays, index: np.ndarray) -> Arrays:
    """The samples of an index array, as copies."""
    return tuple(a[index] for a in value) if isinstance(value, tuple) else value[index]
