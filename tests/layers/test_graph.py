"""Graphs: order, fan-out, shared layers, several inputs and outputs, and every GraphError."""

import copy
import pickle

import numpy as np
import pytest

import netcore as nc
from tests.support import assert_close


def diamond():
    x = nc.Input((6,))
    h = nc.Linear(6, 5, rng=0)(x)
    y = nc.Add()(nc.Tanh()(h), nc.Linear(5, 5, rng=1)(h), h)
    return nc.Graph(x, y)


def test_fan_out_sums_gradients():
    assert nc.gradcheck(diamond(), np.random.default_rng(0).standard_normal((4, 6))).checked > 50


def test_a_shared_layer_has_one_set_of_parameters():
    shared = nc.Linear(4, 4, rng=0)
    x = nc.Input((4,))
    net = nc.Graph(x, shared(nc.Tanh()(shared(x))))
    assert len(net.parameters()) == 2
    nc.gradcheck(net, np.random.default_rng(0).standard_normal((3, 4)))
    by_hand = nc.Linear(4, 4, rng=0)
    a = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)
    tanh = nc.Tanh()
    y = by_hand.forward(tanh.forward(by_hand.forward(a)))
    assert_close(net.forward(a), y)
    dx = by_hand.backward(tanh.backward(by_hand.backward(np.ones_like(y))))
    assert_close(net.backward(np.ones_like(y)), dx)
    assert_close(net.parameters()[0].grad, by_hand.weight.grad)


def test_several_inputs_and_outputs():
    a, b = nc.Input((3,)), nc.Input((4,))
    h = nc.Concat(1)(nc.Linear(3, 5, rng=0)(a), b)
    net = nc.Graph([a, b], [nc.Tanh()(h), nc.Linear(9, 2, rng=1)(h)])
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((6, 3)), rng.standard_normal((6, 4))
    nc.gradcheck(net, *inputs)
    y = net.forward(*(x.astype(np.float32) for x in inputs))
    assert [part.shape for part in y] == [(6, 9), (6, 2)]
    assert [dx.shape for dx in net.backward(*y)] == [(6, 3), (6, 4)]
    with pytest.raises(nc.ShapeError, match="takes 2 input"):
        net.forward(inputs[0].astype(np.float32))


def test_frozen_parts_and_unwanted_inputs_cost_nothing():
    net = diamond()
    calls = []
    for layer in net.layers():
        if isinstance(layer, nc.Linear):
            original = layer._backward
            layer._backward = lambda *a, _o=original, _l=layer, **k: calls.append((_l.path, k["needs_input"])) or _o(*a, **k)
    x = np.ones((2, 6), np.float32)
    net["0"].freeze() if hasattr(net, "__getitem__") else dict(net.children())["0"].freeze()
    assert net.backward(net.forward(x), input_grad=False) is None
    assert [path for path, _ in calls] == ["2"]
    assert calls[0][1] is False
    assert net.pending == 0
    assert all(layer.pending == 0 for layer in net.layers())


def test_nested_in_sequential_and_itself():
    inner = diamond()
    x = nc.Input((6,))
    outer = nc.Graph(x, nc.Linear(5, 2, rng=3)(inner(x)))
    nc.gradcheck(outer, np.random.default_rng(0).standard_normal((3, 6)))
    nc.gradcheck(nc.Sequential(nc.Linear(7, 6, rng=0), diamond()), np.random.default_rng(0).standard_normal((3, 7)))
    assert outer.output_shape((6,)) == (2,)


def test_shapes_are_checked_while_building():
    x = nc.Input((3, 8, 8))
    with pytest.raises(nc.ShapeError, match=r"Conv2d.*C=4"):
        nc.Conv2d(4, 2, 3)(x)
    with pytest.raises(nc.ShapeError, match="inputs must have one shape"):
        nc.Add()(x, nc.Conv2d(3, 3, 3)(x))


def test_graph_errors():
    x, lonely = nc.Input((4,)), nc.Input((4,))
    y = nc.Linear(4, 2)(x)
    with pytest.raises(nc.GraphError, match="connected to no output"):
        nc.Graph([x, lonely], y)
    with pytest.raises(nc.GraphError, match="not among the graph's inputs"):
        nc.Graph(lonely, nc.Add()(y, nc.Linear(4, 2)(lonely)))
    with pytest.raises(nc.GraphError, match="must be a node"):
        nc.Graph(x, np.ones(3))
    with pytest.raises(nc.GraphError, match="not on both at once"):
        nc.Add()(x, np.ones((2, 4)))
    looped = nc.Linear(4, 4)(x)
    looped.inputs = (looped,)
    with pytest.raises(nc.GraphError, match="cycle"):
        nc.Graph(x, looped)
    with pytest.raises(nc.GraphError, match="two layers are called"):
        a, b = nc.Linear(4, 4), nc.Linear(4, 4)
        nc.Graph(x, b(a(x)), names={a: "same", b: "same"})
    with pytest.raises(nc.ArgumentError, match="Input expects"):
        nc.Input((0, 3))


def test_names_and_state():
    a, b = nc.Linear(4, 4), nc.Linear(4, 4)
    x = nc.Input((4,))
    net = nc.Graph(x, b(nc.ReLU()(a(x))), names={a: "first", b: "last"})
    assert [name for name, _ in net.named_parameters()] == ["first.weight", "first.bias", "last.weight", "last.bias"]
    with pytest.raises(nc.ShapeError, match="input 0 must have shape"):
        net.forward(np.ones((2, 5), np.float32))


def test_names_must_be_of_this_graph():
    x = nc.Input((4,))
    for names in ([nc.Linear(4, 4)], {"a": nc.ReLU()}):
        with pytest.raises(nc.GraphError, match="names"):
            nc.Graph(x, nc.Linear(4, 4)(x), names=names)


def test_a_wrong_gradient_changes_nothing():
    x = nc.Input((4,))
    h = nc.Linear(4, 3, rng=0)(x)
    net = nc.Graph(x, [h, nc.Linear(3, 2, rng=1)(h)])
    a, b = net.forward(np.ones((5, 4), np.float32))
    for wrong, error in ((a[:2], nc.ShapeError), (a.astype(np.float64), nc.DTypeError)):
        with pytest.raises(error, match="gradient 0"):
            net.backward(wrong, b)
        assert all(p.grad is None for p in net.parameters())
        assert all(layer.pending == 1 for layer in net.layers())
    assert net.backward(a, b).shape == (5, 4)


def test_a_deep_graph_can_be_copied_and_pickled():
    x = h = nc.Input((4,))
    for _ in range(1000):
        h = nc.Identity()(h)
    net = nc.Graph(x, nc.Add()(nc.Linear(4, 4, rng=0)(h), x))
    a = np.random.default_rng(0).standard_normal((2, 4)).astype(np.float32)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        y = other.forward(a)
        assert np.array_equal(y, net.forward(a))
        assert np.array_equal(other.backward(y), net.backward(y))
        assert other.parameters()[0] is not net.parameters()[0]


def test_inputs_that_are_no_arrays():
    x = nc.Input((4,))
    net = nc.Graph(x, nc.Linear(4, 4)(x))
    for bad in ([[1.0], [1.0, 2.0]], None, "text"):
        with pytest.raises(nc.ShapeError, match="input 0"):
            net.forward(bad)
    with pytest.raises(nc.ShapeError, match="takes 1 input"):
        net.output_shape((4,), (4,))
