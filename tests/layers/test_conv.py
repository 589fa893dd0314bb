"""Conv1d, Conv2d, ConvTranspose2d as layers: shapes, parameters, modes, counted work, messages."""

import numpy as np
import pytest

import netcore as nc

LAYERS = [
    (nc.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, rng=0), (4, 9, 8)),
    (nc.Conv2d(3, 5, 4, padding="same", rng=0), (3, 6, 7)),
    (nc.Conv2d(3, 2, 1, bias=False, rng=0), (3, 4, 4)),
    (nc.Conv1d(4, 6, 3, stride=2, padding=2, groups=2, rng=0), (4, 11)),
    (nc.Conv1d(2, 3, 4, padding="same", dilation=2, rng=0), (2, 9)),
    (nc.ConvTranspose2d(4, 6, (3, 4), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2, rng=0), (4, 5, 3)),
    (nc.ConvTranspose2d(2, 3, 2, dilation=3, bias=False, rng=0), (2, 3, 3)),
]
IDS = [repr(layer) for layer, _ in LAYERS]


@pytest.mark.parametrize("layer, shape", LAYERS, ids=IDS)
def test_gradients(layer, shape):
    nc.gradcheck(layer, np.random.default_rng(0).standard_normal((2, *shape)))


@pytest.mark.parametrize("layer, shape", LAYERS, ids=IDS)
def test_the_predicted_shape_is_the_one_made(layer, shape):
    y = layer.forward(np.zeros((2, *shape), np.float32))
    layer.reset()
    assert y.shape == (2, *layer.output_shape(shape))
    assert y.dtype == np.float32


@pytest.mark.parametrize("layer, shape", LAYERS, ids=IDS)
def test_a_frozen_parameter_gets_no_gradient(layer, shape):
    x = np.random.default_rng(0).standard_normal((2, *shape)).astype(np.float32)
    layer.zero_grad()
    layer.freeze()
    dx = layer.backward(np.ones_like(layer.forward(x)))
    layer.unfreeze()
    assert dx.shape == x.shape
    assert all(p.grad is None or not p.grad.any() for p in layer.parameters())
    assert layer.backward(np.ones_like(layer.forward(x)), input_grad=False) is None


def test_gradients_add_up_over_backward_phases():
    layer, x = nc.Conv2d(2, 3, 3, rng=0), np.random.default_rng(0).standard_normal((2, 2, 5, 5)).astype(np.float32)
    for _ in range(2):
        dy = np.ones_like(layer.forward(x))
        layer.backward(dy)
    twice = layer.weight.grad.copy()
    layer.zero_grad()
    layer.forward(x)
    layer.backward(dy)
    assert np.allclose(twice, 2 * layer.weight.grad, rtol=1e-5)


def test_parameters_and_their_first_values():
    """U(±1/√fan_in); for the transpose fan_in counts the output's channels, as in PyTorch."""
    for layer, shape, fan_in in (
        (nc.Conv2d(8, 16, (3, 5), groups=2, rng=0), (16, 4, 3, 5), 60),
        (nc.Conv1d(8, 16, 7, rng=0), (16, 8, 7), 56),
        (nc.ConvTranspose2d(8, 16, (3, 5), groups=2, rng=0), (8, 8, 3, 5), 120),
    ):
        assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
        assert layer.weight.shape == shape
        for p in (layer.weight, layer.bias):
            assert np.abs(p.data).max() <= 1 / np.sqrt(fan_in)
            assert np.abs(p.data).max() > 0.7 / np.sqrt(fan_in)
    assert np.array_equal(nc.Conv2d(3, 4, 3, rng=7).weight.data, nc.Conv2d(3, 4, 3, rng=7).weight.data)


def test_counted_work():
    assert nc.Conv2d(3, 8, 3, padding=1).multiply_adds((3, 16, 16)) == 8 * 16 * 16 * 3 * 9
    assert nc.Conv2d(8, 8, 3, padding=1, groups=8).multiply_adds((8, 4, 4)) == 8 * 16 * 9
    assert nc.Conv1d(3, 8, 5).multiply_adds((3, 20)) == 8 * 16 * 3 * 5
    assert nc.ConvTranspose2d(8, 3, 4, stride=2, padding=1).multiply_adds((8, 7, 7)) == 8 * 49 * 3 * 16


@pytest.mark.parametrize("make, message", [
    (lambda: nc.Conv2d(0, 4, 3), "in_channels must be"),
    (lambda: nc.Conv2d(4, 2.0, 3), "out_channels must be"),
    (lambda: nc.Conv2d(4, 6, 3, groups=4), "must divide in_channels=4 and out_channels=6"),
    (lambda: nc.Conv2d(4, 6, 0), "kernel_size must be"),
    (lambda: nc.Conv2d(4, 6, (3, 3, 3)), "kernel_size must be"),
    (lambda: nc.Conv2d(4, 6, 3, stride=0), "stride must be"),
    (lambda: nc.Conv2d(4, 6, 3, padding=-1), "padding must be"),
    (lambda: nc.Conv2d(4, 6, 3, padding="same", stride=2), "only with stride 1"),
    (lambda: nc.Conv2d(4, 6, 3, padding="full"), "'same' or 'valid'"),
    (lambda: nc.Conv1d(4, 6, (3, 3)), "kernel_size must be"),
    (lambda: nc.ConvTranspose2d(4, 6, 3, output_padding=1), "output_padding .* must be smaller"),
    (lambda: nc.ConvTranspose2d(4, 6, 3, padding="same"), "padding must be"),
])  # fmt: skip
def test_rejected_arguments(make, message):
    with pytest.raises(nc.ArgumentError, match=message):
        make()


@pytest.mark.parametrize("layer, x, message", [
    (nc.Conv2d(3, 4, 3), np.zeros((2, 5, 8, 8), np.float32), r"\(N, C=3, H, W\).*\(2, 5, 8, 8\)"),
    (nc.Conv2d(3, 4, 3), np.zeros((3, 8, 8), np.float32), r"\(N, C=3, H, W\)"),
    (nc.Conv2d(3, 4, 9), np.zeros((1, 3, 8, 8), np.float32), "does not fit into 8"),
    (nc.Conv1d(3, 4, 3), np.zeros((2, 3, 8, 8), np.float32), r"\(N, C=3, L\)"),
    (nc.ConvTranspose2d(3, 4, 3), np.zeros((2, 4, 8, 8), np.float32), r"\(N, C=3, H, W\)"),
])  # fmt: skip
def test_rejected_inputs(layer, x, message):
    with pytest.raises(nc.ShapeError, match=message):
        layer.forward(x)
    assert layer.pending == 0


def test_rejected_dtypes():
    with pytest.raises(nc.DTypeError, match="float64"):
        nc.Conv2d(3, 4, 3).forward(np.zeros((1, 3, 8, 8)))
