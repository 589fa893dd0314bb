"""csrc/activation.pyx and the vector functions of csrc/simd/exp.h, on every instruction set."""

import math

import numpy as np
import pytest

import netcore.functional as F
from netcore import config
from netcore.errors import ArgumentError, DTypeError, ShapeError
from netcore.reference import activation as reference
from tests.support import DTYPES, ISAS, assert_close, directional, isa

NAMES = F.activation.KINDS
SIZES = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 101, 70_001]
ULP = {np.dtype(np.float32): 2.0**-23, np.dtype(np.float64): 2.0**-52}


def grid(dtype, low, high, count=4001):
    return np.concatenate([np.linspace(low, high, count), np.geomspace(1e-30, high, 500), -np.geomspace(1e-30, -low, 500)]).astype(dtype)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "exact"), [("sigmoid", lambda v: 1 / (1 + math.exp(-v)) if v > -700 else math.exp(v)), ("tanh", math.tanh)])
def test_exponentials_are_right_to_a_few_units_in_the_last_place(level, dtype, name, exact):
    """Relative to each value itself, over the whole range."""
    x = grid(dtype, -80.0, 80.0)
    expected = np.array([exact(float(v)) for v in x])
    with isa(level):
        y, _ = F.activation_forward(name, x)
    error = np.abs(y - expected) / np.abs(expected).clip(np.finfo(dtype).tiny)
    assert error.max() < 8 * ULP[np.dtype(dtype)]


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes(level, dtype):
    big = np.finfo(dtype).max
    x = np.array([np.nan, np.inf, -np.inf, big, -big, 0.0, -0.0, np.finfo(dtype).tiny, 89, -104, 710, -746], dtype)
    with isa(level):
        found = {name: F.activation_forward(name, x)[0] for name in NAMES}
    for name, y in found.items():
        assert np.isnan(y[0]), f"{name} of NaN"
    assert (found["relu"][1:] == np.maximum(x[1:], 0)).all()
    np.testing.assert_array_equal(found["sigmoid"][1:6], [1, 0, 1, 0, 0.5])
    np.testing.assert_array_equal(found["tanh"][1:6], [1, -1, 1, -1, 0])
    np.testing.assert_array_equal(found["elu"][1:5], [np.inf, -0.0, big, -0.0])  # slope 0


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_twins(level, dtype, name):
    rng = np.random.default_rng(0)
    for size in SIZES:
        x, dy = (3 * rng.standard_normal(size)).astype(dtype), rng.standard_normal(size).astype(dtype)
        with isa(level):
            y, cache = F.activation_forward(name, x, 0.3)
            dx = F.activation_backward(dy, cache)
        wide = x.astype(np.float64)
        expected, expected_dx = np.empty_like(wide), np.empty_like(wide)
        reference.forward(cache.kind, 0.3, wide, expected)
        kept = expected if cache.kind in F.activation.KEEPS_OUTPUT else wide
        reference.backward(cache.kind, 0.3, kept, dy.astype(np.float64), expected_dx)
        assert_close(y, expected, what=f"{name} of {size}")
        assert_close(dx, expected_dx, what=f"gradient of {name} of {size}")


@pytest.mark.parametrize("name", NAMES)
def test_gradient_along_random_directions(name):
    rng = np.random.default_rng(1)
    x = rng.standard_normal(41)
    x = x[np.abs(x) > 1e-3]  # not beside the kink at 0
    dy = rng.standard_normal(x.shape)
    dx = F.activation_backward(dy, F.activation_forward(name, x, 0.2)[1])
    assert directional(lambda v: float(np.sum(F.activation_forward(name, v, 0.2)[0] * dy)), x, dx, rng) < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_bits_do_not_depend_on_threads(name):
    x = np.random.default_rng(0).standard_normal(200_001).astype(np.float32)
    before = config.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            results.append(F.activation_forward(name, x, 0.1)[0])
    finally:
        config.set_num_threads(before)
    assert all(np.array_equal(results[0], other) for other in results[1:])


def test_rejected():
    with pytest.raises(DTypeError, match="x must be float32 or float64, got int64"):
        F.relu_forward(np.arange(3))
    y, cache = F.relu_forward(np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"dy must have shape \(2, 3\)"):
        F.relu_backward(np.ones(6), cache)
    with pytest.raises(DTypeError, match="dy is float32 where float64 is due"):
        F.relu_backward(np.ones((2, 3), np.float32), cache)
    with pytest.raises(ArgumentError, match="approximate must be one of 'none', 'tanh'"):
        F.gelu_forward(y, "erf")
    with pytest.raises(ArgumentError, match="negative_slope must be a finite number"):
        F.leaky_relu_forward(y, float("nan"))
