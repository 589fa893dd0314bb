"""The phase protocol and networks, sentence by sentence."""

import numpy as np
import pytest

import netcore as nc
from tests.support import assert_close


def net_and_input():
    net = nc.Sequential(first=nc.Linear(4, 5, rng=0), act=nc.ReLU(), last=nc.Linear(5, 3, rng=1))
    return net, np.random.default_rng(0).standard_normal((2, 4)).astype(np.float32)


def test_a_top_level_forward_starts_a_new_pass():
    net, x = net_and_input()
    for _ in range(5):
        y = net.forward(x)
    assert net.pending == 1
    assert all(layer.pending <= 1 for layer in net.layers())
    net.backward(y)
    with pytest.raises(nc.PhaseError, match="Sequential: backward has no forward phase"):
        net.backward(y)


def test_a_bare_layer_keeps_its_stack():
    """A cell unrolled k times is run backward k times, in reverse: the newest cache first."""
    layer = nc.Linear(4, 4, rng=0)
    a, b = (np.random.default_rng(k).standard_normal((2, 4)).astype(np.float32) for k in (0, 1))
    layer.forward(a)
    layer.forward(b)
    assert layer.pending == 2
    dy = np.ones((2, 4), np.float32)
    layer.backward(dy)
    assert_close(layer.weight.grad, dy.T @ b)
    layer.backward(dy)
    assert_close(layer.weight.grad, dy.T @ (a + b))
    layer.forward(a)
    layer.reset()
    assert layer.pending == 0


def test_messages_name_the_layer_by_its_path():
    net, x = net_and_input()
    outer = nc.Sequential(body=net, head=nc.Linear(3, 2))
    with pytest.raises(nc.ShapeError, match=r"Linear 'body\.first': input must have shape \(…, in_features=4\), got \(2, 7\)"):
        outer.forward(np.ones((2, 7), np.float32))
    with pytest.raises(nc.DTypeError, match=r"Linear 'body\.first': input is float64 where float32 is due"):
        outer.forward(x.astype(np.float64))
    with pytest.raises(nc.ShapeError, match=r"N=2, T=5, D=9.*D must be 4"):
        nc.LSTM(4, 3).forward(np.ones((2, 5, 9), np.float32))


def test_input_grad_false_skips_the_work_of_the_input():
    net, x = net_and_input()
    wanted = []
    original = net["first"]._backward
    net["first"]._backward = lambda *a, **k: wanted.append(k["needs_input"]) or original(*a, **k)
    assert net.backward(net.forward(x), input_grad=False) is None
    assert wanted == [False]
    assert net["first"].weight.grad is not None


def test_frozen_layers_before_the_first_trainable_one_do_no_backward():
    net, x = net_and_input()
    net["first"].freeze()

    def never(*args, **kwargs):
        raise AssertionError("work for a frozen layer")

    net["first"]._backward = net["act"]._backward = never
    net.backward(net.forward(x), input_grad=False)
    assert all(layer.pending == 0 for layer in net.layers())


def test_sequential_is_a_list_that_shares_its_layers():
    net, x = net_and_input()
    assert len(net) == 3
    assert net[0] is net["first"] is next(iter(net))
    part = net[:2]
    assert part[0] is net[0]
    assert_close(part.forward(x), net["act"].forward(net["first"].forward(x)))
    with pytest.raises(nc.ArgumentError, match="not both"):
        nc.Sequential(nc.ReLU(), named=nc.ReLU())
    with pytest.raises(nc.ArgumentError, match="not a layer"):
        nc.Sequential(np.tanh)


def test_the_same_layer_twice():
    shared = nc.Linear(4, 4, rng=0)
    nc.gradcheck(nc.Sequential(shared, nc.Tanh(), shared), np.random.default_rng(0).standard_normal((3, 4)))


def test_state_dict_round_trip_and_refusals():
    net, _ = net_and_input()
    other, _ = net_and_input()
    state = {name: value + 1 for name, value in net.state_dict().items()}
    other.load_state_dict({name: value.astype(np.float64) for name, value in state.items()})
    assert other["first"].weight.dtype == np.float32
    assert_close(other["first"].weight.data, state["first.weight"])
    before = net.state_dict()
    for broken, message in (
        ({**state, "extra": np.ones(2)}, "extra is unexpected"),
        ({k: v for k, v in state.items() if k != "last.bias"}, "last.bias is missing"),
        ({**state, "first.weight": np.ones((2, 2))}, r"first.weight has shape \(2, 2\), expected \(5, 4\)"),
    ):
        with pytest.raises(nc.CheckpointError, match=message):
            net.load_state_dict(broken)
        assert all(np.array_equal(before[name], value) for name, value in net.state_dict().items())
    net.load_state_dict({"last.bias": np.full(3, 7), "extra": np.ones(2)}, strict=False)
    assert (net["last"].bias.data == 7).all()


def test_a_students_layer_needs_only_two_halves():
    class Square(nc.Layer):
        def _forward(self, x):
            return x * x, x

        def _backward(self, dy, cache, needs_input=True):
            return 2 * cache * dy

    assert nc.gradcheck(Square(), np.ones((2, 3))).checked == 6


def test_optimiser_state_belongs_to_the_parameter_itself():
    a, b = nc.Parameter(np.zeros(2), name="same"), nc.Parameter(np.zeros(2), name="same")
    optimizer = nc.Adam([a, b], lr=0.1)
    a.grad = np.ones(2)
    optimizer.step()
    assert (b.data == 0).all()
    b.grad = np.ones(2)
    a.grad = None
    optimizer.step()
    assert_close(b.data, a.data)  # b's first step is as large as a's was: its moments are its own
    with pytest.raises(nc.ArgumentError, match="same parameter twice"):
        nc.SGD([a, a], lr=0.1)


def test_a_layer_must_return_a_pair():
    class NoCache(nc.Layer):
        def _forward(self, x):
            return 2 * x

    with pytest.raises(nc.ArgumentError, match="must return a pair"):
        NoCache().forward(np.ones((2, 3)))  # two rows, which would unpack


def test_states_and_dtypes_that_are_none():
    layer = nc.Linear(2, 2)
    with pytest.raises(nc.CheckpointError, match="dict from names to arrays"):
        layer.load_state_dict([1])
    with pytest.raises(nc.CheckpointError, match="nothing was changed"):
        layer.load_state_dict({"weight": [[1], [1, 2]], "bias": [1, 2]})
    with pytest.raises(nc.ArgumentError, match="astype expects"):
        layer.astype("number")
