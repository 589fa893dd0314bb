"""The still copy: any layer of any network can be read, changed and sent gradients from; the network does not notice."""

import copy

import numpy as np
import pytest

import netcore as nc
from netcore import analysis
from netcore.layers.network import Network


def sequential():
    inner = nc.Sequential(body=nc.Linear(48, 5), act=nc.Tanh())
    return nc.Sequential(nc.Conv2d(1, 3, 3), nc.BatchNorm2d(3), nc.ReLU(), nc.Dropout(0.5), nc.Flatten(), inner, nc.Linear(5, 4))


def graph():
    x = nc.Input((1, 6, 6))
    h = nc.Conv2d(1, 3, 3)(x)
    both = nc.Add()(h, nc.ReLU()(nc.BatchNorm2d(3)(h)))
    return nc.Graph(inputs=x, outputs=nc.Linear(48, 4)(nc.Dropout(0.3)(nc.Flatten()(both))))


class Own(Network):
    """A network with a forward phase of its own that calls one layer twice."""

    def __init__(self):
        self.flat, self.inner, self.head = nc.Flatten(), nc.Linear(36, 36), nc.Linear(36, 4)
        self.assign_paths()

    def _forward(self, x):
        return self.head._run_forward(self.inner._run_forward(self.inner._run_forward(self.flat._run_forward(x)))), None

    def _backward(self, dy, cache=None, needs_input=True):
        return self.flat._run_backward(self.inner._run_backward(self.inner._run_backward(self.head._run_backward(dy))))


NETS = {"sequential": sequential, "graph": graph, "own": Own}


@pytest.fixture(params=NETS)
def net(request):
    nc.manual_seed(3)
    made = NETS[request.param]()
    for buffer, values in ((b, [0.3, -0.2, 0.5]) for layer in made.layers() for b in [getattr(layer, "running_mean", None)] if b is not None):
        buffer[:] = values
    return made


X = np.random.default_rng(0).random((7, 1, 6, 6)).astype(np.float32)


def test_outputs_are_those_of_an_eval_forward(net):
    name = analysis.layer_names(net)[-1]
    expected = net.eval().forward(X)
    found = analysis.activations(net, X, [name], batch=3)[name]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)  # NumPy's products of fewer rows add in another order


def test_the_network_does_not_notice(net):
    """Mode, caches, gradients, running statistics and random numbers stay; the waiting backward phase gives the same bits."""
    net.train()
    y = net.forward(X)
    generator = nc.default_rng().bit_generator.state
    expected = copy.deepcopy(net).backward(np.ones_like(y))
    state = net.state_dict()
    analysis.activations(net, X, analysis.layer_names(net))
    analysis.saliency(net, X, np.zeros(7, int))
    analysis.maximise(net, analysis.layer_names(net)[-1], [0], (1, 6, 6), steps=2, rng=0)
    assert nc.default_rng().bit_generator.state == generator
    assert net.training
    assert net.pending == 1
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, state[name])
    np.testing.assert_array_equal(net.backward(np.ones_like(y)), expected)


def test_input_gradient_is_that_of_eval_mode(net):
    """Against central differences in float64: batch norm with its running statistics, dropout off."""
    net.astype(np.float64)
    x = X.astype(np.float64)
    name = "head" if isinstance(net, Own) else "2"  # amid the network, where it has a middle
    rng = np.random.default_rng(1)
    still = analysis.Still(net).watch(name)
    still.forward(x)
    seed = rng.standard_normal(still.outputs[name].shape)
    dx = still.input_gradient(x, {name: seed})

    def value(inputs):
        return float(np.sum(analysis.activations(net, inputs, [name])[name] * seed))

    v = rng.standard_normal(x.shape)
    numeric = (value(x + 1e-6 * v) - value(x - 1e-6 * v)) / 2e-6
    assert np.sum(dx * v) == pytest.approx(numeric, rel=1e-6)
    assert all(p.grad is None for p in net.parameters())


def test_edit_replaces_what_a_layer_puts_out(net):
    last = analysis.layer_names(net)[-1]
    y = analysis.Still(net).edit(last, lambda y: y + 1).forward(X)
    np.testing.assert_allclose(y, net.eval().forward(X) + 1, rtol=1e-6)


def test_names(net):
    with pytest.raises(nc.ArgumentError, match="no layer is called 'nothing'; this network has"):
        analysis.activations(net, X, ["nothing"])


def test_nested_names_are_those_of_the_state():
    net = sequential()
    assert {"5", "5.body", "5.act"} <= set(analysis.layer_names(net))
    assert all(name.rpartition(".")[0] in analysis.layer_names(net) for name in net.state_dict())
    assert analysis.features(net, X, "0").shape == (7, 48)


def test_gradients_arrive_at_watched_layers_as_in_training():
    nc.manual_seed(0)
    net = nc.Sequential(nc.Linear(4, 3), nc.Tanh(), nc.Linear(3, 2))
    x, dy = np.ones((5, 4), np.float32), np.random.default_rng(0).standard_normal((5, 2)).astype(np.float32)
    still = analysis.Still(net).watch("1")
    dx = still.backward(dy, x)
    np.testing.assert_allclose(still.gradients["1"], dy @ net[2].weight.data, rtol=1e-5)
    net.forward(x)
    np.testing.assert_allclose(dx, net.backward(dy), rtol=1e-5)


def test_tokens_have_no_gradient():
    net = nc.Sequential(nc.Embedding(5, 3), nc.LSTM(3, 4), nc.Last(), nc.Linear(4, 2))
    with pytest.raises(nc.ArgumentError, match="integers"):
        analysis.Still(net).watch("1").input_gradient(np.zeros((2, 3), int), {"1": np.ones((2, 3, 4), np.float32)})


def test_a_variational_network_is_still_at_its_mean():
    net = nc.Sequential(nc.Linear(6, 4), nc.Gaussian(2), nc.Linear(2, 6))
    net.astype(np.float64)
    x, v = np.random.default_rng(0).random((3, 6)), np.random.default_rng(1).standard_normal((3, 6))
    dx = analysis.Still(net).backward(np.ones((3, 6)), x)
    net.eval()
    numeric = (net.forward(x + 1e-6 * v).sum() - net.forward(x - 1e-6 * v).sum()) / 2e-6
    assert np.sum(dx * v) == pytest.approx(numeric, rel=1e-6)
