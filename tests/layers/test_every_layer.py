"""What holds for every layer: right gradients, untouched inputs, fresh outputs, no work for frozen parameters."""

import copy
import pickle

import numpy as np
import pytest

import netcore as nc
from tests.layers.zoo import ZOO
from tests.support import ISAS, assert_close, isa

pytestmark = pytest.mark.parametrize("name", ZOO)


def single(inputs):
    return tuple(x.astype(np.float32) if x.dtype.kind == "f" else x for x in inputs)


def upstream(y, dtype=np.float32):
    return np.random.default_rng(5).standard_normal(y.shape).astype(dtype)


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("level", ISAS)
def test_gradients_agree_with_differences(name, level):
    make, inputs = ZOO[name]
    with isa(level):
        report = nc.gradcheck(make(), *inputs)
    assert report.checked > 0


def test_float32_agrees_with_float64(name):
    make, inputs = ZOO[name]
    narrow, wide = make(), make().astype(np.float64)
    y32, y64 = narrow.forward(*single(inputs)), wide.forward(*inputs)
    assert_close(y32, y64, 1e-5, "output")
    dy = upstream(y64, np.float64)
    for got, expected in zip(as_tuple(narrow.backward(dy.astype(np.float32))), as_tuple(wide.backward(dy)), strict=True):
        if expected is not None:
            assert_close(got, expected, 1e-4, "input gradient")
    for p32, p64 in zip(narrow.parameters(), wide.parameters(), strict=True):
        assert_close(p32.grad, p64.grad, 1e-4, p32.name)


def test_inputs_stay_as_they_are_and_outputs_are_fresh(name):
    make, inputs = ZOO[name]
    layer, inputs = make(), single(inputs)
    before = copy.deepcopy(inputs)
    first = layer.forward(*inputs)
    kept = first.copy()
    dx = as_tuple(layer.backward(upstream(first)))
    layer.forward(*(x[::-1].copy() for x in inputs))
    assert all(np.array_equal(x, old) for x, old in zip(inputs, before, strict=True))
    assert np.array_equal(first, kept), "a later call wrote into an earlier output"
    assert not any(np.shares_memory(first, x) for x in inputs), "the output is a view of the input"
    assert not any(d is not None and np.shares_memory(d, x) for d in dx for x in inputs)


def test_layout_of_the_input_does_not_matter(name):
    """Fortran order, negative strides, a foreign byte order: the same numbers give the same result."""
    make, inputs = ZOO[name]
    inputs = single(inputs)
    expected = make().forward(*inputs)
    for change in (np.asfortranarray, lambda x: x[..., ::-1].copy()[..., ::-1], lambda x: x.astype(x.dtype.newbyteorder(">"))):
        assert np.array_equal(make().forward(*map(change, inputs)), expected)


def test_gradients_add_up(name):
    make, inputs = ZOO[name]
    layer, inputs = make().eval().train(), single(inputs)
    if not layer.parameters() or "Dropout" in name:
        pytest.skip("no parameters")
    y = layer.forward(*inputs)
    layer.backward(upstream(y))
    once = [p.grad.copy() for p in layer.parameters()]
    y = layer.forward(*inputs)
    layer.backward(upstream(y))
    for parameter, gradient in zip(layer.parameters(), once, strict=True):
        assert_close(parameter.grad, 2 * gradient, 1e-5)


def test_frozen_parameters_get_no_gradient(name):
    make, inputs = ZOO[name]
    layer, inputs = make().freeze(), single(inputs)
    dx = as_tuple(layer.backward(upstream(layer.forward(*inputs))))
    assert all(p.grad is None for p in layer.parameters())
    expected = as_tuple((other := make()).backward(upstream(other.forward(*inputs))))
    assert all(a is None or np.array_equal(a, b) for a, b in zip(dx, expected, strict=True))


def test_phases(name):
    make, inputs = ZOO[name]
    layer, inputs = make(), single(inputs)
    with pytest.raises(nc.PhaseError, match="no forward phase"):
        layer.backward(np.zeros((1, 1), np.float32))
    y = layer.forward(*inputs)
    assert layer.pending == 1
    with pytest.raises((nc.ShapeError, nc.ArgumentError)):
        layer.backward(np.zeros((*y.shape, 2), np.float32))
    assert layer.pending == 1, "a gradient of the wrong shape must leave the cache"
    assert layer.backward(upstream(y), input_grad=False) is None
    assert layer.pending == 0
    layer.eval()
    y = layer.forward(*inputs)
    assert layer.pending == 0
    with pytest.raises(nc.PhaseError, match="eval mode"):
        layer.backward(upstream(y))


def test_copies_and_pickles_compute_the_same(name):
    make, inputs = ZOO[name]
    layer, inputs = make(), single(inputs)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert np.array_equal(other.eval().forward(*inputs), copy.deepcopy(layer).eval().forward(*inputs))


def test_wrong_dtypes_are_refused(name):
    make, inputs = ZOO[name]
    layer, inputs = make(), single(inputs)
    wrong = [x.astype(np.float32) if x.dtype.kind in "iu" else x.astype(np.complex64) for x in inputs]
    with pytest.raises(nc.DTypeError):
        layer.forward(*wrong)
    with pytest.raises(nc.NetcoreError):
        layer.forward(*[np.array([["a"]], dtype=object) for _ in inputs])


def test_empty_batch(name):
    make, inputs = ZOO[name]
    layer, inputs = make(), single(inputs)
    axis = 1 if name == "GRU" else 0
    empty = [np.take(x, [], axis=axis) for x in inputs]
    y = layer.forward(*empty)
    assert y.size == 0
    for dx, x in zip(as_tuple(layer.backward(np.zeros(y.shape, np.float32))), empty, strict=True):
        assert dx is None or dx.shape == x.shape
    assert all(p.grad is None or not p.grad.any() for p in layer.parameters())


def test_predicted_shape_is_the_shape(name):
    make, inputs = ZOO[name]
    layer, inputs = make(), single(inputs)
    if name == "GRU":
        inputs = (np.swapaxes(inputs[0], 0, 1),)  # time first: the batch is axis 1
        layer = nc.GRU(4, 5, rng=0)
    assert layer.output_shape(*(x.shape[1:] for x in inputs)) == layer.forward(*inputs).shape[1:]
