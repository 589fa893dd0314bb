"""Clipping and schedules: what PyTorch does not tell (tests/oracle/test_optim.py has the rest)."""

import math

import numpy as np
import pytest

import netcore as nc


def test_norm_of_large_float32_gradients_does_not_overflow():
    p = nc.Parameter(np.zeros(4, np.float32))
    p.grad = np.full(4, 1e25, np.float32)
    assert math.isclose(nc.clip_grad_norm([p], 1.0), 2e25, rel_tol=1e-6)
    np.testing.assert_allclose(p.grad, 0.5, rtol=1e-6)


def test_a_norm_that_is_not_finite_leaves_the_gradients():
    p = nc.Parameter(np.zeros(3))
    p.grad = np.array([1.0, np.nan, 5.0])
    assert math.isnan(nc.clip_grad_norm([p], 1.0))
    np.testing.assert_array_equal(p.grad, [1.0, np.nan, 5.0])


def test_norm_without_gradients_is_zero():
    assert nc.clip_grad_norm([nc.Parameter(np.zeros(3))], 1.0) == 0.0


@pytest.mark.parametrize("limit", [-1, float("nan"), "1", None])
def test_rejected_limits(limit):
    for clip in (nc.clip_grad_norm, nc.clip_grad_value):
        with pytest.raises(nc.ArgumentError):
            clip([nc.Parameter(np.zeros(3))], limit)


def optimizer():
    return nc.SGD([nc.Parameter(np.zeros(1))], lr=0.5)


@pytest.mark.parametrize(
    "make",
    [
        lambda o: nc.StepLR(None, 1),
        lambda o: nc.ReduceLROnPlateau(o).step("low"),
        lambda o: nc.StepLR(o, 0),
        lambda o: nc.StepLR(o, 1.5),
        lambda o: nc.ExponentialLR(o, float("inf")),
        lambda o: nc.CosineAnnealingLR(o, 0),
        lambda o: nc.OneCycleLR(o, -1, 10),
        lambda o: nc.OneCycleLR(o, 1, 0),
        lambda o: nc.OneCycleLR(o, 1, 10, pct_start=1.5),
        lambda o: nc.OneCycleLR(o, 1, 10, div_factor=0),
        lambda o: nc.LinearWarmup(o, 0),
        lambda o: nc.ReduceLROnPlateau(o, "least"),
        lambda o: nc.ReduceLROnPlateau(o, factor=1.0),
        lambda o: nc.ReduceLROnPlateau(o, patience=-1),
        lambda o: nc.ReduceLROnPlateau(o, threshold="small"),
    ],
)
def test_rejected_schedules_leave_the_rate(make):
    o = optimizer()
    with pytest.raises(nc.ArgumentError):
        make(o)
    assert o.lr == 0.5


@pytest.mark.parametrize("make", [lambda o: nc.StepLR(o, 2), nc.ReduceLROnPlateau])
def test_a_broken_state_changes_nothing(make):
    o = optimizer()
    schedule = make(o)
    before = schedule.state_dict()
    for wrong in ({}, {key: None for key in before}, {key: "x" for key in before}, None):
        with pytest.raises(nc.CheckpointError, match="nothing was changed"):
            schedule.load_state_dict(wrong)
        assert schedule.state_dict() == before and o.lr == 0.5


def test_one_cycle_ends_where_it_ends():
    o = optimizer()
    schedule = nc.OneCycleLR(o, max_lr=1.0, total_steps=10)
    rates = [o.lr]
    for _ in range(15):
        schedule.step()
        rates.append(o.lr)
    assert max(rates) <= 1.0 and rates[9:] == [rates[9]] * 7
