"""The profile counts what it should, charges time to the phase it belongs to, and leaves everything as it was."""

import time

import numpy as np
import pytest

import netcore as nc
from netcore.backend import kernels
from netcore.profiling import Cost, Roofline, Stopwatch, measure_roofline, profile
from netcore.profiling.stopwatch import size_of

ROOF = Roofline(1e9, ((1e5, 4e9), (1e7, 1e9)))


class Sleep(nc.Layer):
    """Passes on what it gets, after a while."""

    def __init__(self, seconds):
        self.seconds = seconds

    def _forward(self, x):
        time.sleep(self.seconds)
        return x.copy(), None

    def _backward(self, dy, cache, needs_input=True):
        time.sleep(2 * self.seconds)
        return dy.copy()


def network():
    return nc.Sequential(conv=nc.Conv2d(16, 32, 3, padding=1), relu=nc.ReLU(), flat=nc.Flatten(), head=nc.Linear(32 * 64, 3))


def step_of(net, loss, n=2):
    x, label = np.ones((n, 16, 8, 8), np.float32), np.zeros(n, int)

    def step():
        loss.forward(net.forward(x), label)
        net.backward(loss.backward(), input_grad=False)

    return step


def find(found, layer, phase):
    return next(cost for cost in found.costs if (cost.layer, cost.phase) == (layer, phase))


def test_arithmetic_and_bytes_are_those_of_the_shapes():
    net, loss = network(), nc.CrossEntropyLoss()
    found = profile(net, step_of(net, loss), loss, nc.Adam(net.parameters()), clip=1.0, steps=2, roofline=ROOF)
    products = 2 * 64 * 32 * 16 * 9  # samples, pixels, filters, weights of a filter
    assert find(found, "conv", "forward").flops == 2 * products
    assert find(found, "conv", "backward").flops == 2 * products  # the gradient of the parameters only
    assert find(found, "head", "backward").flops == 2 * (2 * 2 * 32 * 64 * 3)  # and here that of the input, too
    x, y, w, b = 2 * 16 * 64, 2 * 32 * 64, 32 * 16 * 9, 32
    assert find(found, "conv", "forward").nbytes == 4 * (x + y + w + b)
    assert find(found, "relu", "backward").nbytes == 4 * 3 * y  # dy, what was kept, dx
    parameters = sum(p.size for p in net.parameters())
    assert find(found, "step", "update").nbytes == 4 * 7 * parameters  # reads g, θ, m, v; writes θ, m, v
    assert find(found, "clip", "update").nbytes == 4 * parameters
    assert found.flops == sum(cost.flops for cost in found.costs)


def test_frozen_parameters_cost_nothing():
    net, loss = network(), nc.CrossEntropyLoss()
    net["conv"].freeze()
    found = profile(net, step_of(net, loss), loss, steps=1, roofline=ROOF)
    assert not any(cost.layer == "conv" and cost.phase == "backward" for cost in found.costs)


@pytest.mark.parametrize(
    ("algorithm", "forward", "backward"),
    [("direct", "direct", "direct dw, db"), ("channels_last", "channels last", "direct dw, db"), ("winograd", "winograd", "winograd dw, db")],
)
def test_it_tells_which_algorithm_ran(algorithm, forward, backward):
    net, loss = network(), nc.CrossEntropyLoss()
    before = nc.get_conv_algorithm()
    nc.set_conv_algorithm(algorithm)
    try:
        found = profile(net, step_of(net, loss), loss, steps=1, roofline=ROOF)
    finally:
        nc.set_conv_algorithm(before)
    assert find(found, "conv", "forward").chosen == forward
    assert find(found, "conv", "backward").chosen == backward
    assert find(found, "head", "forward").chosen == "product"
    assert find(found, "flat", "forward").chosen == ""


def test_time_goes_to_the_phase_that_took_it():
    inner = nc.Sequential(Sleep(0.004), Sleep(0.001))
    net = nc.Sequential(inner, nc.Identity())
    x = np.ones((2, 3), np.float32)
    found = profile(net, lambda: net.backward(net.forward(x)), steps=3, roofline=ROOF)
    took = {(cost.layer, cost.phase): cost.seconds for cost in found.costs}
    assert 0.004 <= took["0.0", "forward"] < took["0.0", "backward"] and took["0.0", "backward"] >= 0.008
    assert took["1", "forward"] < 0.004 and took["between", "between"] < 0.004  # containers are not charged with their layers
    assert ("0", "forward") not in took
    assert abs(sum(took.values()) - found.step_seconds) < 0.5 * found.step_seconds


def test_a_layer_that_is_used_twice_is_one_line_with_both():
    shared = nc.Linear(4, 4)
    net = nc.Sequential(shared, nc.ReLU(), shared)
    x = np.ones((3, 4), np.float32)
    found = profile(net, lambda: net.backward(net.forward(x)), steps=1, roofline=ROOF)
    lines = [cost for cost in found.costs if cost.kind == "Linear" and cost.phase == "forward"]
    assert [cost.flops for cost in lines] == [2 * 2 * 3 * 16]


def test_recurrent_layers_graphs_and_tokens():
    x = nc.Input((5,))
    h = nc.LSTM(3, 4)(nc.Embedding(7, 3)(x))
    net = nc.Graph(inputs=x, outputs=nc.Linear(4, 7)(nc.Dropout(0.1, rng=0)(h)))
    tokens, loss = np.arange(10).reshape(2, 5) % 7, nc.CrossEntropyLoss()

    def step():
        loss.forward(net.forward(tokens), tokens)
        net.backward(loss.backward(), input_grad=False)

    found = profile(net, step, loss, steps=1, roofline=ROOF)
    lstm = next(cost for cost in found.costs if cost.kind == "LSTM" and cost.phase == "forward")
    assert lstm.flops == 2 * 2 * 5 * 4 * 4 * (3 + 4) and lstm.chosen == "fused sequence"
    assert next(cost for cost in found.costs if cost.kind == "LSTM" and cost.phase == "backward").flops == 2 * lstm.flops


def test_a_first_recurrent_layer_is_spared_its_inputs_gradient_but_not_its_states():
    net, x, mse = nc.Sequential(nc.GRU(3, 4)), np.zeros((2, 5, 3), np.float32), nc.MSELoss()

    def step():
        mse.forward(net.forward(x), np.zeros((2, 5, 4), np.float32))
        net.backward(mse.backward(), input_grad=False)

    back = next(cost for cost in profile(net, step, mse, steps=1, roofline=ROOF).costs if cost.kind == "GRU" and cost.phase == "backward")
    assert back.flops == 2 * 2 * 5 * 3 * 4 * (3 + 4 + 4)


def test_everything_is_as_it_was_afterwards():
    net, loss = network(), nc.CrossEntropyLoss()
    before = vars(kernels).copy()
    with pytest.raises(ZeroDivisionError), Stopwatch(net, loss):
        assert kernels.conv is not before["conv"]
        raise ZeroDivisionError
    assert vars(kernels) == before
    assert not any(name in vars(layer) for layer in net.layers() for name in ("_forward", "_backward"))
    assert "forward" not in vars(loss)


def test_batches_begin_anew_and_short_ones_are_left_out():
    net, loss, seen = nc.Sequential(nc.Linear(3, 2)), nc.MSELoss(), []
    loader = nc.data.DataLoader(np.ones((5, 3), np.float32), np.ones((5, 2), np.float32), batch_size=2)

    def step(batch):
        seen.append(len(batch[0]))
        loss.forward(net.forward(batch[0]), batch[1])
        net.backward(loss.backward())

    found = profile(net, step, loss, batches=loader, steps=4, roofline=ROOF)
    assert seen == [2] * 5 and found.costs[0].phase == "data"


def test_roofline():
    assert ROOF.seconds(1e9, 1) == 1 and ROOF.bound(1e9, 1) == "arithmetic"
    assert ROOF.seconds(1, 1e7) == 0.01 and ROOF.bound(1, 1e7) == "memory"
    assert ROOF.bandwidth_at(1) == 4e9 and ROOF.bandwidth_at(1e9) == 1e9
    found = measure_roofline(np.float64)
    assert found.flops > 1e7 and all(rate > 1e7 for _, rate in found.bandwidth)
    assert [nbytes for nbytes, _ in found.bandwidth] == sorted(nbytes for nbytes, _ in found.bandwidth)


def test_words_and_sizes():
    x = np.zeros((4, 4))
    assert size_of(x, (x, [x[:2]]), {"a": np.zeros(2)}, None) == x.nbytes + 16
    for words, ran in (("direct", ["conv.forward"]), ("direct, direct dw, db", ["conv.forward", "conv.weight_gradient", "conv.bias_gradient"])):
        assert Cost("0", "Conv2d", "forward", 1.0, 0.0, 0.0, dict.fromkeys(ran, 1.0)).chosen == words


def test_wrong_arguments():
    with pytest.raises(nc.ArgumentError, match="steps"):
        profile(network(), lambda: None, steps=0, roofline=ROOF)
