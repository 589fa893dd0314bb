"""csrc/pool.pyx and csrc/kernels/pool.h: against the NumPy twin in float64, by differences, at odd sizes, on bad input."""

import numpy as np
import pytest

import netcore as nc
import netcore.functional as F
from netcore import config, shapes
from netcore.backend import kernels
from netcore.reference import pool as reference
from tests.support import DTYPES, ISAS, assert_close, directional, isa

# (planes, height, width), kernel, stride, padding, dilation, ceil_mode
GEOMETRIES = [
    ((2, 4, 4), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((3, 28, 28), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((1, 5, 31), (2, 2), (2, 2), (0, 0), (1, 1), False),  # 15 outputs: lanes - 1
    ((1, 4, 33), (2, 2), (2, 2), (0, 0), (1, 1), False),  # lanes
    ((2, 3, 34), (2, 2), (2, 2), (0, 0), (1, 1), False),  # lanes + 1
    ((1, 7, 67), (2, 2), (2, 2), (0, 0), (1, 1), True),  # a last window that is cut off
    ((2, 9, 11), (3, 3), (2, 2), (1, 1), (1, 1), False),
    ((2, 9, 11), (3, 2), (1, 1), (1, 0), (1, 1), True),
    ((2, 13, 7), (2, 3), (3, 1), (1, 1), (3, 2), False),
    ((1, 6, 5), (5, 4), (1, 2), (2, 2), (1, 1), True),
    ((3, 1, 1), (1, 1), (1, 1), (0, 0), (1, 1), False),
    ((2, 1, 1), (2, 2), (1, 1), (1, 1), (1, 1), False),
    ((1, 2, 2), (3, 3), (2, 2), (0, 0), (1, 1), True),  # a window larger than the image
    ((1, 30, 30), (17, 17), (2, 3), (8, 7), (1, 1), False),  # places beyond a byte
    ((0, 5, 5), (2, 2), (2, 2), (0, 0), (1, 1), False),
]


def outputs(geometry):
    planes, *size = geometry[0]
    return (planes, *(shapes.pool_output(size[i], *(pair[i] for pair in geometry[1:5]), geometry[5]) for i in (0, 1)))


def guarded(shape, dtype):
    """An array with a plane of sevens before and behind."""
    whole = np.full((shape[0] + 2, *shape[1:]), 7, dtype)
    return whole, whole[1:-1]


def assert_guarded(*wholes):
    for whole in wholes:
        assert (whole[[0, -1]] == 7).all()


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_max_against_reference(level, dtype, geometry):
    rng = np.random.default_rng(sum(geometry[0]))
    window = geometry[1:5]
    x = np.round(rng.standard_normal(geometry[0]) * 2).astype(dtype)  # with ties
    x[rng.random(x.shape) < 0.05] = np.nan
    x[rng.random(x.shape) < 0.05] = -np.inf
    shape = outputs(geometry)
    place = np.uint8 if window[0][0] * window[0][1] <= 256 else np.int32
    (whole_y, y), (whole_which, which), (whole_dx, dx) = guarded(shape, dtype), guarded(shape, place), guarded(x.shape, dtype)
    dy = rng.standard_normal(shape).astype(dtype)
    with isa(level):
        kernels.pool.max_forward(x, y, which, *window)
        kernels.pool.max_backward(dy, which, dx, *window)
    expected_y, expected_which, expected_dx = np.empty(shape), np.empty(shape, np.int64), np.empty(x.shape)
    reference.max_forward(x.astype(np.float64), expected_y, expected_which, *window)
    reference.max_backward(dy.astype(np.float64), expected_which, expected_dx, *window)
    np.testing.assert_array_equal(y, expected_y)
    np.testing.assert_array_equal(which, expected_which)
    assert_close(dx, expected_dx, 1e-6)
    assert_guarded(whole_y, whole_which, whole_dx)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("count_padding", [False, True])
def test_average_against_reference(level, dtype, geometry, count_padding):
    rng = np.random.default_rng(sum(geometry[0]))
    geometry = (*geometry[:4], (1, 1), geometry[5])
    window = (*geometry[1:4], count_padding)
    x, shape = rng.standard_normal(geometry[0]).astype(dtype), outputs(geometry)
    (whole_y, y), (whole_dx, dx) = guarded(shape, dtype), guarded(x.shape, dtype)
    dy = rng.standard_normal(shape).astype(dtype)
    with isa(level):
        kernels.pool.average_forward(x, y, *window)
        kernels.pool.average_backward(dy, dx, *window)
    expected_y, expected_dx = np.empty(shape), np.empty(x.shape)
    reference.average_forward(x.astype(np.float64), expected_y, *window)
    reference.average_backward(dy.astype(np.float64), expected_dx, *window)
    assert_close(y, expected_y, 2e-6 if dtype is np.float32 else 1e-14)
    assert_close(dx, expected_dx, 2e-6 if dtype is np.float32 else 1e-14)
    assert_guarded(whole_y, whole_dx)


PAIRS = [
    (F.max_pool2d_forward, F.max_pool2d_backward, {"kernel_size": 2}),
    (F.max_pool2d_forward, F.max_pool2d_backward, {"kernel_size": (3, 2), "stride": 1, "padding": 1, "dilation": (1, 2)}),
    (F.avg_pool2d_forward, F.avg_pool2d_backward, {"kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 0), "ceil_mode": True}),
    (F.avg_pool2d_forward, F.avg_pool2d_backward, {"kernel_size": 3, "padding": 1, "count_include_pad": False}),
    (F.adaptive_avg_pool2d_forward, F.adaptive_avg_pool2d_backward, {"output_size": (3, 4)}),
]


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize(("forward", "backward", "options"), PAIRS)
def test_gradient_along_random_directions(level, forward, backward, options):
    rng = np.random.default_rng(4)
    x = rng.permutation(2 * 3 * 9 * 10).reshape(2, 3, 9, 10) / 10  # no two are closer than the step: no kink is crossed
    with isa(level):
        y, cache = forward(x, **options)
        dy = rng.standard_normal(y.shape)
        dx = backward(dy, cache)
        for _ in range(3):
            assert directional(lambda x: float(np.sum(forward(x, **options)[0] * dy)), x, dx, rng) < 1e-5
        assert not backward(np.zeros_like(dy), cache).any()


@pytest.mark.parametrize(("forward", "backward", "options"), PAIRS)
def test_any_memory_layout(forward, backward, options):
    rng = np.random.default_rng(5)
    x = rng.standard_normal((2, 3, 8, 10)).astype(np.float32)
    y, cache = forward(x, **options)
    dy = rng.standard_normal(y.shape).astype(np.float32)
    dx = backward(dy, cache)
    strided = np.zeros((2, 3, 16, 10), np.float32)[:, :, ::-2]
    strided[...] = x
    odd = np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(np.uint8)
    misaligned = np.ndarray(x.shape, np.float32, odd.data)  # one byte off
    for other in (np.asfortranarray(x), strided, x.astype(">f4"), misaligned):
        before = other.copy()
        y_other, cache_other = forward(other, **options)
        np.testing.assert_array_equal(y_other, y)
        np.testing.assert_array_equal(backward(np.asfortranarray(dy), cache_other), dx)
        np.testing.assert_array_equal(other, before)


@pytest.mark.parametrize(("forward", "backward", "options"), PAIRS)
def test_empty_batch(forward, backward, options):
    y, cache = forward(np.zeros((0, 3, 8, 10), np.float32), **options)
    assert y.shape[:2] == (0, 3)
    assert backward(y, cache).shape == (0, 3, 8, 10)


def test_bits_do_not_depend_on_threads():
    x = np.random.default_rng(6).standard_normal((7, 5, 33, 34)).astype(np.float32)
    before, results = config.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            results.append([array for f, b, options in PAIRS for y, cache in [f(x, **options)] for array in (y, b(y, cache))])
    finally:
        config.set_num_threads(before)
    for result in results[1:]:
        for a, b in zip(results[0], result, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_window_of_padding_alone():
    """Dilation steps over the only pixel: -inf as in PyTorch, and the gradient goes nowhere."""
    y, cache = F.max_pool2d_forward(np.ones((1, 1, 1, 1), np.float32), 2, 1, 1, 2)
    assert y.tolist() == [[[[-np.inf]]]]
    assert F.max_pool2d_backward(np.ones_like(y), cache).tolist() == [[[[0.0]]]]


IMAGE = np.zeros((1, 1, 4, 4), np.float32)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((IMAGE, 0), nc.ArgumentError, "kernel_size must be a whole number >= 1"),
        ((IMAGE, 2.0), nc.ArgumentError, "kernel_size must be a whole number"),
        ((IMAGE, (2, 2, 2)), nc.ArgumentError, "two of them"),
        ((IMAGE, 2, 0), nc.ArgumentError, "stride must be"),
        ((IMAGE, 2, 1, -1), nc.ArgumentError, "padding must be"),
        ((IMAGE, 3, 1, 2), nc.ArgumentError, "at most half the kernel_size"),
        ((IMAGE, 2**16), nc.ArgumentError, "below 2³¹"),
        ((IMAGE, 1, 2**70), nc.ArgumentError, "below 2³¹"),
        ((IMAGE, 5), nc.ShapeError, "does not fit into 4"),
        ((np.zeros((1, 1, 0, 4), np.float32), 2, 2, 1), nc.ShapeError, "at least one row and column"),
        ((IMAGE[0], 2), nc.ShapeError, "must have 4 axes"),
        ((IMAGE.astype(np.int64), 2), nc.DTypeError, "float32 or float64"),
        ((IMAGE.astype(np.float16), 2), nc.DTypeError, "float32 or float64"),
        ((IMAGE.astype(object), 2), nc.DTypeError, "float32 or float64"),
    ],
)
@pytest.mark.parametrize("forward", [F.max_pool2d_forward, F.avg_pool2d_forward])
def test_rejected(forward, arguments, error, message):
    with pytest.raises(error, match=message):
        forward(*arguments)


def test_rejected_dilation_and_gradients():
    with pytest.raises(nc.ArgumentError, match="dilation must be"):
        F.max_pool2d_forward(IMAGE, 2, dilation=0)
    for forward, backward, options in PAIRS:
        y, cache = forward(np.zeros((2, 3, 8, 10), np.float32), **options)
        with pytest.raises(nc.ShapeError, match="dy must have shape"):
            backward(y[:, :, :-1], cache)
        with pytest.raises(nc.DTypeError, match="dy is float64"):
            backward(y.astype(np.float64), cache)
    for wrong in (0, -1, 1.5, (1, 2, 3), (), "3", (2, 0)):
        with pytest.raises(nc.ArgumentError, match="output_size"):
            nc.AdaptiveAvgPool2d(wrong)
        with pytest.raises(nc.ArgumentError, match="output_size"):
            F.adaptive_avg_pool2d_forward(IMAGE, wrong)
    with pytest.raises(nc.ShapeError, match="at least one row"):
        F.adaptive_avg_pool2d_forward(np.zeros((1, 1, 0, 3), np.float32), 2)


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_one_axis_is_a_row_of_windows(kind):
    rng = np.random.default_rng(8)
    x = rng.standard_normal((2, 3, 17))
    one, two = (getattr(F, f"{kind}_pool{d}d_forward") for d in (1, 2))
    back_one, back_two = (getattr(F, f"{kind}_pool{d}d_backward") for d in (1, 2))
    y, cache = one(x, 3, 2, (1,))
    expected, expected_cache = two(x[:, :, None], (1, 3), (1, 2), (0, 1))
    np.testing.assert_array_equal(y, expected[:, :, 0])
    dy = rng.standard_normal(y.shape)
    np.testing.assert_array_equal(back_one(dy, cache), back_two(dy[:, :, None], expected_cache)[:, :, 0])
    for wrong in ((0,), (2.0,), ((2, 3),), (2, 0), (2, 1, -1), (2, 1, 2)):
        with pytest.raises(nc.ArgumentError):
            one(x, *wrong)
    with pytest.raises(nc.ShapeError, match="must have 3 axes"):
        one(x[0], 2)
