"""csrc/im2col.pyx: against its NumPy twin, as an adjoint pair, and as a convolution."""

import numpy as np
import pytest

import netcore.functional as F
from netcore.errors import ArgumentError, ShapeError
from netcore.reference import im2col as reference
from tests.support import DTYPES, assert_close

# (N, C, H, W), kernel, stride, padding, dilation: height and width never alike, remainders, overlaps, gaps
CASES = [
    ((2, 3, 7, 9), (2, 3), (1, 1), (0, 0), (1, 1)),
    ((1, 1, 5, 11), (3, 2), (2, 3), (1, 2), (1, 1)),
    ((3, 2, 8, 6), (2, 2), (3, 3), (0, 1), (2, 1)),
    ((1, 4, 1, 13), (1, 5), (1, 2), (0, 4), (1, 2)),
    ((0, 2, 4, 5), (2, 2), (1, 1), (0, 0), (1, 1)),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "kernel", "stride", "padding", "dilation"), CASES)
def test_twins_agree_and_are_adjoint(dtype, shape, kernel, stride, padding, dilation):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(dtype)
    columns = F.im2col(x, kernel, stride, padding, dilation)
    out = [(shape[2 + i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1 for i in (0, 1)]
    twin = np.full_like(columns, np.nan)
    reference.im2col(x, twin, kernel, tuple(out), stride, padding, dilation)
    np.testing.assert_array_equal(columns, twin)
    weights = rng.standard_normal(columns.shape).astype(dtype)
    back = F.col2im(weights, shape[2:], kernel, stride, padding, dilation)
    twin_back = np.zeros_like(back)
    reference.col2im(weights, twin_back, kernel, tuple(out), stride, padding, dilation)
    assert_close(back, twin_back)
    if x.size:
        left, right = np.vdot(columns.astype(np.float64), weights), np.vdot(x.astype(np.float64), back)
        assert abs(left - right) <= 1e-5 * np.linalg.norm(columns) * np.linalg.norm(weights)


@pytest.mark.parametrize(("shape", "kernel", "stride", "padding", "dilation"), CASES[:4])
def test_filters_times_columns_is_the_convolution(shape, kernel, stride, padding, dilation):
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal(shape), rng.standard_normal((5, shape[1], *kernel))
    y, _ = F.conv2d_forward(x, w, None, stride, padding, dilation)
    product = w.reshape(5, -1) @ F.im2col(x, kernel, stride, padding, dilation)
    assert_close(y, product.reshape(y.shape))


def test_rejected():
    with pytest.raises(ShapeError, match="does not fit"):
        F.im2col(np.zeros((1, 1, 3, 3)), 5)
    with pytest.raises(ShapeError, match=r"cols must have shape \(N, C·4, 4\)"):
        F.col2im(np.zeros((1, 4, 5)), 3, 2)
    with pytest.raises(ArgumentError, match="stride must be a whole number >= 1"):
        F.im2col(np.zeros((1, 1, 3, 3)), 2, stride=0)
