"""Windows of a series against a plain loop; nothing of the test part leaks into training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcore.data import load, windows
from netcore.errors import ArgumentError, DTypeError


@given(steps=st.integers(12, 40), length=st.integers(1, 5), horizon=st.integers(1, 2), d=st.integers(1, 3))
def test_against_a_loop(steps: int, length: int, horizon: int, d: int) -> None:
    series = np.random.default_rng(steps).standard_normal((steps, d))
    w = windows(series, length, horizon, train=0.75)
    boundary = int(steps * 0.75)
    z = (series - series[:boundary].mean(0)) / series[:boundary].std(0)
    cuts = [
        (z[k : k + length], z[k + length : k + length + horizon], k + length)
        for k in range(steps - length - horizon + 1)
    ]
    train = [c for c in cuts if c[2] + horizon <= boundary]
    test = [c for c in cuts if c[2] >= boundary]
    for got_x, got_y, expected in ((w.x_train, w.y_train, train), (w.x_test, w.y_test, test)):
        assert np.allclose(got_x, [x for x, _, _ in expected], rtol=0, atol=1e-12)
        assert np.allclose(got_y, [y for _, y, _ in expected], rtol=0, atol=1e-12)
    assert np.allclose(w.restore(w.y_test), [series[t : t + horizon] for _, _, t in test])


def test_the_future_changes_nothing_in_training() -> None:
    series = np.random.default_rng(0).standard_normal(50).astype(np.float32)
    changed = series.copy()
    changed[40:] += 100
    a, b = windows(series, 4), windows(changed, 4)
    assert np.array_equal(a.x_train, b.x_train) and np.array_equal(a.y_train, b.y_train)
    assert np.array_equal(a.mean, b.mean) and np.array_equal(a.std, b.std)
    assert a.x_train.dtype == a.mean.dtype == np.float32


def test_of_a_dataset_and_all_for_training() -> None:
    w = windows(load("nile", "all"), length=10, horizon=1, train=1.0)
    assert w.x_train.shape == (90, 10, 1) and w.x_test.shape == (0, 10, 1)
    assert abs(w.mean[0] - 919.35) < 1e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: windows(np.zeros((3, 3, 3)), 1), r"shape \(T,\) or \(T, D\)"),
        (lambda: windows(np.zeros(0), 1), r"shape \(T,\) or \(T, D\)"),
        (lambda: windows(np.arange(10.0), 0), "length must be a whole number >= 1"),
        (lambda: windows(np.arange(10.0), 2, 0), "horizon must be a whole number >= 1"),
        (lambda: windows(np.arange(10.0), 8, 1), "8 training steps are too few for windows of 8 [+] 1"),
        (lambda: windows(np.arange(10.0), 2, 3), "2 test steps are too few for a horizon of 3"),
        (lambda: windows(np.arange(10.0), 2, 1, 0), "train must be between 0 and 1|more than 0|train must be"),
        (lambda: windows(np.ones(10), 2), "must be finite and vary"),
        (lambda: windows(np.array([1, 2, 3, np.nan, 5, 6, 7, 8, 9, 10.0]), 2), "must be finite"),
        (lambda: windows(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, np.inf]), 2), "must be finite"),
    ],
)
def test_refusals(call, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        call()


def test_integers_are_refused() -> None:
    with pytest.raises(DTypeError, match="must be float32 or float64"):
        windows(np.arange(10), 2)
