"""Pooling and normalisation layers: what they add to their functions."""

import numpy as np
import pytest

import netcore as nc

RNG = np.random.default_rng(0)


def draw(*shape, dtype=np.float32):
    return RNG.standard_normal(shape).astype(dtype)


LAYERS = [
    (lambda: nc.MaxPool1d(3, 2, 1), (2, 3, 9)),
    (lambda: nc.AvgPool1d(2), (2, 3, 9)),
    (lambda: nc.AvgPool2d((2, 3), (1, 2), (1, 0)), (2, 3, 6, 7)),
    (lambda: nc.AdaptiveAvgPool2d((2, None)), (2, 3, 5, 4)),
    (lambda: nc.BatchNorm1d(4), (5, 4)),
    (lambda: nc.BatchNorm1d(4, affine=False), (5, 4, 3)),
    (lambda: nc.BatchNorm2d(4), (3, 4, 2, 5)),
    (lambda: nc.GroupNorm(2, 4), (3, 4, 2, 5)),
    (lambda: nc.LayerNorm((2, 5)), (3, 4, 2, 5)),
    (lambda: nc.LayerNorm(5, bias=False), (3, 4, 5)),
]


@pytest.mark.parametrize(("make", "shape"), LAYERS)
def test_gradients(make, shape):
    layer = make().astype(np.float64)
    x = RNG.permutation(int(np.prod(shape))).reshape(shape) / 11.0
    nc.gradcheck(layer, x)
    assert layer.output_shape(shape[1:]) == layer.forward(x).shape[1:]


@pytest.mark.parametrize("make", [lambda: nc.BatchNorm2d(4), lambda: nc.GroupNorm(2, 4), lambda: nc.LayerNorm((2, 5))])
def test_frozen_parameters_get_no_gradient(make):
    x = draw(3, 4, 2, 5)
    free, frozen = make(), make()
    frozen.freeze()
    np.testing.assert_array_equal(free.forward(x), frozen.forward(x))
    np.testing.assert_array_equal(free.backward(x), frozen.backward(x))
    assert all(p.grad is None for p in frozen.parameters()) and all(p.grad is not None for p in free.parameters())
    free.forward(x), frozen.forward(x)
    free.zero_grad()
    assert free.backward(x, input_grad=False) is None and frozen.backward(x, input_grad=False) is None
    assert all(p.grad is not None for p in free.parameters())


def test_gradients_add_up():
    layer, x = nc.BatchNorm2d(4), draw(3, 4, 2, 5)
    layer.forward(x)
    layer.backward(x)
    once = [p.grad.copy() for p in layer.parameters()]
    layer.forward(x)
    layer.backward(x)
    for p, gradient in zip(layer.parameters(), once, strict=True):
        np.testing.assert_allclose(p.grad, 2 * gradient, rtol=1e-6)


def test_evaluation_uses_and_keeps_the_running_statistics():
    layer = nc.BatchNorm2d(3, momentum=0.5)
    layer.forward(draw(4, 3, 5, 5) + 2)
    state = layer.state_dict()
    assert list(state) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    layer.eval()
    x = draw(2, 3, 5, 5)
    y = layer.forward(x)
    shape = (1, 3, 1, 1)
    expected = (x - state["running_mean"].reshape(shape)) / np.sqrt(state["running_var"].reshape(shape) + 1e-5)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    assert layer.pending == 1  # of the training pass
    layer.forward(x[:1, :, :1, :1])  # one value per channel is enough here
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, state[name])


@pytest.mark.parametrize("wrong", [np.zeros((1, 3, 1, 1)), np.zeros((2, 4, 5, 5)), np.zeros((2, 3, 5)), np.zeros((2, 3, 5, 5), int)])
def test_an_input_that_does_not_fit_leaves_the_statistics(wrong):
    layer = nc.BatchNorm2d(3).astype(np.float64)
    state = layer.state_dict()
    with pytest.raises(nc.NetcoreError):
        layer.forward(wrong)
    with pytest.raises(nc.DTypeError):
        layer.forward(draw(2, 3, 5, 5))
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, state[name])


def test_empty_batch_leaves_the_statistics():
    layer = nc.BatchNorm1d(3)
    layer.forward(draw(0, 3))
    assert layer.backward(draw(0, 3)).shape == (0, 3)
    assert layer.state_dict()["num_batches_tracked"] == 0


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nc.MaxPool2d(2), (3, 4)), (nc.MaxPool1d(2), (3, 4, 4)), (nc.MaxPool2d(5), (3, 4, 4)), (nc.AdaptiveAvgPool2d(2), (3, 4)),
        (nc.BatchNorm2d(3), (4, 5, 5)), (nc.BatchNorm2d(3), (3, 5)), (nc.BatchNorm1d(3), (4,)), (nc.GroupNorm(2, 4), (3, 5)),
        (nc.LayerNorm((4, 5)), (5,)), (nc.LayerNorm(4), (3, 5)),
    ],
)  # fmt: skip
def test_shapes_are_refused_before_anything_runs(layer, shape):
    with pytest.raises(nc.ShapeError):
        layer.output_shape(shape)
    with pytest.raises(nc.ShapeError):
        layer(nc.Input(shape))
    with pytest.raises(nc.ShapeError):
        layer.forward(draw(2, *shape))
