"""csrc/winograd.pyx and csrc/kernels/winograd.h: the four duties for every instruction set, and when the algorithm is chosen."""

from types import SimpleNamespace

import numpy as np
import pytest

import netcore as nc
import netcore.functional as F
from netcore.backend import kernels
from netcore.errors import ArgumentError
from netcore.functional import conv_passes
from netcore.reference import conv as direct
from netcore.reference import winograd as reference
from tests.support import DTYPES, ISAS, assert_close, directional, guarded, isa, rel_error

NONE, ONE, TWO = ((0, 0), (0, 0)), ((1, 1), (1, 1)), ((2, 2), (2, 2))
# (N, C, K, H, W, padding): tiles that are cut off, one tile, many small samples in a task, samples of several strips, more blocks of
# tiles than a weight gradient has partial sums, several blocks of sums too large for parts
GEOMETRIES = [
    (2, 3, 5, 8, 8, ONE),
    (1, 1, 1, 3, 3, NONE),
    (1, 1, 1, 1, 1, ONE),
    (3, 17, 33, 7, 9, ONE),
    (31, 4, 6, 4, 4, ONE),
    (2, 5, 4, 70, 66, ONE),
    (1, 2, 3, 5, 230, TWO),
    (2, 3, 4, 6, 11, ((0, 2), (1, 0))),
    (0, 3, 4, 6, 6, ONE),
    (40, 3, 4, 30, 30, ONE),
    (7, 130, 68, 17, 30, ONE),
]
# The same for filters of 5 × 5, of which a small one has no outputs
LARGE = [g for g in GEOMETRIES if g[3] + sum(g[-1][0]) >= 5 and g[4] + sum(g[-1][1]) >= 5] + [
    (3, 2, 3, 8, 7, ((4, 4), (3, 3))),
    (5, 6, 4, 12, 12, NONE),
]
BOTH = [(3, g) for g in GEOMETRIES] + [(5, g) for g in LARGE]
CHANNELS = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65]


@pytest.fixture
def forced():
    yield nc.set_conv_algorithm
    nc.set_conv_algorithm("auto")


def problem(geometry, size=3, seed=0):
    n, c, k, h, w, padding = geometry
    rng = np.random.default_rng(seed)
    out = h + sum(padding[0]) - size + 1, w + sum(padding[1]) - size + 1
    return [rng.standard_normal(shape) for shape in ((n, c, h, w), (k, c, size, size), (k,), (c,), (n, k, *out))]


def passes(module, arrays, padding, dtype):
    """y, dx and dw, each inside guard bands that must stay as they are."""
    x, w, b, b_in, dy = (a.astype(dtype) for a in arrays)
    results = []
    for like, call in (
        (dy, lambda out: module.forward(x, w, b, out, padding)),
        (x, lambda out: module.input_gradient(dy, w, b_in, out, padding)),
        (w, lambda out: module.weight_gradient(x, dy, out, padding)),
    ):
        results.append(guarded(like, call))
    return dict(zip(("y", "dx", "dw"), results, strict=True))


def direct_passes(arrays, padding):
    x, w, b, b_in, dy = arrays
    y, dx, dw = np.empty_like(dy), np.empty_like(x), np.zeros_like(w)
    rest = ((1, 1), padding, (1, 1), 1)
    direct.forward(x, w, b, y, *rest)
    direct.input_gradient(dy, w, b_in, dx, *rest)
    direct.weight_gradient(x, dy, dw, *rest)
    return {"y": y, "dx": dx, "dw": dw}


@pytest.mark.parametrize(("size", "geometry"), BOTH, ids=str)
def test_the_twin_is_the_convolution(size, geometry):
    arrays = problem(geometry, size)
    expected = direct_passes(arrays, geometry[-1])
    for name, result in passes(reference, arrays, geometry[-1], np.float64).items():
        assert_close(result, expected[name], what=name)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("size", "geometry"), BOTH, ids=str)
def test_against_the_direct_convolution(size, geometry, dtype, level):
    arrays = problem(geometry, size)
    expected = direct_passes(arrays, geometry[-1])
    with isa(level):
        for name, result in passes(kernels.winograd, arrays, geometry[-1], dtype).items():
            assert_close(result, expected[name], what=name)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("size", [3, 5])
def test_channels_around_the_lanes(size, channels, dtype, level):
    for c, k in ((channels, 6), (6, channels)):
        arrays = problem((2, c, k, 9, 6, ONE), size, channels)
        expected = direct_passes(arrays, ONE)
        with isa(level):
            for name, result in passes(kernels.winograd, arrays, ONE, dtype).items():
                assert_close(result, expected[name], what=f"{name} of {c} to {k}")


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("size", [3, 5])
def test_error_in_single_precision(size, level):
    """A layer of the usual size: relative error below 2e-5 in float32, five times less than the 1e-4 that is allowed."""
    arrays = problem((4, 128, 96, 16, 16, ONE), size)
    expected = direct_passes(arrays, ONE)
    with isa(level):
        for name, result in passes(kernels.winograd, arrays, ONE, np.float32).items():
            assert rel_error(result, expected[name]) < 2e-5, name


@pytest.mark.parametrize("geometry", [(9, 20, 33, 14, 14, ONE), (2, 5, 40, 70, 66, ONE), (100, 17, 16, 4, 5, ONE), *GEOMETRIES[-2:]], ids=str)
@pytest.mark.parametrize("size", [3, 5])
def test_same_bits_for_any_number_of_threads(size, geometry):
    arrays, before = problem(geometry, size), nc.get_num_threads()
    try:
        found = []
        for threads in (1, 2, 3, 8):
            nc.set_num_threads(threads)
            found.append(passes(kernels.winograd, arrays, geometry[-1], np.float32))
    finally:
        nc.set_num_threads(before)
    for other in found[1:]:
        for name, result in other.items():
            np.testing.assert_array_equal(result, found[0][name])


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("size", [3, 5])
def test_gradients_along_random_directions(size, level, forced):
    """In float64, where the algorithm is used only if it is forced."""
    rng = np.random.default_rng(1)
    x, w, b = rng.standard_normal((2, 5, 9, 7)), rng.standard_normal((4, 5, size, size)), rng.standard_normal(4)
    forced("winograd")
    with isa(level):
        y, cache = F.conv2d_forward(x, w, b, padding=1)
        dy = rng.standard_normal(y.shape)
        dx, dw, db = F.conv2d_backward(dy, cache)
        assert directional(lambda v: float(np.sum(F.conv2d_forward(v, w, b, padding=1)[0] * dy)), x, dx, rng) < 1e-7
        assert directional(lambda v: float(np.sum(F.conv2d_forward(x, v, b, padding=1)[0] * dy)), w, dw, rng) < 1e-7
        assert directional(lambda v: float(np.sum(F.conv2d_forward(x, w, v, padding=1)[0] * dy)), b, db, rng) < 1e-7
        for result in F.conv2d_backward(np.zeros_like(dy), cache):
            assert not result.any()


def test_a_transposed_convolution_by_either_algorithm(forced):
    rng = np.random.default_rng(2)
    x, w, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((3, 18, 9, 10), (18, 34, 3, 3), (34,)))
    results = []
    for name in ("direct", "winograd"):
        forced(name)
        y, cache = F.conv_transpose2d_forward(x, w, b, padding=1)
        results.append((y, *F.conv_transpose2d_backward(np.cos(y), cache)))
    for one, other in zip(*results, strict=True):
        assert_close(one, other)


def choice(dtype=np.float32, w=(32, 16, 3, 3), out=(28, 28), stride=(1, 1), padding=ONE, dilation=(1, 1), groups=1):
    return F.conv_algorithm(np.dtype(dtype), w, (8, w[0], *out), stride, padding, dilation, groups)


def test_the_choice(forced, monkeypatch):
    assert choice() == "winograd"
    assert choice(out=(7, 7)) == "winograd"
    assert choice(w=(64, 32, 5, 5), out=(8, 8), padding=((0, 0), (4, 4))) == "winograd"
    unsuited = [
        {"dtype": np.float64}, {"w": (16, 15, 3, 3)}, {"w": (64, 3, 3, 3)}, {"w": (64, 64, 7, 7)}, {"w": (64, 64, 3, 1)}, {"out": (5, 5)},
        {"stride": (2, 1)}, {"dilation": (2, 2)}, {"groups": 2}, {"padding": ((3, 3), (1, 1))},
    ]  # fmt: skip
    for case in unsuited:
        assert choice(**case) != "winograd", case
    forced("winograd")
    assert nc.get_conv_algorithm() == "winograd"
    assert [choice(**case) for case in unsuited] == ["winograd"] * 2 + ["winograd"] + ["direct"] * 2 + ["winograd"] + ["direct"] * 4
    forced("direct")
    assert choice() == "direct"
    with pytest.raises(ArgumentError, match="no convolution algorithm is called 'fft'; choose one of: auto, direct, channels_last, winograd"):
        forced("fft")


def test_layers_use_what_is_chosen(forced, monkeypatch):
    called = []

    def noted(name):
        return lambda *arguments: (called.append(name), getattr(kernels.winograd, name)(*arguments))

    winograd = SimpleNamespace(**{name: noted(name) for name in ("forward", "input_gradient", "weight_gradient")})
    monkeypatch.setattr(conv_passes, "kernels", SimpleNamespace(conv=kernels.conv, winograd=winograd))
    layer = nc.Conv2d(16, 32, 3, padding=1)
    x = np.random.default_rng(0).standard_normal((2, 16, 8, 8)).astype(np.float32)
    layer.backward(layer.forward(x))
    assert called == ["forward", "input_gradient", "weight_gradient"]
    forced("direct")
    layer.backward(layer.forward(x))
    assert len(called) == 3
