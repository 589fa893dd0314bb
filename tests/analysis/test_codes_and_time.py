"""Auto-encoders' codes and the way back through time, against other ways to the same numbers."""

import numpy as np
import pytest

import netcore as nc
from netcore import analysis

RNG = np.random.default_rng(0)


def test_walks_through_a_code():
    decoder = nc.Linear(2, 3, rng=0)
    ends = RNG.random((2, 2)).astype(np.float32)
    line = analysis.decode(decoder, analysis.interpolate(*ends, steps=5))
    np.testing.assert_allclose(line[2], decoder.eval().forward(ends.mean(axis=0, keepdims=True))[0], rtol=1e-5)
    image = analysis.grid(decoder, np.array([10.0, 20.0, 30.0]), np.array([1.0, 2.0]))[2, 1]
    np.testing.assert_allclose(image, decoder.forward(np.array([[2, 30]], np.float32))[0], rtol=1e-6)
    walked = analysis.traverse(decoder, ends[0], 1, np.array([-4.0, 4.0]))
    np.testing.assert_allclose((walked[1] - walked[0]) / 8, decoder.weight.data[:, 1], rtol=1e-4, atol=1e-6)
    with pytest.raises(nc.ArgumentError, match=r"0\.\.1"):
        analysis.traverse(decoder, ends[0], 2, np.zeros(1))


def test_distance_to_a_manifold_that_is_known():
    """A projection on a plane: the distance is the length of what is cut off."""
    basis = np.linalg.qr(RNG.standard_normal((5, 2)))[0]
    net = nc.Sequential(nc.Linear(5, 2, bias=False), nc.Linear(2, 5, bias=False)).astype(np.float64)
    net[0].weight.data[:], net[1].weight.data[:] = basis.T, basis
    x = RNG.standard_normal((700, 5))
    expected = np.sqrt(np.sum(x**2, axis=1) - np.sum((x @ basis) ** 2, axis=1))
    np.testing.assert_allclose(analysis.manifold_distance(net, x), expected, rtol=1e-9)
    near, far = RNG.standard_normal(50), RNG.standard_normal(60) + 1
    pairs = np.mean([(b > a) + 0.5 * (b == a) for a in near for b in far])
    assert analysis.separation(near, far) == pytest.approx(pairs)
    assert analysis.separation(np.ones(3), np.ones(4)) == 0.5


def variational(log_var):
    """x (N, 3) -> mean (x0, 0), the given log-variance -> logits of x."""
    net = nc.Sequential(nc.Linear(3, 4), nc.Gaussian(2), nc.Linear(2, 3)).astype(np.float64)
    net[0].weight.data[:], net[0].bias.data[:] = 0, [0, 0, *log_var]
    net[0].weight.data[0, 0] = 1
    return net


def test_the_ledger_adds_up():
    net, x = variational((-2.0, 0.0)), RNG.random((4000, 3))
    ledger = analysis.elbo_ledger(net, x, rng=0)
    variance = np.exp(-2.0)
    np.testing.assert_allclose(ledger.kl, [0.5 * (np.mean(x[:, 0] ** 2) + variance - 1 + 2), 0], atol=1e-9)
    assert ledger.active.tolist() == [True, False]
    z = np.stack([x[:, 0], 0 * x[:, 0]], axis=1) + np.random.default_rng(9).standard_normal((50, 4000, 2)) * [np.sqrt(variance), 1]
    logits = z @ net[2].weight.data.T + net[2].bias.data
    expected = np.mean(np.sum(np.logaddexp(0, logits) - x * logits, axis=2))
    assert ledger.reconstruction == pytest.approx(expected, rel=0.01)
    assert ledger.elbo == pytest.approx(-ledger.reconstruction - ledger.kl.sum())
    assert not ledger.collapsed
    assert "active units: 1 of 2" in str(ledger)
    assert net.pending == 0
    assert net.training


def test_the_ledger_gives_the_alarm():
    net = variational((0.0, 0.0))
    net[0].weight.data[:] = 0
    ledger = analysis.elbo_ledger(net, RNG.random((50, 3)))
    assert ledger.collapsed
    assert "ALARM" in str(ledger)
    with pytest.raises(nc.ArgumentError, match="one Gaussian layer, got 0"):
        analysis.elbo_ledger(nc.Sequential(nc.Linear(3, 3)), np.ones((2, 3), np.float32))


KINDS = {"lstm": (nc.LSTM, nc.LSTMCell), "gru": (nc.GRU, nc.GRUCell), "rnn": (nc.RNN, nc.RNNCell)}
N, T, D, H = 1, 6, 3, 4


def sequence(kind):
    """The layer, a cell with its weights, both float64; x and dy of one sequence."""
    layer, cell = (make(D, H, rng=1).astype(np.float64) for make in KINDS[kind])
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    return layer, cell, RNG.standard_normal((N, T, D)), RNG.standard_normal((N, T, H))


def unrolled_loss(cell, kind, x, dy, at, bump):
    """L of the cell unrolled by hand, with `bump` (h, c) added to the state after step `at`."""
    cell.reset()
    state = (np.zeros((N, H)), np.zeros((N, H))) if kind == "lstm" else np.zeros((N, H))
    total = 0.0
    for t in range(T):
        state = cell.forward(x[:, t], state)
        if t == at:
            state = (state[0] + bump[0], state[1] + bump[1]) if kind == "lstm" else state + bump[0]
        total += float(np.sum((state[0] if kind == "lstm" else state) * dy[:, t]))
    return total


def numeric(f):
    """Norm of the gradient of f at 0, by central differences, unit by unit."""
    return np.sqrt(sum(((f(e) - f(-e)) / 2e-5) ** 2 for e in 1e-5 * np.eye(H)[:, None]))


@pytest.mark.parametrize("kind", KINDS)
def test_the_microscope_sees_the_gradients_of_the_states(kind):
    layer, cell, x, dy = sequence(kind)
    seen = analysis.bptt_microscope(layer, x, dy)
    zero = np.zeros((N, H))
    for t in range(T):
        assert seen.h[t] == pytest.approx(numeric(lambda e, t=t: unrolled_loss(cell, kind, x, dy, t, (e, zero))), rel=1e-6)
    layer.forward(x)
    np.testing.assert_allclose(seen.dx, np.linalg.norm(layer.backward(dy)[0], axis=1), rtol=1e-9)
    assert seen.cuts == ()


def gates_frozen_loss(layer, x, dy, at, bump):
    """L when only the cell carries the bump on: gates and candidates stay as they were, c' = f c + i g, h = o tanh c."""
    traces = analysis.gate_trace(layer, x[0])
    c, total = np.zeros(H), 0.0
    for t in range(T):
        c = traces["forget"][t] * c + traces["input"][t] * traces["candidate"][t] + (bump[0] if t == at else 0)
        total += float(np.sum(traces["output"][t] * np.tanh(c) * dy[0, t]))
    return total


def test_the_straight_path_is_the_cell_with_its_gates_held():
    layer, _, x, dy = sequence("lstm")
    seen = analysis.bptt_microscope(layer, x, dy)
    for t in range(T):
        assert seen.straight[t] == pytest.approx(numeric(lambda e, t=t: gates_frozen_loss(layer, x, dy, t, e)), rel=1e-6)
    assert (seen.detour[:-1] > 0).all()
    assert seen.detour[-1] == pytest.approx(0, abs=1e-12)


def test_the_cell_gradient_is_that_of_the_hand_unrolled_cell():
    layer, cell, x, dy = sequence("lstm")
    seen = analysis.bptt_microscope(layer, x, dy)
    for t in range(T):  # a bump on c after the step shows in h of the same step, too: o tanh' of it
        gates = analysis.gate_trace(layer, x[0])
        slope = gates["output"][t] * (1 - np.tanh(gates["cell"][t]) ** 2)
        found = numeric(lambda e, t=t, slope=slope: unrolled_loss(cell, "lstm", x, dy, t, (e * slope, e)))
        assert seen.c[t] == pytest.approx(found, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_truncation_is_chunks_run_one_after_the_other(kind):
    """As the layer itself with its state carried over and no gradient passed back."""
    layer, _, x, dy = sequence(kind)
    carrying = KINDS[kind][0](D, H, return_state=True, rng=1).astype(np.float64)
    seen = analysis.bptt_microscope(layer, x, dy, truncate=4)
    state, norms = None, []
    for chunk in (slice(0, 4), slice(4, 6)):
        _, state = carrying.forward(x[:, chunk], state)
        dx, _ = carrying.backward(dy[:, chunk], None)
        norms.append(np.linalg.norm(dx[0], axis=1))
    np.testing.assert_allclose(seen.dx, np.concatenate(norms), rtol=1e-9)
    assert seen.cuts == (4,)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("truncate", [None, 4])
def test_of_layers_on_one_another_each_is_seen(kind, truncate):
    """As the whole run back by itself, in chunks where it is truncated: what reaches the input of the lowest layer is that of the network."""
    rnn = KINDS[kind][0](D, H, num_layers=3, return_state=True, rng=2).astype(np.float64)
    x, dy = RNG.standard_normal((N, T, D)), RNG.standard_normal((N, T, H))
    state, found = None, []
    for chunk in (slice(0, T),) if truncate is None else (slice(0, 4), slice(4, T)):
        _, state = rnn.forward(x[:, chunk], state)
        found.append(np.linalg.norm(rnn.backward(dy[:, chunk], None)[0][0], axis=1))
    np.testing.assert_allclose(analysis.bptt_microscope(rnn, x, dy, layer=0, truncate=truncate).dx, np.concatenate(found), rtol=1e-9)
    top, second = (analysis.bptt_microscope(rnn, x, dy, layer=k, truncate=truncate) for k in (2, 1))
    np.testing.assert_array_equal(analysis.bptt_microscope(rnn, x, dy, truncate=truncate).h, top.h)
    assert second.h[-1] == pytest.approx(top.dx[-1])


def test_what_the_microscope_does_not_look_at():
    x, dy = np.ones((1, 2, 3), np.float32), np.ones((1, 2, 4), np.float32)
    for other in (nc.Linear(3, 4), nc.LSTM(3, 4, bidirectional=True)):
        with pytest.raises(nc.ArgumentError, match="an RNN, LSTM or GRU in one direction"):
            analysis.bptt_microscope(other, x, dy)
    with pytest.raises(nc.ArgumentError, match=r"layer must be in 0\.\.1, got 2"):
        analysis.bptt_microscope(nc.LSTM(3, 4, num_layers=2), x, dy, layer=2)
    with pytest.raises(nc.ArgumentError, match="truncate"):
        analysis.bptt_microscope(nc.LSTM(3, 4), x, dy, truncate=0)
    with pytest.raises(nc.ShapeError, match=r"dy \(N, T, H=4\)"):
        analysis.bptt_microscope(nc.LSTM(3, 4), np.ones((1, 2, 3), np.float32), np.ones((1, 2, 5), np.float32))
