"""Batch, group and layer norm against PyTorch: outputs, gradients of input, weight and bias, running statistics."""

import numpy as np
import pytest

import netcore as nc
from tests.support import rel_error

torch = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests; install the extra test-oracle")

DTYPES = [np.float32, np.float64]
LIMIT = {np.float32: 2e-5, np.float64: 1e-12}
SIZES = (1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33)


def twin(kind, dtype, rng, *arguments, **options):
    """(ours, theirs) with the same random weights."""
    theirs = getattr(torch.nn, kind)(*arguments, **options).to(torch.float64 if dtype is np.float64 else torch.float32)
    for p in theirs.parameters():
        p.data = torch.tensor(rng.standard_normal(p.shape).astype(dtype))
    keywords = {k: v for k, v in options.items() if k != "track_running_stats"}
    ours = getattr(nc, kind)(*arguments, **keywords).astype(dtype)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    return ours, theirs


def compare(ours, theirs, x, dy):
    limit = LIMIT[x.dtype.type]
    tx = torch.tensor(x, requires_grad=True)
    expected = theirs(tx)
    assert rel_error(ours.forward(x), expected.detach().numpy()) <= limit
    theirs.zero_grad()
    ours.zero_grad()
    expected.backward(torch.tensor(dy))
    # an input gradient is a small difference of dy's: its scale is that of dy · w · rstd
    assert rel_error(ours.backward(dy), tx.grad.numpy()) <= 10 * limit
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert rel_error(p.grad, q.grad.numpy()) <= limit, name


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(60))
def test_batch_norm(seed, dtype):
    rng = np.random.default_rng(seed)
    axes = int(rng.integers(2, 5))
    c = int(rng.choice(SIZES))
    shape = (int(rng.integers(3, 12)), c, *(int(rng.choice(SIZES)) for _ in range(axes - 2)))
    options = {"eps": float(rng.choice([1e-5, 1e-3])), "momentum": [0.1, 0.3, 1.0, None][seed % 4], "affine": seed % 5 != 0}
    ours, theirs = twin("BatchNorm2d" if axes == 4 else "BatchNorm1d", dtype, rng, c, **options)
    for _ in range(3):
        x = (rng.standard_normal(shape) * rng.uniform(0.5, 2) + rng.uniform(-3, 3)).astype(dtype)
        compare(ours, theirs, x, rng.standard_normal(shape).astype(dtype))
    for name, value in theirs.state_dict().items():
        assert rel_error(ours.state_dict()[name], value.numpy()) <= LIMIT[dtype], name
    ours.eval(), theirs.eval()
    x = rng.standard_normal(shape).astype(dtype)
    assert rel_error(ours.forward(x), theirs(torch.tensor(x)).detach().numpy()) <= LIMIT[dtype]
    assert ours.state_dict()["num_batches_tracked"] == 3
    with pytest.raises(nc.PhaseError, match="eval mode"):
        ours.backward(x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(40))
def test_group_norm(seed, dtype):
    rng = np.random.default_rng(seed)
    groups, size = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    shape = (int(rng.integers(1, 6)), groups * size, *(int(rng.choice(SIZES[2:])) for _ in range(int(rng.integers(1, 3)))))
    ours, theirs = twin("GroupNorm", dtype, rng, groups, groups * size, eps=1e-5, affine=seed % 4 != 0)
    compare(ours, theirs, rng.standard_normal(shape).astype(dtype), rng.standard_normal(shape).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(40))
def test_layer_norm(seed, dtype):
    rng = np.random.default_rng(seed)
    last = tuple(int(rng.choice(SIZES[2:])) for _ in range(int(rng.integers(1, 3))))
    first = tuple(int(s) for s in rng.integers(1, 12, int(rng.integers(1, 3))))
    options = {"elementwise_affine": seed % 4 != 0, "bias": seed % 3 != 0}
    ours, theirs = twin("LayerNorm", dtype, rng, last[0] if len(last) == 1 else last, **options)
    shape = first + last
    compare(ours, theirs, rng.standard_normal(shape).astype(dtype), rng.standard_normal(shape).astype(dtype))


@pytest.mark.parametrize("kind", ["BatchNorm2d", "GroupNorm", "LayerNorm"])
@pytest.mark.parametrize("offset", [0.0, 100.0, 1000.0])
def test_large_means_do_not_cancel(kind, offset):
    """float32 against PyTorch in float64: numbers far from zero, many to an average."""
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((4, 3, 150, 151)) + offset).astype(np.float32)
    arguments = {"BatchNorm2d": (3,), "GroupNorm": (1, 3), "LayerNorm": ((150, 151),)}[kind]
    y = getattr(nc, kind)(*arguments).forward(x)
    expected = getattr(torch.nn, kind)(*arguments).double()(torch.tensor(x.astype(np.float64)))
    assert rel_error(y, expected.detach().numpy()) <= 1e-5 + 2e-7 * offset
