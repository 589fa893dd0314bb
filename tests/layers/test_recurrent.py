"""Recurrent layers and cells: unrolled by hand, in chunks, stacked, padded; names, modes, messages."""

import re

import numpy as np
import pytest

import netcore as nc
from tests.support import assert_close, directional

LAYERS = {"LSTM": (nc.LSTM, nc.LSTMCell), "GRU": (nc.GRU, nc.GRUCell), "RNN": (nc.RNN, nc.RNNCell)}
N, T, D, H = 3, 6, 4, 5


def layer_of(kind, *args, **options):
    return LAYERS[kind][0](D, H, *args, rng=1, **options).astype(np.float64)


def data(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def whole(kind, arrays):
    return tuple(arrays) if kind == "LSTM" else arrays[0]


@pytest.mark.parametrize("kind", LAYERS)
def test_cells_unrolled_by_hand_give_the_gradients_of_the_fused_layer(kind):
    """Backpropagation through time: unfold, run back, sum the gradients over the copies of the cell."""
    fused = layer_of(kind, return_state=True)
    cell = LAYERS[kind][1](D, H).astype(np.float64)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in fused.state_dict().items()})
    x, dy = data(N, T, D), data(N, T, H, seed=1)
    states = [data(1, N, H, seed=2 + k) for k in range(2 if kind == "LSTM" else 1)]

    y, _ = fused.forward(x, whole(kind, states))
    dx, dstate0 = fused.backward(dy)

    state = whole(kind, [s[0] for s in states])
    for t in range(T):
        state = cell.forward(x[:, t], state)
        assert_close(parts(state)[0], y[:, t], what=f"h at step {t}")
    assert cell.pending == T
    dstate = whole(kind, [np.zeros((N, H)) for _ in states])
    for t in reversed(range(T)):
        first, *rest = parts(dstate)
        dx_t, dstate = cell.backward(whole(kind, [first + dy[:, t], *rest]))
        assert_close(dx_t, dx[:, t], what=f"dx at step {t}")
    assert cell.pending == 0
    for a, b in zip(parts(dstate), parts(dstate0), strict=True):
        assert_close(a, b[0], what="gradient of the initial state")
    for (name, p), q in zip(cell.named_parameters(), fused.parameters(), strict=True):
        assert_close(p.grad, q.grad, what=name)


@pytest.mark.parametrize("kind", LAYERS)
def test_chunks_with_the_state_handed_on_are_the_whole(kind):
    """Truncated backpropagation through time with nothing cut off: dstate0 of a chunk is dstate of the chunk before."""
    layer = layer_of(kind, 2, return_state=True)
    x, dy = data(N, T, D), data(N, T, H, seed=1)
    y, last = layer.forward(x)
    dx, _ = layer.backward(dy)
    gradients = [p.grad.copy() for p in layer.parameters()]
    layer.zero_grad()

    y1, state = layer.forward(x[:, :4])
    y2, state = layer.forward(x[:, 4:], state)
    assert_close(np.concatenate([y1, y2], axis=1), y)
    for a, b in zip(parts(state), parts(last), strict=True):
        assert_close(a, b)
    dx2, dstate = layer.backward(dy[:, 4:])
    dx1, _ = layer.backward(dy[:, :4], dstate)
    assert_close(np.concatenate([dx1, dx2], axis=1), dx)
    for p, expected in zip(layer.parameters(), gradients, strict=True):
        assert_close(p.grad, expected)


@pytest.mark.parametrize("kind", LAYERS)
def test_padded_batch_is_the_sequences_one_by_one(kind):
    layer = layer_of(kind, 2, bidirectional=True, return_state=True)
    lengths = np.array([2, 6, 3])
    x, dy = data(N, T, D), data(N, T, 2 * H, seed=1)
    y, last = layer.forward(x, lengths=lengths)
    dx, _ = layer.backward(dy)
    together = [p.grad.copy() for p in layer.parameters()]
    layer.zero_grad()
    for n, length in enumerate(lengths):
        y1, last1 = layer.forward(x[n : n + 1, :length])
        assert_close(y[n : n + 1, :length], y1)
        assert (y[n, length:] == 0).all()
        for a, b in zip(parts(last), parts(last1), strict=True):
            assert_close(a[:, n : n + 1], b)
        dx1, _ = layer.backward(dy[n : n + 1, :length])
        assert_close(dx[n : n + 1, :length], dx1)
        assert (dx[n, length:] == 0).all()
    for p, expected in zip(layer.parameters(), together, strict=True):
        assert_close(p.grad, expected)


@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_by_differences_with_dropout_between_layers(kind):
    x, dy = data(N, T, D), data(N, T, 2 * H, seed=1)

    def run(value):
        layer = LAYERS[kind][0](D, H, 2, bidirectional=True, dropout=0.4, rng=7).astype(np.float64)
        return layer, layer.forward(value)

    layer, _ = run(x)
    dx = layer.backward(dy)
    rng = np.random.default_rng(3)
    assert directional(lambda v: float((run(v)[1] * dy).sum()), x, dx, rng) < 1e-6


@pytest.mark.parametrize("kind", LAYERS)
def test_gradcheck_takes_states_too(kind):
    states = [data(1, N, H, seed=2 + k) for k in range(2 if kind == "LSTM" else 1)]
    nc.gradcheck(layer_of(kind, return_state=True), data(N, T, D), whole(kind, states), max_entries=20)
    nc.gradcheck(LAYERS[kind][1](D, H), data(N, D), whole(kind, [s[0] for s in states]), max_entries=20)


@pytest.mark.parametrize("kind", LAYERS)
def test_time_first(kind):
    a = layer_of(kind, 2, bidirectional=True, return_state=True)
    b = layer_of(kind, 2, bidirectional=True, return_state=True, batch_first=False)
    x, dy = data(N, T, D), data(N, T, 2 * H, seed=1)
    (ya, sa), (yb, sb) = a.forward(x), b.forward(x.swapaxes(0, 1))
    assert np.array_equal(ya, yb.swapaxes(0, 1))
    assert all(np.array_equal(p, q) for p, q in zip(parts(sa), parts(sb), strict=True))
    (dxa, _), (dxb, _) = a.backward(dy), b.backward(dy.swapaxes(0, 1))
    assert np.array_equal(dxa, dxb.swapaxes(0, 1))


def test_names_shapes_and_order_are_pytorchs():
    state = nc.GRU(3, 4, num_layers=2, bidirectional=True).state_dict()
    ends = ["l0", "l0_reverse", "l1", "l1_reverse"]
    assert list(state) == [f"{name}_{end}" for end in ends for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    assert state["weight_ih_l0"].shape == (12, 3)
    assert state["weight_ih_l1"].shape == (12, 8)
    assert list(nc.RNN(3, 4, bias=False).state_dict()) == ["weight_ih_l0", "weight_hh_l0"]
    assert list(nc.LSTMCell(3, 4).state_dict()) == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]


@pytest.mark.parametrize("made", [nc.LSTM(3, 7, 2, bidirectional=True), nc.LSTMCell(3, 7)])
def test_new_lstms_start_with_forget_bias_one_and_small_weights(made):
    forget = slice(7, 14)
    state = made.state_dict()
    for name, b_ih in state.items():
        if name.startswith("bias_ih"):
            assert (b_ih[forget] + state[name.replace("ih", "hh")][forget] == 1).all()
        if name.startswith("weight"):
            assert np.abs(b_ih).max() <= 1 / np.sqrt(7)
            assert np.abs(b_ih).max() > 0.3


@pytest.mark.parametrize("kind", LAYERS)
def test_frozen_parameters_and_unwanted_input_gradient(kind):
    layer = layer_of(kind)
    layer.weight_hh_l0.requires_grad = False
    y = layer.forward(data(N, T, D))
    assert layer.backward(y, input_grad=False) is None
    assert layer.weight_hh_l0.grad is None
    assert layer.weight_ih_l0.grad is not None


def test_eval_mode_drops_nothing_and_caches_nothing():
    layer = nc.LSTM(D, H, 2, dropout=0.5)
    x = data(N, T, D).astype(np.float32)
    assert not np.array_equal(layer.forward(x), layer.forward(x))
    layer.reset()
    layer.eval()
    assert np.array_equal(layer.forward(x), layer.forward(x))
    assert layer.pending == 0
    with pytest.raises(nc.PhaseError, match="eval mode"):
        layer.backward(np.zeros((N, T, H), np.float32))


@pytest.mark.parametrize("kind", [nc.RNN, nc.GRU, nc.LSTM])
def test_eval_mode_gives_the_bits_of_training_mode(kind):
    layer = kind(D, H, 2, bidirectional=True)
    x, lengths = data(N, T, D).astype(np.float32), np.minimum(np.arange(N) + 1, T)
    trained = layer.forward(x, lengths=lengths)
    assert np.array_equal(layer.eval().forward(x, lengths=lengths), trained)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_dropout_of_nothing_and_of_everything(p):
    layer = nc.GRU(D, H, 2, dropout=p)
    layer.backward(layer.forward(data(N, T, D).astype(np.float32)))
    assert bool((layer.weight_ih_l1.grad == 0).all()) == (p == 1.0)


def test_empty_batch():
    layer = nc.LSTM(D, H, 2, bidirectional=True, return_state=True)
    y, (h, c) = layer.forward(np.zeros((0, T, D), np.float32))
    assert y.shape == (0, T, 2 * H)
    assert h.shape == c.shape == (4, 0, H)
    dx, _ = layer.backward(y)
    assert dx.shape == (0, T, D)
    assert all((p.grad == 0).all() for p in layer.parameters())


def test_last():
    last, x = nc.Last(), data(N, T, H)
    assert np.array_equal(last.forward(x), x[:, -1])
    dx = last.backward(data(N, H, seed=1))
    assert np.array_equal(dx[:, -1], data(N, H, seed=1))
    assert (dx[:, :-1] == 0).all()
    with pytest.raises(nc.ShapeError, match=r"must have 3 axes \(N, T, H\)"):
        last.forward(x[0])


def test_in_a_network():
    net = nc.Sequential(enc=nc.LSTM(D, H, bidirectional=True), pick=nc.Last(), head=nc.Linear(2 * H, 2))
    assert net.output_shape((T, D)) == (2,)
    assert net.output_shape((None, D)) == (2,)
    assert net.multiply_adds((T, D)) == T * 2 * 4 * H * (D + H) + 2 * H * 2
    y = net.forward(data(N, T, D).astype(np.float32))
    assert net.backward(y).shape == (N, T, D)
    assert repr(net[0]) == "LSTM(4, 5, bidirectional=True)"
    with pytest.raises(nc.ShapeError, match=re.escape("LSTM 'enc': got (N=32, T=8, D=13), D must be 4")):
        net.forward(np.zeros((32, 8, 13), np.float32))


MESSAGES = [
    (lambda: nc.LSTM(0, 4), nc.ArgumentError, "input_size must be a whole number >= 1, got 0"),
    (lambda: nc.LSTM(4, 2.5), nc.ArgumentError, "hidden_size must be"),
    (lambda: nc.LSTM(4, 4, num_layers=0), nc.ArgumentError, "num_layers must be"),
    (lambda: nc.GRU(4, 4, dropout=1.5), nc.ArgumentError, "dropout must be between 0 and 1"),
    (lambda: nc.RNN(4, 4, nonlinearity="cos"), nc.ArgumentError, "nonlinearity must be one of 'tanh', 'relu', got 'cos'"),
    (lambda: nc.LSTM(D, H).forward(data(N, D)), nc.DTypeError, "LSTM: input is float64 where float32 is due"),
    (lambda: layer_of("LSTM").forward(data(N, D)), nc.ShapeError, r"input must have 3 axes \(N, T, D\)"),
    (lambda: layer_of("GRU", batch_first=False).forward(data(T, N, 9)), nc.ShapeError, r"got \(T=6, N=3, D=9\), D must be 4"),
    (lambda: layer_of("LSTM").forward(data(N, T, D), data(1, N, H)), nc.ArgumentError, r"state must be a pair \(h, c\), got ndarray"),
    (lambda: layer_of("GRU").forward(data(N, T, D), data(N, H)), nc.ShapeError, r"state must have shape \(num_layers · directions=1, N=3, H=5\)"),
    (lambda: layer_of("LSTM").forward(data(N, T, D), (data(1, N, H), data(1, H, N))), nc.ShapeError, "state c must have shape"),
    (lambda: layer_of("LSTM").forward(data(N, T, D), lengths=[7, 1, 1]), nc.ArgumentError, "lengths holds 7"),
    (lambda: backward(layer_of("LSTM"), data(N, T, H + 1)), nc.ShapeError, r"dy must have shape \(3, 6, 5\)"),
    (lambda: backward(layer_of("LSTM"), data(N, T, H), (None, None)), nc.ArgumentError, "return_state=True"),
    (lambda: layer_of("GRU").forward([[1.0], [1.0, 2.0]]), nc.ShapeError, "input must be one array, got a list"),
    (lambda: backward(layer_of("LSTM")), nc.ArgumentError, "backward needs the gradient of the output"),
    (lambda: layer_of("LSTM", return_state=True).output_shape((T, D)), nc.ArgumentError, "return_state=True gives a pair"),
    (lambda: layer_of("LSTM").output_shape((T, 9)), nc.ShapeError, r"\(T, D=4\) without the batch axis, got \(6, 9\)"),
    (lambda: nc.LSTMCell(D, H).forward(data(N, D).astype(np.float32), data(N, H)), nc.ArgumentError, "state must be a pair"),
    (lambda: nc.GRUCell(D, H).forward(data(N, 9).astype(np.float32)), nc.ShapeError, r"GRUCell: got \(N=3, D=9\), D must be 4"),
    (lambda: nc.RNNCell(D, H).output_shape((9,)), nc.ShapeError, r"\(D=4,\)"),
]


def backward(layer, *gradients):
    layer.forward(data(N, T, D))
    return layer.backward(*gradients)


@pytest.mark.parametrize(("call", "error", "message"), MESSAGES)
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()
