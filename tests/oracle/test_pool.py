"""Pooling and up-sampling against PyTorch on random configurations: outputs and input gradients, both dtypes."""

import numpy as np
import pytest

import netcore as nc
import netcore.functional as F
from tests.support import rel_error

torch = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests; install the extra test-oracle")

DTYPES = [np.float32, np.float64]
LIMIT = {np.float32: 2e-6, np.float64: 1e-14}


def compare(ours, theirs, x, seed):
    """Forward and backward of both on the same x and dy."""
    dtype = x.dtype.type
    tx = torch.tensor(x, requires_grad=True)
    expected = theirs(tx)
    y = ours.forward(x)
    assert y.dtype == dtype
    assert rel_error(y, expected.detach().numpy()) <= LIMIT[dtype]
    assert ours.output_shape(x.shape[1:]) == y.shape[1:]
    dy = np.random.default_rng(seed).standard_normal(y.shape).astype(dtype)
    expected.backward(torch.tensor(dy))
    assert rel_error(ours.backward(dy), tx.grad.numpy()) <= LIMIT[dtype]


def window(rng, spatial, dilated):
    """Sizes, and the arguments of a pooling layer that fits them; strides below, at and above the window."""
    while True:
        kernel = [int(k) for k in rng.integers(1, 6, spatial)]
        stride = [int(s) for s in rng.integers(1, 6, spatial)] if rng.random() < 0.7 else None
        padding = [int(rng.integers(0, k // 2 + 1)) for k in kernel]
        dilation = [int(d) for d in rng.integers(1, 4, spatial)] if dilated and rng.random() < 0.4 else [1] * spatial
        size = [int(s) for s in rng.integers(1, 20, spatial)]
        spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
        # dilation can make windows of nothing but padding, where PyTorch's own gradient is undefined
        if max(dilation) == 1 or all(s >= span - p for s, span, p in zip(size, spans, padding, strict=True)):
            form = (lambda v: v[0]) if spatial == 1 else tuple
            options = {"kernel_size": form(kernel), "stride": stride and form(stride), "padding": form(padding)}
            options |= {"dilation": form(dilation)} if dilated else {"count_include_pad": bool(rng.integers(2))}
            return size, options | {"ceil_mode": bool(rng.integers(2))}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["MaxPool2d", "AvgPool2d", "MaxPool1d", "AvgPool1d"])
@pytest.mark.parametrize("seed", range(60))
def test_windows(kind, seed, dtype):
    rng = np.random.default_rng(seed)
    size, options = window(rng, int(kind[-2]), kind.startswith("Max"))
    x = rng.standard_normal((int(rng.integers(1, 4)), int(rng.integers(1, 5)), *size)).astype(dtype)
    if seed % 3 == 0:
        x = np.round(x)  # many ties
    try:
        theirs = getattr(torch.nn, kind)(**options)
        theirs(torch.tensor(x))
    except RuntimeError:
        with pytest.raises(nc.NetcoreError):
            getattr(nc, kind)(**options).forward(x)
        return
    compare(getattr(nc, kind)(**options), theirs, x, seed)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1, 2, 2), (2, 3, 28, 28), (3, 2, 7, 9), (2, 2, 33, 66), (1, 5, 2, 131), (4, 1, 65, 3)])
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_two_by_two(shape, ceil_mode, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    compare(nc.MaxPool2d(2, ceil_mode=ceil_mode), torch.nn.MaxPool2d(2, ceil_mode=ceil_mode), x, 1)
    compare(nc.AvgPool2d(2, ceil_mode=ceil_mode), torch.nn.AvgPool2d(2, ceil_mode=ceil_mode), x, 1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", [{"kernel_size": 2}, {"kernel_size": 3, "stride": 1, "padding": 1}, {"kernel_size": (2, 3), "stride": (1, 2)}])
def test_nan_and_infinity(options, dtype):
    rng = np.random.default_rng(3)
    x = np.round(rng.standard_normal((2, 3, 12, 35))).astype(dtype)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[rng.random(x.shape) < 0.2] = -np.inf
    x[rng.random(x.shape) < 0.05] = np.inf
    tx = torch.tensor(x, requires_grad=True)
    expected = torch.nn.MaxPool2d(**options)(tx)
    y, cache = F.max_pool2d_forward(x, **options)
    np.testing.assert_array_equal(y, expected.detach().numpy())
    dy = rng.standard_normal(y.shape).astype(dtype)
    expected.backward(torch.tensor(dy))
    assert rel_error(F.max_pool2d_backward(dy, cache), tx.grad.numpy()) <= LIMIT[dtype]


def test_windows_over_256_places():
    x = np.random.default_rng(0).standard_normal((2, 2, 40, 50)).astype(np.float32)
    options = {"kernel_size": (17, 19), "stride": (3, 5), "padding": (8, 9)}
    compare(nc.MaxPool2d(**options), torch.nn.MaxPool2d(**options), x, 2)
    options["kernel_size"] = (16, 16)
    options["padding"] = 8
    compare(nc.MaxPool2d(**options), torch.nn.MaxPool2d(**options), x, 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("output_size", [1, 2, 7, (3, 5), (None, 4), (2, None), (None, None), (13, 17), (1, 1)])
@pytest.mark.parametrize("shape", [(2, 3, 7, 7), (1, 2, 13, 10), (3, 1, 1, 5), (0, 2, 4, 4)])
def test_adaptive_average(output_size, shape, dtype):
    x = np.random.default_rng(5).standard_normal(shape).astype(dtype)
    compare(nc.AdaptiveAvgPool2d(output_size), torch.nn.AdaptiveAvgPool2d(output_size), x, 6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale_factor", [1, 2, 3, (2, 3), 2.0, 1.5, 0.5, (2.7, 0.6), (0.34, 3), 3.3])
def test_upsample(scale_factor, dtype):
    x = np.random.default_rng(7).standard_normal((2, 3, 7, 6)).astype(dtype)
    compare(nc.Upsample(scale_factor), torch.nn.Upsample(scale_factor=scale_factor, mode="nearest"), x, 8)
