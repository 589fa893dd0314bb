"""csrc/softmax.pyx: softmax, its logarithm and its cross-entropy, on every instruction set."""

import numpy as np
import pytest

import netcore.functional as F
from netcore import config
from netcore.errors import ArgumentError, DTypeError, ShapeError
from netcore.reference import softmax as reference
from tests.support import DTYPES, ISAS, assert_close, directional, isa

SIZES = [(1, 1), (2, 3), (3, 7), (4, 8), (5, 9), (3, 16), (2, 17), (2, 65), (700, 33), (0, 5)]


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("logarithm", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_twins(level, dtype, logarithm, size):
    rng = np.random.default_rng(sum(size))
    x, dy = (5 * rng.standard_normal(size)).astype(dtype), rng.standard_normal(size).astype(dtype)
    with isa(level):
        y, cache = (F.log_softmax_forward if logarithm else F.softmax_forward)(x)
        dx = F.softmax_backward(dy, cache)
    expected, expected_dx = np.empty(size), np.empty(size)
    reference.softmax(logarithm, x.astype(np.float64), expected)
    reference.softmax_gradient(logarithm, expected, dy.astype(np.float64), expected_dx)
    assert_close(y, expected)
    assert_close(dx, expected_dx, {np.float32: 1e-5, np.float64: 1e-12}[dtype] * (1 + (size[1] == 1) * 1e9))


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_cross_entropy_twins(level, dtype, smoothing):
    rng = np.random.default_rng(0)
    for rows, classes in SIZES:
        x, target = (5 * rng.standard_normal((rows, classes))).astype(dtype), rng.integers(0, classes, rows)
        target[::3] = -100
        with isa(level):
            losses, cache = F.cross_entropy_forward(x, target, smoothing)
        expected, expected_dx = np.empty(rows), np.empty((rows, classes))
        reference.cross_entropy(x.astype(np.float64), target, smoothing, -100, expected, expected_dx)
        assert np.abs(losses - expected).max(initial=0) <= (1e-5 if dtype == np.float32 else 1e-12)
        assert np.abs(cache.gradient - expected_dx).max(initial=0) <= (1e-6 if dtype == np.float32 else 1e-13)


def test_gradient_along_random_directions():
    rng = np.random.default_rng(1)
    x, target = rng.standard_normal((6, 11)), rng.integers(0, 11, 6)
    dy = rng.standard_normal(6)
    dx = F.cross_entropy_backward(dy, F.cross_entropy_forward(x, target, 0.2)[1])
    assert directional(lambda v: float(F.cross_entropy_forward(v, target, 0.2)[0] @ dy), x, dx, rng) < 1e-6


@pytest.mark.parametrize("level", ISAS)
def test_large_and_infinite_logits(level):
    x = np.array([[1e30, 0, -1e30], [-np.inf, 0, 0], [800, 800, -800]])
    with isa(level):
        np.testing.assert_allclose(F.softmax_forward(x)[0], [[1, 0, 0], [0, 0.5, 0.5], [0.5, 0.5, 0]])
        losses, _ = F.cross_entropy_forward(x, np.array([0, 1, 0]))
    np.testing.assert_allclose(losses, [0, np.log(2), np.log(2)])


def test_axes_and_bits():
    x = np.random.default_rng(0).standard_normal((30, 20, 41)).astype(np.float32)
    for dim in (0, 1, 2, -2):
        y, cache = F.softmax_forward(x, dim)
        assert_close(y.sum(axis=dim), np.ones(np.delete(x.shape, dim)))
        assert_close(F.softmax_backward(x, cache), y * (x - (x * y).sum(axis=dim, keepdims=True)), 1e-5)
    before, results = config.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            results.append(F.softmax_forward(x)[0])
    finally:
        config.set_num_threads(before)
    assert all(np.array_equal(results[0], other) for other in results)


def test_rejected():
    x = np.zeros((3, 4), np.float32)
    with pytest.raises(ArgumentError, match=r"target\[1\] is 4, but the logits have 4 classes: 0 to 3"):
        F.cross_entropy_forward(x, np.array([0, 4, 1]))
    with pytest.raises(ArgumentError, match=r"target\[2\] is -1"):
        F.cross_entropy_forward(x, np.array([0, 3, -1]))
    with pytest.raises(ShapeError, match=r"target must have shape \(3,\)"):
        F.cross_entropy_forward(x, np.zeros((3, 4), int))
    with pytest.raises(DTypeError, match="target must be integers, got float64"):
        F.cross_entropy_forward(x, np.zeros(3))
    with pytest.raises(ArgumentError, match="dim 2 does not exist"):
        F.softmax_forward(x, 2)
    with pytest.raises(ArgumentError, match="label_smoothing must be between 0 and 1"):
        F.cross_entropy_forward(x, np.zeros(3, int), 1.5)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_exponential_over_the_whole_range(level, dtype):
    """softmax((x, 0)) is e^x to the last place once x < -40: down through the subnormal numbers to zero, no step left out."""
    smallest, least_normal = np.finfo(dtype).smallest_subnormal, np.finfo(dtype).tiny
    x = np.linspace(np.log(smallest.astype(np.float64)) - 3, -40, 20_001).astype(dtype)
    with isa(level):
        y = F.softmax_forward(np.stack([x, np.zeros_like(x)], axis=1))[0][:, 0]
    exact = np.exp(x.astype(np.longdouble))
    normal = exact >= least_normal
    assert (np.abs(y - exact)[normal] / exact[normal]).max() < 4 * np.finfo(dtype).eps
    assert np.abs(y - exact)[~normal].max() <= 2 * smallest
    assert y[0] == 0 and (np.diff(y) >= -4 * np.finfo(dtype).eps * y[1:]).all()
