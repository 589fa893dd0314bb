"""Activation maximisation: the input that a unit likes best, found by gradient ascent on the input.

    x ← (1 - decay) · blur(x + rate · g / ‖g‖),   g = d activation / dx,   from a little noise

Without decay and blur the ascent ends in noise of high frequency to which the network was never exposed; they are what keeps
the picture smooth. Sources: D. Erhan et al., "Visualizing higher-layer features of a deep network", 2009; J. Yosinski et al.,
"Understanding neural networks through deep visualization", 2015 (decay and blur). Read next: saliency.py.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from netcore import checks
from netcore.analysis.still import Still
from netcore.analysis.units import unit_axis
from netcore.errors import ArgumentError
from netcore.layers import Layer
from netcore.rng import as_generator


class Ascent(NamedTuple):
    images: np.ndarray  # (K, *input_shape) the input found for each unit
    values: np.ndarray  # (steps + 1, K) its activation on the way


def maximise(
    net: Layer, name: str, units: Sequence[int], input_shape: Sequence[int], *, steps: int = 60, rate: float = 1.0,
    decay: float = 0.01, blur: float = 0.3, low: float | None = None, high: float | None = None, rng: Any = None,
) -> Ascent:
    """An input of `input_shape` (without the batch axis) for each of `units` of the named layer, all found side by side.

    A unit of a convolution is a channel; it is excited at the middle of its map, one of a recurrent layer at the middle step. `blur`
    in [0, 1] mixes each step's image with its binomial blur (the last two axes); `low` and `high` bound the pixels. Raises ArgumentError
    for a unit that is not there.

    >>> import netcore as nc
    >>> found = maximise(nc.Sequential(nc.Linear(4, 3)), "0", [0, 2], (4,), steps=5, blur=0)
    >>> found.images.shape, bool((found.values[-1] > found.values[0]).all())
    ((2, 4), True)
    """
    still, rng = Still(net).watch(name), as_generator(rng)
    units = [checks.at_least("unit", unit, 0) for unit in units]
    checks.number("decay", decay, 0, 1), checks.number("blur", blur, 0, 1)
    if low is not None and high is not None and low >= high:
        raise ArgumentError(f"low must be below high, got {low} and {high}")
    dtype = next((p.dtype for p in still.net.parameters()), np.dtype(np.float32))
    x = (0.01 * rng.standard_normal((len(units), *input_shape))).astype(dtype)
    if low is not None and high is not None:
        x += dtype.type((low + high) / 2)
    values = np.zeros((checks.positive("steps", steps) + 1, len(units)))
    for step in range(steps + 1):
        still.forward(x)
        y = still.outputs[name]
        seed = _one_hot(y, units, unit_axis(still, name, y))
        values[step] = (y * seed).reshape(len(y), -1).sum(axis=1)
        if step == steps:
            break
        g = still.input_gradient(x, {name: seed})
        length = np.sqrt(np.square(g, dtype=np.float64).reshape(len(g), -1).sum(axis=1)).reshape(-1, *(1,) * (g.ndim - 1))
        x = x + (rate * g / np.maximum(length, 1e-12)).astype(dtype)
        if blur and x.ndim >= 3:
            x = ((1 - blur) * x + blur * blurred(x)).astype(dtype)
        x = np.clip(x * dtype.type(1 - decay), low, high) if low is not None or high is not None else x * dtype.type(1 - decay)
    return Ascent(x, values)


def blurred(images: np.ndarray) -> np.ndarray:
    """Each pixel's mean with its neighbours along the last two axes, weights 1 2 1; the border is repeated.

    >>> blurred(np.array([[0.0, 0.0, 0.0], [0.0, 16.0, 0.0], [0.0, 0.0, 0.0]]))[0]
    array([1., 2., 1.])
    """
    for axis in (-2, -1):
        padded = np.pad(images, [(1, 1) if a == images.ndim + axis else (0, 0) for a in range(images.ndim)], mode="edge")
        size = images.shape[axis]
        before, middle, after = (np.take(padded, range(k, k + size), axis) for k in range(3))
        images = (before + 2 * middle + after) / 4
    return images


def _one_hot(y: np.ndarray, units: Sequence[int], axis: int) -> np.ndarray:
    """1 at each sample's own unit, in the middle of the other axes."""
    seed = np.zeros_like(y)
    for k, unit in enumerate(units):
        if unit >= y.shape[axis]:
            raise ArgumentError(f"unit {unit} is not among the {y.shape[axis]} units of that layer")
        seed[(k, *(unit if a == axis else size // 2 for a, size in enumerate(y.shape[1:], 1)))] = 1
    return seed
