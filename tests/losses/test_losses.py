"""Losses: reductions, phases, and refusals. Gradients are checked in tests/test_gradcheck.py, values in tests/oracle."""

import numpy as np
import pytest

import netcore as nc

A, B = np.random.default_rng(0).random((2, 4, 3))


def test_values_by_hand():
    assert nc.MSELoss().forward(np.array([1.0, 3.0]), np.array([0.0, 1.0])) == 2.5
    assert nc.L1Loss("sum").forward(np.array([1.0, 3.0]), np.array([0.0, 5.0])) == 3
    assert nc.HuberLoss(2.0).forward(np.array([1.0, 5.0]), np.zeros(2)) == (0.5 + 2 * 4) / 2
    assert nc.BCEWithLogitsLoss().forward(np.zeros(3), np.ones(3)) == pytest.approx(np.log(2))
    assert nc.KLDivLoss("batchmean").forward(np.log(A / A.sum(1, keepdims=True)), A / A.sum(1, keepdims=True)) == pytest.approx(0)


@pytest.mark.parametrize("make", [nc.MSELoss, nc.L1Loss, nc.HuberLoss, nc.BCELoss, nc.BCEWithLogitsLoss, nc.KLDivLoss])
def test_phases_reductions_and_refusals(make):
    loss = make()
    value = loss.forward(A, B)
    assert isinstance(value, float)
    gradient = loss.backward()
    assert gradient.shape == A.shape
    with pytest.raises(nc.PhaseError, match="call forward"):
        loss.backward()
    total = make(reduction="sum")
    assert total.forward(A, B) == pytest.approx(value * A.size)
    np.testing.assert_allclose(total.backward(), gradient * A.size)
    each = make(reduction="none")
    assert each.forward(A, B).sum() == pytest.approx(value * A.size)
    np.testing.assert_allclose(each.backward(np.full(A.shape, 2.0)), 2 * gradient * A.size)
    with pytest.raises(nc.ShapeError, match="nothing is broadcast"):
        loss.forward(A, B[:, :1])
    with pytest.raises(nc.DTypeError, match="target is float32 where float64 is due"):
        loss.forward(A, B.astype(np.float32))
    with pytest.raises(nc.ArgumentError, match="reduction must be one of"):
        make(reduction="average")


def test_cross_entropy_details():
    loss = nc.CrossEntropyLoss(ignore_index=2)
    x = np.random.default_rng(0).standard_normal((2, 3, 5)).astype(np.float32)
    target = np.array([[0, 2, 4], [2, 2, 1]])
    kept = target != 2
    log_p = x - np.log(np.exp(x).sum(axis=2, keepdims=True))
    expected = -np.take_along_axis(log_p, target[..., None], 2)[..., 0][kept].mean()
    assert loss.forward(x, target) == pytest.approx(expected, rel=1e-5)
    assert not loss.backward()[~kept].any()
    assert np.isnan(loss.forward(x, np.full((2, 3), 2)))  # nothing to average, as in PyTorch
    with pytest.raises(nc.ArgumentError, match=r"CrossEntropyLoss: target\[\(0, 1\)\] is 7"):
        loss.forward(x, np.array([[0, 7, 1], [1, 1, 1]]))
    with pytest.raises(nc.ArgumentError, match="for logits use BCEWithLogitsLoss"):
        nc.BCELoss().forward(A + 1, B)
