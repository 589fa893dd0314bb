"""Augmentations against plain loops over the images, with the same random numbers drawn in the same order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netcore as nc
from netcore.data.augment import Compose, Crop, Cutout, Flip, Noise, Shift
from netcore.errors import ArgumentError, DTypeError, ShapeError

ALL = [
    Shift(2),
    Flip(),
    Crop(5, padding=2),
    Crop((3, 4)),
    Noise(0.5),
    Cutout(3),
    Compose(Shift(1), Flip(0.7), Noise(0.1)),
]
shapes = st.tuples(st.integers(0, 5), st.integers(1, 3), st.integers(5, 9), st.integers(5, 9))


def batch(shape: tuple[int, ...], dtype: type = np.float32) -> np.ndarray:
    return (np.random.default_rng(sum(shape)).random(shape) * 200 + 1).astype(dtype)


def rng(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(shapes)
def test_shift(shape: tuple[int, ...]) -> None:
    x, expected = batch(shape), np.zeros(shape, np.float32)
    draws = rng().integers(0, 5, (2, shape[0]))
    for n in range(shape[0]):
        a, b = 2 - draws[0, n], 2 - draws[1, n]
        for i in range(shape[2]):
            for j in range(shape[3]):
                if 0 <= i - a < shape[2] and 0 <= j - b < shape[3]:
                    expected[n, :, i, j] = x[n, :, i - a, j - b]
    assert np.array_equal(Shift(2)(x, rng()), expected)
    assert np.array_equal(Shift(0)(x, rng()), x)


@given(shapes)
def test_flip(shape: tuple[int, ...]) -> None:
    x = batch(shape)
    mirrored = rng().random(shape[0]) < 0.5
    expected = [image[:, :, ::-1] if m else image for image, m in zip(x, mirrored, strict=True)]
    assert np.array_equal(Flip()(x, rng()), np.reshape(expected, shape))
    assert np.array_equal(Flip(1)(x), x[..., ::-1]) and np.array_equal(Flip(0)(x), x)


@given(shapes)
def test_crop(shape: tuple[int, ...]) -> None:
    x, g = batch(shape), rng()
    tops, lefts = (
        g.integers(0, side + 2 * p - s + 1, shape[0]) for side, p, s in zip(shape[2:], (1, 2), (4, 6), strict=True)
    )
    y = Crop((4, 6), padding=(1, 2))(x, rng())
    assert y.shape == (*shape[:2], 4, 6)
    for n in range(shape[0]):
        for i in range(4):
            for j in range(6):
                a, b = tops[n] + i - 1, lefts[n] + j - 2
                inside = 0 <= a < shape[2] and 0 <= b < shape[3]
                assert np.array_equal(y[n, :, i, j], x[n, :, a, b] if inside else np.zeros(shape[1]))


@given(shapes, st.integers(1, 6))
def test_cutout(shape: tuple[int, ...], size: int) -> None:
    x, g = batch(shape), rng()
    rows, columns = g.integers(0, shape[2], shape[0]), g.integers(0, shape[3], shape[0])
    expected = x.copy()
    for n in range(shape[0]):
        top, left = rows[n] - size // 2, columns[n] - size // 2
        expected[n, :, max(top, 0) : top + size, max(left, 0) : left + size] = 0
    assert np.array_equal(Cutout(size)(x, rng()), expected)


def test_noise() -> None:
    x = np.full((50, 3, 20, 20), 0.5)
    e = Noise(0.25)(x, rng()) - x
    assert abs(e.mean()) < 0.005 and abs(e.std() - 0.25) < 0.005
    assert np.array_equal(Noise(0)(x, rng()), x)
    with pytest.raises(DTypeError, match="needs floating-point images, got uint8"):
        Noise(0.1)(x.astype(np.uint8))


@pytest.mark.parametrize("augment", ALL, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.uint8])
def test_what_all_of_them_keep(augment, dtype: type) -> None:
    if dtype == np.uint8 and "Noise" in str(augment):
        pytest.skip("noise needs fractions")
    x = batch((6, 2, 7, 8), dtype)
    kept = x.copy()
    y = augment(x, rng())
    assert y.dtype == dtype and y.flags.owndata | (y.base is not x) and not np.shares_memory(x, y)
    assert np.array_equal(x, kept)
    assert np.array_equal(augment(x, rng()), y) and np.array_equal(augment(x, 7), y)
    assert augment(x[:0], rng()).shape == (0, *y.shape[1:])
    strided = np.ascontiguousarray(x.transpose(3, 2, 1, 0)).transpose(3, 2, 1, 0)
    assert np.array_equal(augment(strided, rng()), y)
    x.flags.writeable = False
    augment(x, rng())
    nc.manual_seed(7)
    first = augment(x)
    nc.manual_seed(7)
    assert np.array_equal(augment(x), first)


@pytest.mark.parametrize("augment", ALL, ids=str)
def test_images_of_a_batch_change_independently(augment) -> None:
    x = np.repeat(batch((1, 1, 9, 9)), 64, axis=0)
    assert len({y.tobytes() for y in augment(x, rng())}) > 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: Shift(-1), lambda: Shift(1.5), lambda: Flip(1.1), lambda: Flip(-0.1), lambda: Flip("x"),
        lambda: Crop(0), lambda: Crop((1, 2, 3)), lambda: Crop(3, -1), lambda: Noise(-1), lambda: Noise(float("nan")),
        lambda: Cutout(0), lambda: Cutout(True), lambda: Compose(Flip(), 3),
        lambda: Flip()(np.zeros((1, 1, 1, 1)), "seed"),
    ],
)  # fmt: skip
def test_wrong_arguments(make) -> None:
    with pytest.raises(ArgumentError):
        make()


def test_wrong_shapes() -> None:
    for augment in ALL:
        with pytest.raises(ShapeError, match=r"images \(N, C, H, W\), got shape \(3, 8, 8\)"):
            augment(np.zeros((3, 8, 8)))
    with pytest.raises(ShapeError, match=r"padding are \(8, 8\), smaller than the size \(9, 9\)"):
        Crop(9)(np.zeros((1, 1, 8, 8)))
