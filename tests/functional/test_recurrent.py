"""netcore/functional/lstm.py, gru.py, rnn.py: preconditions, padding, cells, caches."""

import numpy as np
import pytest

import netcore as nc
from netcore import functional as F
from tests.support import assert_close

FAMILIES = {"lstm": (4, F.lstm_forward, F.lstm_backward), "gru": (3, F.gru_forward, F.gru_backward), "rnn": (1, F.rnn_forward, F.rnn_backward)}
N, T, D, H = 3, 5, 2, 4


def weights(gates, dtype=np.float64):
    rng = np.random.default_rng(0)
    shapes = {"w_ih": (gates * H, D), "w_hh": (gates * H, H), "b_ih": (gates * H,), "b_hh": (gates * H,)}
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def inputs(dtype=np.float64):
    return np.random.default_rng(1).standard_normal((N, T, D)).astype(dtype)


def last(state):
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("family", FAMILIES)
def test_padding_is_never_read_and_gets_nothing(family):
    gates, forward, backward = FAMILIES[family]
    w, lengths, dy = weights(gates), np.array([3, 0, 5]), np.ones((N, T, H))
    clean, dirty = inputs(), inputs()
    for n, length in enumerate(lengths):
        dirty[n, length:] = np.nan
    y, state, cache = forward(clean, **w, lengths=lengths)
    y2, state2, cache2 = forward(dirty, **w, lengths=lengths)
    assert np.array_equal(y, y2)
    assert all(np.array_equal(a, b) for a, b in zip(last(state), last(state2), strict=True))
    assert (y[0, 3:] == 0).all()
    assert (y[1] == 0).all()
    assert np.array_equal(y[0, 2], last(state)[0][0])
    dy_dirty = np.where(np.isnan(dirty[:, :, :1]), np.nan, dy)
    for a, b in zip(backward(dy, cache), backward(dy_dirty, cache2), strict=True):
        assert np.array_equal(a, b)
    assert (backward(dy, cache)[0][0, 3:] == 0).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_length_zero_keeps_the_initial_state(family):
    gates, forward, backward = FAMILIES[family]
    h0, lengths = np.random.default_rng(3).standard_normal((N, H)), np.array([3, 0, 5])
    _, state, cache = forward(inputs(), **weights(gates), h0=h0, lengths=lengths)
    assert np.array_equal(last(state)[0][1], h0[1])
    dh = np.random.default_rng(4).standard_normal((N, H))
    assert np.array_equal(backward(None, cache, dh)[5][1], dh[1])


@pytest.mark.parametrize("family", FAMILIES)
def test_reverse_is_forward_on_reversed_sequences(family):
    gates, forward, _ = FAMILIES[family]
    x, w = inputs(), weights(gates)
    y, _, _ = forward(x, **w, reverse=True)
    assert_close(y, forward(x[:, ::-1], **w)[0][:, ::-1])


@pytest.mark.parametrize("family", FAMILIES)
def test_any_memory_order_and_byte_order(family):
    gates, forward, backward = FAMILIES[family]
    x, w = inputs(), weights(gates)
    wide = np.zeros((N, T, 2 * D))
    wide[:, :, ::2] = x
    variants = [np.asfortranarray(x), wide[:, :, ::2], x[::-1][::-1], x.astype(">f8")]
    turned = {name: np.asfortranarray(value) for name, value in w.items()}
    y, _, cache = forward(x, **w)
    gradients = backward(np.ones_like(y), cache)
    for variant in variants:
        y2, _, cache2 = forward(variant, **turned)
        assert np.array_equal(y, y2)
        for a, b in zip(gradients, backward(np.asfortranarray(np.ones_like(y)), cache2), strict=True):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("family", FAMILIES)
def test_backward_does_not_use_up_its_cache_or_share_it(family):
    """Writing into what forward returned, or running backward twice, changes no gradient."""
    gates, forward, backward = FAMILIES[family]
    y, state, cache = forward(inputs(), **weights(gates))
    dy = np.ones_like(y)
    once = backward(dy, cache)
    y[...] = 7
    for s in last(state):
        s[...] = 7
    for a, b in zip(once, backward(dy, cache), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("family", FAMILIES)
def test_absent_bias_has_no_gradient(family):
    gates, forward, backward = FAMILIES[family]
    w = weights(gates) | {"b_ih": None, "b_hh": None}
    y, _, cache = forward(inputs(), **w)
    assert backward(y, cache)[3:5] == (None, None)


def test_a_cell_is_one_step():
    x, w = inputs()[:, 0], weights(4)
    h0, c0 = np.random.default_rng(5).standard_normal((2, N, H))
    h, c, cache = F.lstm_cell_forward(x, h0, c0, **w)
    _, (h_n, c_n), sequence = F.lstm_forward(x[:, None], **w, h0=h0, c0=c0)
    assert np.array_equal(h, h_n)
    assert np.array_equal(c, c_n)
    dx, dh, dc, *dw = F.lstm_cell_backward(h, c, cache)
    expected = F.lstm_backward(None, sequence, h_n, c_n)
    for a, b in zip((dx[:, None], *dw, dh, dc), expected, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("family", ["gru", "rnn"])
def test_a_cell_without_cell_state_is_one_step(family):
    gates, forward, backward = FAMILIES[family]
    cell_forward, cell_backward = getattr(F, f"{family}_cell_forward"), getattr(F, f"{family}_cell_backward")
    x, w, h0 = inputs()[:, 0], weights(gates), np.random.default_rng(5).standard_normal((N, H))
    h, cache = cell_forward(x, h0, **w)
    _, h_n, sequence = forward(x[:, None], **w, h0=h0)
    assert np.array_equal(h, h_n)
    dx, dh, *dw = cell_backward(h, cache)
    for a, b in zip((dx[:, None], *dw, dh), backward(None, sequence, h_n), strict=True):
        assert np.array_equal(a, b)


def test_gates_to_look_at_are_those_that_made_the_output():
    lengths = np.array([3, 0, 5])
    y, _, cache = F.lstm_forward(inputs(), **weights(4), lengths=lengths, reverse=True)
    gates = F.lstm_gates(cache)
    assert_close(gates["output"] * np.tanh(gates["cell"]), y)
    assert all((gate[0, 3:] == 0).all() for gate in gates.values())
    y, _, cache = F.gru_forward(inputs(), **weights(3))
    gates, before = F.gru_gates(cache), np.concatenate([np.zeros((N, 1, H)), y[:, :-1]], axis=1)
    assert_close((1 - gates["update"]) * gates["new"] + gates["update"] * before, y)


BAD = [
    ({"x": np.zeros((N, T, D + 1))}, nc.ShapeError, r"got \(N=3, T=5, D=3\), D must be 2"),
    ({"x": np.zeros((N, D))}, nc.ShapeError, r"x must have 3 axes \(N, T, D\), got shape \(3, 2\)"),
    ({"x": np.zeros((N, 0, D))}, nc.ShapeError, "T must be at least 1"),
    ({"x": np.zeros((N, T, D), np.int64)}, nc.DTypeError, "x must be float32 or float64, got int64"),
    ({"x": np.zeros((N, T, D), np.float32)}, nc.DTypeError, "w_hh is float64 where float32 is due"),
    ({"w_hh": np.zeros((4 * H, H + 1))}, nc.ShapeError, r"w_hh must have shape \(4H, H\)"),
    ({"w_hh": np.zeros((0, 0))}, nc.ShapeError, "H >= 1"),
    ({"w_ih": np.zeros((3 * H, D))}, nc.ShapeError, r"w_ih must have shape \(4H=16, D\)"),
    ({"b_ih": np.zeros(H)}, nc.ShapeError, r"b_ih must have shape \(16,\)"),
    ({"b_hh": np.zeros(4 * H, np.float32)}, nc.DTypeError, "b_hh is float32"),
    ({"h0": np.zeros((N + 1, H))}, nc.ShapeError, r"h0 must have shape \(N=3, H=4\), got \(4, 4\)"),
    ({"c0": np.zeros((N, H), np.float32)}, nc.DTypeError, "c0 is float32"),
    ({"lengths": [1, 2]}, nc.ShapeError, r"lengths must have shape \(3,\) \(one per sequence\), got \(2,\)"),
    ({"lengths": [1, 2, 6]}, nc.ArgumentError, "lengths holds 6 at index 2; the greatest allowed is 5"),
    ({"lengths": [1, -1, 2]}, nc.ArgumentError, "lengths holds -1 at index 1; the least allowed is 0"),
    ({"lengths": [1.0, 2.0, 3.0]}, nc.DTypeError, "lengths must be integers"),
]


@pytest.mark.parametrize(("bad", "error", "message"), BAD)
def test_rejected_inputs(bad, error, message):
    with pytest.raises(error, match=message):
        F.lstm_forward(**({"x": inputs()} | weights(4) | bad))


def test_rejected_gradients_and_nonlinearity():
    _, _, cache = F.lstm_forward(inputs(), **weights(4))
    with pytest.raises(nc.ShapeError, match=r"dy must have shape \(3, 5, 4\)"):
        F.lstm_backward(np.zeros((N, T, H + 1)), cache)
    with pytest.raises(nc.DTypeError, match="dy is float32"):
        F.lstm_backward(np.zeros((N, T, H), np.float32), cache)
    with pytest.raises(nc.ShapeError, match=r"dc must have shape \(N=3, H=4\)"):
        F.lstm_backward(None, cache, None, np.zeros((H, N)))
    with pytest.raises(nc.ArgumentError, match="nonlinearity must be one of 'tanh', 'relu', got 'sigmoid'"):
        F.rnn_forward(inputs(), **weights(1), nonlinearity="sigmoid")
