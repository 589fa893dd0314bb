"""csrc/conv.pyx and csrc/kernels/conv.h: the four duties, for every instruction set."""

import numpy as np
import pytest

import netcore as nc
import netcore.functional as F
from netcore.backend import kernels
from netcore.errors import ArgumentError, DTypeError, ShapeError
from netcore.reference import conv as reference
from netcore.shapes import window_output
from tests.support import DTYPES, ISAS, assert_close, directional, guarded, isa

ONE = (1, 1)
# (N, C, K, H, W, kernel, stride, ((top, bottom), (left, right)), dilation, groups)
GEOMETRIES = [
    (2, 3, 5, 7, 9, (3, 2), ONE, ((0, 0), (0, 0)), ONE, 1),
    (1, 1, 1, 1, 1, (1, 1), ONE, ((0, 0), (0, 0)), ONE, 1),     # one number
    (2, 4, 4, 5, 1, (3, 1), ONE, ((1, 1), (0, 0)), ONE, 1),     # width 1
    (3, 2, 33, 4, 8, (2, 2), ONE, ((0, 1), (0, 1)), ONE, 1),    # more filters than a tile has columns; 'same' of an even filter
    (2, 6, 9, 11, 5, (3, 3), (2, 3), ((2, 1), (0, 4)), ONE, 3), # strides that leave a rest, groups
    (1, 5, 10, 8, 6, (3, 3), ONE, ((1, 1), (1, 1)), ONE, 5),    # depthwise, two filters a channel
    (3, 5, 5, 9, 37, (3, 3), ONE, ((1, 1), (1, 2)), ONE, 5),    # depthwise, one filter a channel, rows longer than a vector
    (1, 7, 7, 8, 19, (3, 5), (2, 2), ((1, 1), (2, 2)), ONE, 7), # the same with strides
    (1, 3, 1, 21, 9, (3, 2), (1, 2), ((1, 0), (1, 0)), ONE, 1), # one filter, an image in parts
    (2, 9, 4, 7, 6, (3, 2), ONE, ((4, 1), (0, 3)), (2, 3), 1),  # turned filters with dilation and uneven padding
    (2, 3, 4, 6, 6, (2, 4), (2, 1), ((3, 3), (5, 5)), (2, 3), 1),  # dilated even filter, padding beyond the filter
    (1, 2, 3, 1, 1, (3, 3), ONE, ((9, 9), (9, 9)), ONE, 1),     # mostly padding
    (5, 13, 17, 6, 7, (1, 1), (1, 2), ((0, 0), (0, 0)), ONE, 1),
    (1, 1, 2, 3, 130, (1, 5), ONE, ((0, 0), (2, 2)), ONE, 1),   # rows longer than a panel
    (17, 2, 3, 5, 5, (3, 3), (1, 1), ((1, 1), (1, 1)), ONE, 1), # more samples than partial sums
    (0, 2, 3, 5, 5, (3, 3), (1, 1), ((1, 1), (1, 1)), ONE, 1),  # no samples
]  # fmt: skip
# Output widths around the vectors of every instruction set (4, 8, 16 lanes; tiles of 6, 16, 32).
WIDTHS = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 97]


def problem(geometry, dtype, seed=0):
    """x, w, b, dy and the arguments after them."""
    n, c, k, h, w, kernel, stride, padding, dilation, groups = geometry
    rng = np.random.default_rng(seed)
    out = [window_output(size, kernel[i], stride[i], sum(padding[i]), dilation[i]) for i, size in enumerate((h, w))]
    shapes = (n, c, h, w), (k, c // groups, *kernel), (k,), (n, k, *out)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes], (stride, padding, dilation, groups)


def passes(module, arrays, geometry, dtype):
    """(y, dx, dw) of a module, each inside guard bands that must stay as they are."""
    x, w, b, dy = (a.astype(dtype) for a in arrays)
    results = []
    for like, call in (
        (dy, lambda out: module.forward(x, w, b, out, *geometry)),
        (x, lambda out: module.input_gradient(dy, w, None, out, *geometry)),
        (w, lambda out: module.weight_gradient(x, dy, out, *geometry)),
    ):
        results.append(guarded(like, call))
    return results


def check_passes(geometry, dtype, level):
    arrays, rest = problem(geometry, dtype)
    with isa(level):
        got = passes(kernels.conv, arrays, rest, dtype)
    for name, result, expected in zip(("y", "dx", "dw"), got, passes(reference, arrays, rest, np.float64), strict=True):
        assert_close(result, expected, what=name)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_against_the_reference(geometry, dtype, level):
    check_passes(geometry, dtype, level)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", WIDTHS)
def test_sizes_around_the_lanes(width, dtype, level):
    """The width of a row, the number of filters, and the number of channels, each around the vectors' length."""
    check_passes((1, 2, 3, 2, width, (2, 3), ONE, ((1, 0), (1, 1)), ONE, 1), dtype, level)
    check_passes((2, 2, width, 2, 5, (2, 2), (2, 1), ((1, 0), (1, 1)), ONE, 1), dtype, level)
    check_passes((1, width, 2, 3, 3, (2, 1), ONE, ((0, 0), (0, 0)), ONE, 1), dtype, level)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("stride, dilation, extra", [(1, (2, 3), (1, 2)), (1, (2, 2), (1, 0)), (2, ONE, (1, 1)), ((2, 3), ONE, (0, 2))])
@pytest.mark.parametrize("channels", [2, 9])
def test_output_padding(channels, stride, dilation, extra, dtype, level):
    """Rows and columns of a transposed convolution's output that no filter reaches hold the bias alone."""
    rng = np.random.default_rng(3)
    stride = (stride, stride) if isinstance(stride, int) else stride
    x, w, b = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((4, channels, 2, 3)), rng.standard_normal(channels)
    rest = stride, ((1, 1), (0, 0)), dilation, 1
    with isa(level):
        options = {"stride": stride, "padding": (1, 0), "output_padding": extra, "dilation": dilation}
        y = F.conv_transpose2d_forward(*(a.astype(dtype) for a in (x, w, b)), **options)[0]
    expected = np.empty(y.shape)
    reference.input_gradient(x, w, b, expected, *rest)
    assert_close(y, expected)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("geometry", GEOMETRIES[:8], ids=str)
def test_gradients_by_differences(geometry, transposed, level):
    """In float64 along random directions, with a random gradient from above; it is linear in each argument."""
    (x, w, b, dy), (stride, padding, dilation, groups) = problem(geometry, np.float64)
    if transposed:
        x, b, pads = dy, np.random.default_rng(1).standard_normal(w.shape[1] * groups), tuple(min(p) for p in padding)
        made = [(x.shape[2 + i] - 1) * stride[i] + dilation[i] * (w.shape[2 + i] - 1) + 1 - 2 * pads[i] for i in (0, 1)]
        options = {"stride": stride, "padding": pads if min(made) > 0 else 0, "dilation": dilation, "groups": groups}
        forward, backward = F.conv_transpose2d_forward, F.conv_transpose2d_backward
    else:
        x = np.pad(x, ((0, 0), (0, 0), *padding))
        options = {"stride": stride, "dilation": dilation, "groups": groups}
        forward, backward = F.conv2d_forward, F.conv2d_backward
    rng = np.random.default_rng(2)
    with isa(level):
        y, cache = forward(x, w, b, **options)
        dy = rng.standard_normal(y.shape)
        gradients = backward(dy, cache)
        arguments = [x, w, b]
        for i, gradient in enumerate(gradients):
            def value(a, i=i):
                return float((forward(*arguments[:i], a, *arguments[i + 1 :], **options)[0] * dy).sum())
            assert directional(value, arguments[i], gradient, rng, eps=1e-3) < 1e-8, ("dx", "dw", "db")[i]
        assert all((g == 0).all() for g in backward(np.zeros_like(dy), cache))


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("samples", [1, 3, 40])
@pytest.mark.parametrize("groups", [1, 2])
def test_bits_do_not_depend_on_threads(samples, groups, level):
    results = []
    before = nc.get_num_threads()
    (x, w, b, dy), rest = problem((samples, 4, 6, 23, 19, (3, 3), ONE, ((1, 1), (1, 1)), ONE, groups), np.float32)
    try:
        for threads in (1, 2, 3):
            nc.set_num_threads(threads)
            with isa(level):
                results.append(passes(kernels.conv, (x, w, b, dy), rest, np.float32))
    finally:
        nc.set_num_threads(before)
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            assert np.array_equal(one, two)


@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_in_any_layout(dtype):
    """Views with gaps, Fortran order and other byte orders are copied, never misread; what was passed stays as it was."""
    (x, w, b, dy), _ = problem(GEOMETRIES[0], dtype)
    y, cache = F.conv2d_forward(x, w, b)
    expected = (y, *F.conv2d_backward(dy, cache))
    wide = np.zeros((*x.shape[:3], 2 * x.shape[3]), dtype)
    wide[..., ::2] = x
    for view in (wide[..., ::2], np.asfortranarray(x), x[:, :, ::-1, ::-1].copy()[:, :, ::-1, ::-1], x.astype(x.dtype.newbyteorder())):
        kept = view.copy()
        y, cache = F.conv2d_forward(view, np.asfortranarray(w), b)
        for one, two in zip((y, *F.conv2d_backward(np.asfortranarray(dy), cache)), expected, strict=True):
            assert np.array_equal(one, two)
        assert np.array_equal(view, kept)


def test_only_the_gradients_that_are_needed():
    (x, w, b, dy), _ = problem(GEOMETRIES[0], np.float32)
    cache = F.conv2d_forward(x, w, b)[1]
    full = F.conv2d_backward(dy, cache)
    for i in range(3):
        some = F.conv2d_backward(dy, cache, needs=tuple(j == i for j in range(3)))
        assert [g is None for g in some] == [j != i for j in range(3)]
        assert np.array_equal(some[i], full[i])
    assert F.conv2d_backward(dy, F.conv2d_forward(x, w)[1])[2] is None


def test_no_samples():
    for forward, backward in ((F.conv2d_forward, F.conv2d_backward), (F.conv_transpose2d_forward, F.conv_transpose2d_backward)):
        y, cache = forward(np.zeros((0, 2, 5, 5)), np.ones((2, 2, 3, 3)), np.ones(2))
        dx, dw, db = backward(y, cache)
        assert y.shape[:2] == (0, 2)
        assert dx.shape == (0, 2, 5, 5)
        assert dw.shape == (2, 2, 3, 3)
        assert not dw.any()
        assert not db.any()


X, W = np.zeros((2, 4, 5, 6)), np.zeros((6, 4, 3, 3))
REJECTED = [
    (dict(x=X[0]), ShapeError, "x must have 4 axes"),
    (dict(w=W[0]), ShapeError, "w must have 4 axes"),
    (dict(x=X.astype(int)), DTypeError, "x must be float32 or float64"),
    (dict(w=W.astype(np.float32)), DTypeError, "w is float32 where float64 is due"),
    (dict(x=X[:, :3]), ShapeError, "x must have C=4 channels"),
    (dict(w=np.zeros((6, 4, 0, 3))), ShapeError, "no empty axis"),
    (dict(b=np.zeros(5)), ShapeError, r"b must have shape \(6,\)"),
    (dict(b=np.zeros((6, 1))), ShapeError, "b must have 1 axes"),
    (dict(groups=4), ArgumentError, "groups=4 must divide"),
    (dict(groups=0), ArgumentError, "groups must be a whole number >= 1"),
    (dict(groups=2), ShapeError, "x must have C=8 channels"),
    (dict(stride=0), ArgumentError, "stride must be a whole number >= 1"),
    (dict(stride=(1, 2, 3)), ArgumentError, "stride must be a whole number or two"),
    (dict(stride=1.5), ArgumentError, "stride must be a whole number"),
    (dict(stride=True), ArgumentError, "stride must be a whole number"),
    (dict(padding=-1), ArgumentError, "padding must be a whole number >= 0"),
    (dict(padding="full"), ArgumentError, "'same' or 'valid'"),
    (dict(padding="same", stride=2), ArgumentError, "only with stride 1"),
    (dict(dilation=0), ArgumentError, "dilation must be a whole number >= 1"),
    (dict(dilation=3), ShapeError, "does not fit"),
    (dict(x=np.zeros((2, 4, 5, 0)), padding=3), ShapeError, "only the batch axis"),
    (dict(padding=10**9, stride=10**9), ArgumentError, "padded"),
]


@pytest.mark.parametrize("change, error, message", REJECTED, ids=[str(i) for i in range(len(REJECTED))])
def test_rejected(change, error, message):
    with pytest.raises(error, match=message):
        F.conv2d_forward(**({"x": X, "w": W} | change))


@pytest.mark.parametrize("change, error, message", [
    (dict(output_padding=2, stride=2), ArgumentError, "output_padding .* must be smaller"),
    (dict(output_padding=-1), ArgumentError, "output_padding must be a whole number >= 0"),
    (dict(padding=9), ShapeError, "use less padding"),
    (dict(x=X[:, :3]), ShapeError, "x must have C=6 channels"),
    (dict(groups=4), ArgumentError, "groups=4 must divide"),
    (dict(padding="same"), ArgumentError, "padding must be"),
    (dict(x=np.zeros((2, 6, 0, 5))), ShapeError, "only the batch axis"),
    (dict(x=np.zeros((1, 6, 2, 2)), stride=10**12, padding=5 * 10**11), ArgumentError, "padded"),
])  # fmt: skip
def test_rejected_by_the_transpose(change, error, message):
    with pytest.raises(error, match=message):
        F.conv_transpose2d_forward(**({"x": np.zeros((2, 6, 5, 6)), "w": W} | change))


def test_rejected_gradients():
    y, cache = F.conv2d_forward(X, W)
    with pytest.raises(ShapeError, match="dy must have shape"):
        F.conv2d_backward(y[:, :, 1:], cache)
    with pytest.raises(DTypeError, match="dy is float32"):
        F.conv2d_backward(y.astype(np.float32), cache)
