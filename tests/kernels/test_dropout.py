"""csrc/dropout.pyx: the same bits as its twin, for any number of threads; the right share, the right scale."""

import numpy as np
import pytest

import netcore as nc
import netcore.functional as F
from netcore import config
from netcore.errors import ArgumentError
from netcore.reference import dropout as reference
from tests.support import DTYPES


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_twins_have_the_same_bits(dtype, p):
    x = np.random.default_rng(0).standard_normal(40_001).astype(dtype)
    y, cache = F.dropout_forward(x, p, rng=7)
    key = int(np.random.default_rng(7).integers(0, 2**64, dtype=np.uint64))
    expected, mask = np.empty_like(x), np.empty(x.size, np.uint8)
    reference.forward(key, min(int((1 - p) * 2.0**64), 2**64 - 1), cache.scale, x, expected, mask)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(cache.mask, mask)
    assert abs(mask.mean() - (1 - p)) < 0.01
    dx = F.dropout_backward(x, cache)
    np.testing.assert_array_equal(dx, y)  # the same mask and scale both ways


def test_masks_are_not_correlated():
    """Neighbouring numbers, and masks of different keys, agree as often as chance has it."""
    ones = np.ones(200_000)
    first, second = (F.dropout_forward(ones, 0.5, rng=seed)[0] > 0 for seed in (1, 2))
    for a, b in ((first, second), (first[1:], first[:-1]), (first[64:], first[:-64])):
        assert abs(np.mean(a == b) - 0.5) < 0.005


def test_threads_and_modes():
    x, before, results = np.ones(100_000, np.float32), config.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            results.append(F.dropout_forward(x, 0.3, rng=5)[0])
    finally:
        config.set_num_threads(before)
    assert all(np.array_equal(results[0], other) for other in results)
    layer = nc.Dropout(0.5, rng=0)
    assert not np.array_equal(layer.forward(x), layer.forward(x))
    y = layer.eval().forward(x)
    assert np.array_equal(y, x)
    assert y is not x


def test_rejected():
    for p in (-0.1, 1.1, float("nan"), "half"):
        with pytest.raises(ArgumentError, match="p must be"):
            nc.Dropout(p)
