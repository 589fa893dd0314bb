"""LSTM, GRU and RNN against PyTorch on random configurations: outputs, states, and the gradients of everything."""

import numpy as np
import pytest

import netcore as nc
from tests.support import rel_error

torch = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests; install the extra test-oracle")

KINDS = ("LSTM", "GRU", "RNN")
LIMIT = {np.float32: 1e-5, np.float64: 1e-12}
SMALL = (1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 31, 33)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Two OpenMP runtimes that wait for each other by spinning take seconds for milliseconds of work."""
    before = torch.get_num_threads(), nc.get_num_threads()
    torch.set_num_threads(1)
    nc.set_num_threads(1)
    yield
    torch.set_num_threads(before[0])
    nc.set_num_threads(before[1])


def configuration(seed):
    """Sizes and options drawn at random; every few one of them is 1."""
    rng = np.random.default_rng(seed)
    n, t, d, h = (int(rng.choice(SMALL)) for _ in range(4))
    return {
        "n": n, "t": t, "d": d, "h": h, "layers": int(rng.integers(1, 4)), "bidirectional": bool(rng.integers(2)),
        "bias": bool(rng.random() < 0.8), "batch_first": bool(rng.random() < 0.7), "with_state": bool(rng.integers(2)),
        "lengths": rng.integers(1, t + 1, n) if rng.random() < 0.5 else None, "relu": bool(rng.integers(2)),
    }


def arrays(rng, dtype, *shapes):
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def as_parts(state):
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(50))
def test_against_pytorch(kind, seed, dtype):
    c, rng = configuration(seed), np.random.default_rng(seed)
    extra = {"nonlinearity": "relu" if c["relu"] else "tanh"} if kind == "RNN" else {}
    options = {k: c[k] for k in ("bias", "batch_first", "bidirectional")} | {"num_layers": c["layers"]} | extra
    theirs = getattr(torch.nn, kind)(c["d"], c["h"], **options).to(torch.float32 if dtype is np.float32 else torch.float64)
    ours = getattr(nc, kind)(c["d"], c["h"], **options, return_state=True).astype(dtype)
    ours.load_state_dict({name: p.detach().numpy() for name, p in theirs.named_parameters()})

    directions = 2 if c["bidirectional"] else 1
    (x,) = arrays(rng, dtype, (c["n"], c["t"], c["d"]) if c["batch_first"] else (c["t"], c["n"], c["d"]))
    shapes = [(c["layers"] * directions, c["n"], c["h"])] * (2 if kind == "LSTM" else 1)
    states = arrays(rng, dtype, *shapes) if c["with_state"] else [np.zeros(s, dtype) for s in shapes]
    dstates = arrays(rng, dtype, *shapes)

    tx = torch.tensor(x, requires_grad=True)
    tstates = [torch.tensor(s, requires_grad=True) for s in states]
    packed = tx
    if c["lengths"] is not None:
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            tx, torch.tensor(c["lengths"]), batch_first=c["batch_first"], enforce_sorted=False
        )
    ty, tlast = theirs(packed, tuple(tstates) if kind == "LSTM" else tstates[0])
    if c["lengths"] is not None:
        ty, _ = torch.nn.utils.rnn.pad_packed_sequence(ty, batch_first=c["batch_first"], total_length=c["t"])
    (dy,) = arrays(rng, dtype, tuple(ty.shape))
    torch.autograd.backward([ty, *as_parts(tlast)], [torch.tensor(g) for g in (dy, *dstates)])

    state = None if not c["with_state"] else tuple(states) if kind == "LSTM" else states[0]
    y, last = ours.forward(x, state, lengths=c["lengths"])
    dx, dstate0 = ours.backward(dy, tuple(dstates) if kind == "LSTM" else dstates[0])

    pairs = {"y": (y, ty), "dx": (dx, tx.grad)}
    pairs |= {f"last state {i}": pair for i, pair in enumerate(zip(as_parts(last), as_parts(tlast), strict=True))}
    pairs |= {f"dstate0 {i}": (a, t.grad) for i, (a, t) in enumerate(zip(as_parts(dstate0), tstates, strict=True))}
    grads = dict(theirs.named_parameters())
    pairs |= {name: (p.grad, grads[name].grad) for name, p in ours.named_parameters()}
    errors = {name: rel_error(a, b.detach().numpy()) for name, (a, b) in pairs.items()}
    worst = max(errors, key=errors.get)
    assert errors[worst] < LIMIT[dtype], f"{worst}: {errors[worst]:.1e} in {c}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bias", [True, False])
def test_cells_against_pytorch(kind, bias):
    rng = np.random.default_rng(0)
    theirs = getattr(torch.nn, f"{kind}Cell")(3, 17, bias=bias).double()
    ours = getattr(nc, f"{kind}Cell")(3, 17, bias=bias).astype(np.float64)
    ours.load_state_dict({name: p.detach().numpy() for name, p in theirs.named_parameters()})
    x, *states = arrays(rng, np.float64, (4, 3), *[(4, 17)] * (2 if kind == "LSTM" else 1))
    dstates = arrays(rng, np.float64, *[(4, 17)] * len(states))
    tx, *tstates = (torch.tensor(a, requires_grad=True) for a in (x, *states))
    tnew = as_parts(theirs(tx, tuple(tstates) if kind == "LSTM" else tstates[0]))
    torch.autograd.backward(tnew, [torch.tensor(g) for g in dstates])
    new = as_parts(ours.forward(x, tuple(states) if kind == "LSTM" else states[0]))
    dx, dstate = ours.backward(tuple(dstates) if kind == "LSTM" else dstates[0])
    got = [*new, dx, *as_parts(dstate), *(p.grad for p in ours.parameters())]
    expected = [*tnew, tx.grad, *(t.grad for t in tstates), *(p.grad for p in theirs.parameters())]
    for a, b in zip(got, expected, strict=True):
        assert rel_error(a, b.detach().numpy()) < 1e-12
