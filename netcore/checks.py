"""Every precondition on arrays and arguments, and its message, in one place.

Functions that take arrays return them ready for a kernel: native byte order, C-contiguous, the very array that was passed
where it is so already, a copy otherwise. The path for arrays that are in order costs well under a microsecond.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from netcore.errors import ArgumentError, DTypeError, ShapeError

FLOAT32, FLOAT64 = FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
INT64 = np.dtype(np.int64)


def as_array(name: str, value: Any) -> np.ndarray:
    """What NumPy makes of it; a ragged list, or a tuple of arrays of different shapes, is nothing."""
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ShapeError(f"{name} must be one array, got a {type(value).__name__} that is none ({error})") from None


def floats(name: str, value: Any, ndim: int | None = None, dtype: np.dtype | None = None) -> np.ndarray:
    """A float32 or float64 array of `ndim` axes; of `dtype`, when it must agree with another array."""
    x = value if type(value) is np.ndarray else as_array(name, value)
    own = x.dtype
    if own is not FLOAT32 and own is not FLOAT64 and own not in FLOATS:
        if x.dtype.kind != "f" or x.dtype.newbyteorder("=") not in FLOATS:
            raise DTypeError(f"{name} must be float32 or float64, got {x.dtype}; convert it with .astype(np.float32)")
        x = x.astype(x.dtype.newbyteorder("="))
    if dtype is not None and own is not dtype and x.dtype != dtype:
        raise DTypeError(f"{name} is {x.dtype} where {dtype} is due; convert one of them with .astype(), nothing is up-cast silently")
    if ndim is not None and x.ndim != ndim:
        raise ShapeError(f"{name} must have {ndim} axes, got shape {x.shape}")
    flags = x.flags
    return x if flags.c_contiguous and flags.aligned else np.array(x, order="C")


def integers(name: str, value: Any, ndim: int | None = None, low: int | None = None, high: int | None = None) -> np.ndarray:
    """Labels, tokens or lengths as int64; each in low..high-1 where limits are given."""
    x = value if type(value) is np.ndarray else as_array(name, value)
    if x.dtype.kind not in "iu":
        raise DTypeError(f"{name} must be integers, got {x.dtype}")
    if ndim is not None and x.ndim != ndim:
        raise ShapeError(f"{name} must have {ndim} axes, got shape {x.shape}")
    if x.size and low is not None and x.min() < low:
        raise ArgumentError(f"{name} holds {x.min()} at index {first_index(x < low)}; the least allowed is {low}")
    if x.size and high is not None and x.max() >= high:
        raise ArgumentError(f"{name} holds {x.max()} at index {first_index(x >= high)}; the greatest allowed is {high - 1}")
    return x if x.dtype == INT64 and x.flags.c_contiguous and x.flags.aligned else np.require(x, INT64, ["C", "A"])


def first_index(mask: np.ndarray) -> tuple[int, ...] | int:
    """The index of the first True, as a person writes it."""
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))
    return index[0] if len(index) == 1 else index


def shape_is(name: str, x: np.ndarray, expected: Sequence[int], why: str = "") -> None:
    """Exactly this shape; `why` completes the sentence 'must have shape …'."""
    if x.shape != expected and x.shape != tuple(expected):
        raise ShapeError(f"{name} must have shape {tuple(expected)}{' ' + why if why else ''}, got {x.shape}")


def finite(name: str, x: np.ndarray) -> None:
    """No NaN and no infinity in it."""
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        place = first_index(~np.isfinite(x))
        raise ArgumentError(f"{name} holds {x[place]} at index {place}; only finite numbers can be compared")


def gradient(name: str, dy: Any, like_shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """The gradient that arrives from above: the shape and dtype of the output it belongs to."""
    dy = floats(name, dy, dtype=dtype)
    shape_is(name, dy, like_shape, "(that of the forward phase's output)")
    return dy


def positive(name: str, value: Any) -> int:
    return at_least(name, value, 1)


def whole(name: str, value: Any) -> int:
    """A whole number of either sign."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise ArgumentError(f"{name} must be a whole number, got {value!r}")
    return int(value)


def at_least(name: str, value: Any, low: int) -> int:
    """A whole number >= low."""
    if type(value) is int and value >= low:
        return value
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < low:
        raise ArgumentError(f"{name} must be a whole number >= {low}, got {value!r}")
    return int(value)


def pair(name: str, value: Any, low: int = 1) -> tuple[int, int]:
    """(height, width) from one number or two, each >= low."""
    if type(value) is tuple and len(value) == 2 and type(value[0]) is type(value[1]) is int and value[0] >= low and value[1] >= low:
        return value  # a layer's own, checked when it was made, comes by at every call
    items = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(items) != 2:
        raise ArgumentError(f"{name} must be a whole number or two of them (height, width), got {value!r}")
    return at_least(name, items[0], low), at_least(name, items[1], low)


def number(name: str, value: Any, low: float | None = None, high: float | None = None, *, open_low: bool = False) -> float:
    """A finite real number in [low, high], or (low, high] with open_low."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)) or not _finite(value):
        raise ArgumentError(f"{name} must be a finite number, got {value!r}")
    below = low is not None and (value <= low if open_low else value < low)
    if below or (high is not None and value > high):
        bounds = f"{'more than' if open_low else 'at least'} {low}" if high is None else f"between {low} and {high}"
        raise ArgumentError(f"{name} must be {bounds}, got {value!r}")
    return float(value)


def _finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def one_of(name: str, value: Any, choices: Sequence[Any]) -> Any:
    if value not in choices:
        raise ArgumentError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
    return value
