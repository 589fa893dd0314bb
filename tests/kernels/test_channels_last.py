"""csrc/channels_last.pyx and csrc/kernels/pixels.h: the four duties for every instruction set, and when the algorithm is chosen."""

import numpy as np
import pytest

import netcore as nc
import netcore.functional as F
from netcore.backend import kernels
from netcore.reference import channels_last as reference
from netcore.reference import conv as direct
from tests.kernels.test_conv import GEOMETRIES, ONE, WIDTHS, problem
from tests.support import DTYPES, ISAS, assert_close, directional, guarded, isa

MORE = [
    (2, 5, 34, 9, 11, (4, 4), (2, 2), ((1, 1), (1, 1)), ONE, 1),  # the transposed convolution that doubles an image
    (1, 3, 4, 17, 13, (3, 3), (3, 2), ((2, 0), (1, 3)), (2, 3), 1),  # phases that share the taps unevenly
    (2, 4, 6, 8, 9, (2, 1), (3, 4), ((0, 0), (0, 0)), ONE, 2),  # phases without a tap
    (1, 20, 20, 75, 70, (3, 3), (2, 2), ((1, 1), (1, 1)), ONE, 1),  # strips, the last of them lower
]  # fmt: skip


@pytest.fixture
def forced():
    yield nc.set_conv_algorithm
    nc.set_conv_algorithm("auto")


def passes(module, arrays, rest, dtype):
    """y and dx, each inside guard bands that must stay as they are; the gradient with a bias as in a transposed convolution."""
    x, w, b, dy = (a.astype(dtype) for a in arrays)
    b_in = np.arange(x.shape[1], dtype=dtype)
    results = []
    for like, call in (
        (dy, lambda out: module.forward(x, w, b, out, *rest)),
        (x, lambda out: module.input_gradient(dy, w, b_in, out, *rest)),
    ):
        results.append(guarded(like, call))
    return dict(zip(("y", "dx"), results, strict=True))


def check(module, geometry, dtype):
    arrays, rest = problem(geometry, np.float64)
    expected = passes(direct, arrays, rest, np.float64)
    for name, result in passes(module, arrays, rest, dtype).items():
        assert_close(result, expected[name], what=name)


@pytest.mark.parametrize("geometry", GEOMETRIES + MORE, ids=str)
def test_the_twin_is_the_convolution(geometry):
    check(reference, geometry, np.float64)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("geometry", GEOMETRIES + MORE, ids=str)
def test_against_the_direct_convolution(geometry, dtype, level):
    with isa(level):
        check(kernels.channels_last, geometry, dtype)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", WIDTHS)
def test_sizes_around_the_tile(size, dtype, level):
    """The number of pixels, of filters and of channels, each around a tile's rows and columns."""
    with isa(level):
        check(kernels.channels_last, (1, 2, 3, 2, size, (2, 3), ONE, ((1, 0), (1, 1)), ONE, 1), dtype)
        check(kernels.channels_last, (2, 2, size, 3, 5, (2, 2), (2, 1), ((1, 0), (1, 1)), ONE, 1), dtype)
        check(kernels.channels_last, (2, size, 3, 3, 5, (2, 2), (2, 1), ((1, 0), (1, 1)), ONE, 1), dtype)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("stride, extra", [(2, 1), ((3, 2), (2, 0))])
def test_gradients_of_both_convolutions(stride, extra, level, forced):
    """In float64 along random directions, with output padding for the transposed one; it is linear in each argument."""
    rng = np.random.default_rng(1)
    x, w, b = rng.standard_normal((2, 5, 7, 6)), rng.standard_normal((5, 5, 4, 3)), rng.standard_normal(5)
    forced("channels_last")
    with isa(level):
        for forward, backward, options in (
            (F.conv2d_forward, F.conv2d_backward, {}),
            (F.conv_transpose2d_forward, F.conv_transpose2d_backward, {"output_padding": extra}),
        ):
            options |= {"stride": stride, "padding": 1}
            y, cache = forward(x, w, b, **options)
            dy = rng.standard_normal(y.shape)
            dx, _, _ = backward(dy, cache)
            assert directional(lambda v: float(np.sum(forward(v, w, b, **options)[0] * dy)), x, dx, rng) < 1e-7  # noqa: B023, called at once
            assert not backward(np.zeros_like(dy), cache)[0].any()


@pytest.mark.parametrize("samples", [1, 3, 40])
@pytest.mark.parametrize("groups", [1, 2])
def test_same_bits_for_any_number_of_threads(samples, groups):
    arrays, rest = problem((samples, 4, 6, 23, 19, (3, 3), (2, 2), ((1, 1), (1, 1)), ONE, groups), np.float32)
    before, found = nc.get_num_threads(), []
    try:
        for threads in (1, 2, 3, 8):
            nc.set_num_threads(threads)
            found.append(passes(kernels.channels_last, arrays, rest, np.float32))
    finally:
        nc.set_num_threads(before)
    for other in found[1:]:
        for name, result in other.items():
            np.testing.assert_array_equal(result, found[0][name])


def test_the_choice(forced):
    """From sixteen channels on both sides, for filters of several taps, where Winograd's algorithm is not used."""

    def choice(w, stride=(1, 1), groups=1, dtype=np.float32):
        return F.conv_algorithm(np.dtype(dtype), w, (8, w[0], 14, 14), stride, ((1, 1), (1, 1)), (1, 1), groups)

    assert choice((32, 16, 3, 3), (2, 2)) == "channels_last"
    assert choice((32, 16, 3, 3)) == "winograd"
    assert choice((32, 16, 3, 3), dtype=np.float64) == "channels_last"
    assert choice((32, 16, 7, 7)) == "channels_last"
    assert choice((64, 16, 3, 3), groups=4) == "channels_last"
    for w, groups in (((32, 15, 3, 3), 1), ((15, 32, 3, 3), 1), ((32, 32, 1, 1), 1), ((32, 16, 3, 3), 4)):
        assert choice(w, groups=groups) == "direct"
    forced("channels_last")
    assert choice((1, 1, 1, 1)) == choice((32, 16, 3, 3)) == "channels_last"
