"""Activations, softmax, losses, embedding and normal layers against PyTorch: outputs, input and parameter gradients."""

import numpy as np
import pytest

import netcore as nc
from tests.support import assert_close

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
T = torch.nn

DTYPES = [(np.float32, 2e-5), (np.float64, 1e-11)]
PAIRS = [
    (nc.ReLU, T.ReLU, {}), (nc.LeakyReLU, T.LeakyReLU, {"negative_slope": 0.2}), (nc.ELU, T.ELU, {"alpha": 0.6}), (nc.GELU, T.GELU, {}),
    (nc.GELU, T.GELU, {"approximate": "tanh"}), (nc.SiLU, T.SiLU, {}), (nc.Sigmoid, T.Sigmoid, {}), (nc.Tanh, T.Tanh, {}),
    (nc.Softplus, T.Softplus, {}), (nc.Softmax, T.Softmax, {"dim": 1}), (nc.Softmax, T.Softmax, {"dim": -1}),
    (nc.LogSoftmax, T.LogSoftmax, {"dim": -1}), (nc.LogSoftmax, T.LogSoftmax, {"dim": 0}), (nc.Identity, T.Identity, {}),
    (nc.Flatten, T.Flatten, {"start_dim": 1, "end_dim": 2}),
]  # fmt: skip


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize(("ours", "theirs", "options"), PAIRS)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 20.0])
def test_activations(dtype, tolerance, ours, theirs, options, scale):
    rng = np.random.default_rng(0)
    for shape in [(3, 5, 7), (1, 1, 1), (2, 17, 33)]:
        x, layer = (scale * rng.standard_normal(shape)).astype(dtype), ours(**options)
        y = layer.forward(x)
        source = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        expected = theirs(**options)(source)
        dy = rng.standard_normal(y.shape).astype(dtype)
        expected.backward(torch.tensor(dy, dtype=torch.float64))
        assert_close(y, expected.detach().numpy(), tolerance)
        if shape != (1, 1, 1):  # the gradient of a softmax over one number is zero
            assert_close(layer.backward(dy), source.grad.numpy(), tolerance * 10)


def losses(rng, shape):
    """(ours, theirs, options, prediction, target)"""
    real, other = rng.standard_normal(shape) * 3, rng.standard_normal(shape)
    p, q = rng.random(shape), rng.random(shape)
    log_p = np.log(p / p.sum(axis=-1, keepdims=True))
    yield nc.MSELoss, T.MSELoss, {}, real, other
    yield nc.L1Loss, T.L1Loss, {}, real, other
    yield nc.HuberLoss, T.HuberLoss, {"delta": 0.7}, real, other
    yield nc.BCELoss, T.BCELoss, {}, p, q
    yield nc.BCEWithLogitsLoss, T.BCEWithLogitsLoss, {}, real, q
    yield nc.KLDivLoss, T.KLDivLoss, {}, log_p, q
    yield nc.KLDivLoss, T.KLDivLoss, {"log_target": True}, log_p, np.log(q)


@pytest.mark.filterwarnings("ignore:reduction")
@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "batchmean"])
@pytest.mark.parametrize("shape", [(4, 5), (3, 2, 7), (1, 1)])
def test_losses(dtype, tolerance, reduction, shape):
    rng = np.random.default_rng(1)
    for ours, theirs, options, pred, target in losses(rng, shape):
        if reduction == "batchmean" and ours is not nc.KLDivLoss:
            continue
        mine, oracle = (loss(reduction=reduction, **options) for loss in (ours, theirs))
        compare_loss(mine, oracle, pred.astype(dtype), target.astype(dtype), tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("shape", [(5, 3), (4, 6, 9), (7, 65), (3, 1)])
def test_cross_entropy(dtype, tolerance, reduction, smoothing, shape):
    rng = np.random.default_rng(2)
    pred, target = (4 * rng.standard_normal(shape)).astype(dtype), rng.integers(0, shape[-1], shape[:-1])
    target.flat[0] = -100
    theirs = T.CrossEntropyLoss(reduction=reduction, label_smoothing=smoothing)

    def classes_second(x, t):
        return theirs(x.movedim(-1, 1), t)

    compare_loss(nc.CrossEntropyLoss(smoothing, reduction=reduction), classes_second, pred, target, tolerance)
    if smoothing == 0:
        log_p = pred - np.log(np.exp(pred).sum(axis=-1, keepdims=True))
        nll = T.NLLLoss(reduction=reduction)
        compare_loss(nc.NLLLoss(reduction=reduction), lambda x, t: nll(x.movedim(-1, 1), t), log_p, target, tolerance)


def compare_loss(ours, theirs, pred, target, tolerance):
    value = ours.forward(pred, target)
    source = torch.tensor(pred, dtype=torch.float64, requires_grad=True)
    expected = theirs(source, torch.tensor(target) if target.dtype.kind == "i" else torch.tensor(target, dtype=torch.float64))
    expected.sum().backward()
    assert_close(np.asarray(value, pred.dtype), expected.detach().numpy(), max(tolerance, 1e-6 if pred.dtype == np.float32 else 0))
    gradient = source.grad.numpy()
    if np.abs(gradient).max() > 1e-9:
        assert_close(ours.backward(), gradient, tolerance * 5)


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize("padding_idx", [None, 0, 4, -1])
@pytest.mark.parametrize("shape", [(1,), (5, 9), (2, 3, 4), (400,)])
@pytest.mark.parametrize("width", [1, 7, 16, 33])
def test_embedding(dtype, tolerance, padding_idx, shape, width):
    """Tokens come several times in a batch, so that gradients add up; the padding token's row stays as it is."""
    rng = np.random.default_rng(3)
    ours = nc.Embedding(20, width, padding_idx=padding_idx).astype(dtype)
    theirs = T.Embedding(20, width, padding_idx=padding_idx, dtype=torch.float64)
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    tokens, dy = rng.integers(0, 20, shape), rng.standard_normal((*shape, width)).astype(dtype)
    expected = theirs(torch.tensor(tokens))
    expected.backward(torch.tensor(dy, dtype=torch.float64))
    assert_close(ours.forward(tokens), expected.detach().numpy(), tolerance)
    assert ours.backward(dy) is None
    assert_close(ours.weight.grad, theirs.weight.grad.numpy(), tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize("shape", [(6,), (4, 6), (2, 3, 6)])
def test_linear(dtype, tolerance, shape):
    rng = np.random.default_rng(3)
    ours, theirs = nc.Linear(6, 5).astype(dtype), T.Linear(6, 5, dtype=torch.float64)
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    x = rng.standard_normal(shape).astype(dtype)
    source = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    expected = theirs(source)
    y = ours.forward(x)
    assert_close(y, expected.detach().numpy(), tolerance)
    expected.backward(torch.tensor(y, dtype=torch.float64))
    assert_close(ours.backward(y), source.grad.numpy(), tolerance * 5)
    assert_close(ours.weight.grad, theirs.weight.grad.numpy(), tolerance * 5)
