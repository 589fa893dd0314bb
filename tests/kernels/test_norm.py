"""csrc/norm.pyx: against the NumPy twin in float64, by differences, at odd sizes, on bad input."""

import numpy as np
import pytest

import netcore as nc
import netcore.functional as F
from netcore import config
from netcore.backend import kernels
from netcore.reference import norm as reference
from tests.support import DTYPES, ISAS, assert_close, directional, isa

SHAPES = [(1, 1, 3), (3, 6, 1), (3, 6, 15), (2, 12, 16), (5, 6, 17), (2, 6, 31), (1, 18, 67), (7, 6, 1030)]
SHAPES += [(0, 6, 5), (3, 6, 0), (4, 6, 1), (130, 18, 1)]


def affine(rng, count, dtype, with_w, with_b):
    return [rng.standard_normal(count if wanted else 0).astype(dtype) for wanted in (with_w, with_b)]


def wide(*arrays):
    return [a.astype(np.float64) for a in arrays]


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("with_w", [False, True])
def test_batch_norm_against_reference(level, dtype, shape, with_w):
    rng, c = np.random.default_rng(sum(shape)), shape[1]
    x, dy = (rng.standard_normal(shape).astype(dtype) + 2 for _ in range(2))
    w, b = affine(rng, c, dtype, with_w, with_w)
    got, expected = [], []
    for module, (x_, w_, b_, dy_), out in ((kernels.norm, (x, w, b, dy), got), (reference, wide(x, w, b, dy), expected)):
        mean, var, rstd = np.zeros(c), np.ones(c), np.ones(c)
        y, applied, dx = np.full_like(x_, 7), np.full_like(x_, 7), np.full_like(x_, 7)
        dw, db = np.zeros(c, x_.dtype), np.zeros(c, x_.dtype)
        with isa(level):
            module.batch_forward(x_, 1e-5, w_, b_, y, mean, var, rstd)
            module.batch_apply(x_, mean, rstd, w_, b_, applied)
            module.batch_gradient(x_, mean, rstd, w_, dy_, dx, dw, db)
        np.testing.assert_array_equal(applied, y)
        out += [mean, var, rstd, y, dx, dw, db]
    limit = 1e-4 if dtype is np.float32 else 1e-11
    for a, e, what in zip(got, expected, ("mean", "var", "rstd", "y", "dx", "dw", "db"), strict=True):
        assert_close(a, e, limit, what)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES[1:])
@pytest.mark.parametrize("groups", [1, 2, 6])
def test_group_norm_against_reference(level, dtype, shape, groups):
    rng, (n, c, _) = np.random.default_rng(sum(shape)), shape
    x, dy = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    w, b = affine(rng, c, dtype, groups > 1, groups > 1)
    got, expected = [], []
    for module, (x_, w_, b_, dy_), out in ((kernels.norm, (x, w, b, dy), got), (reference, wide(x, w, b, dy), expected)):
        y, dx, dw, db = np.full_like(x_, 7), np.full_like(x_, 7), np.zeros(c, x_.dtype), np.zeros(c, x_.dtype)
        mean, rstd = np.zeros((n, groups)), np.zeros((n, groups))
        with isa(level):
            module.group_forward(x_, groups, 1e-3, w_, b_, y, mean, rstd)
            module.group_gradient(x_, mean, rstd, w_, dy_, dx, dw, db)
        out += [mean, rstd, y, dx, dw, db]
    limit = 1e-4 if dtype is np.float32 else 1e-11
    for a, e, what in zip(got, expected, ("mean", "rstd", "y", "dx", "dw", "db"), strict=True):
        assert_close(a, e, limit, what)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 3), (3, 7), (2, 15), (63, 16), (64, 17), (65, 31), (130, 3), (2, 1030), (0, 5), (3, 0)])
@pytest.mark.parametrize("with_w", [False, True])
@pytest.mark.parametrize("with_b", [False, True])
def test_layer_norm_against_reference(level, dtype, shape, with_w, with_b):
    rng, (rows, n) = np.random.default_rng(sum(shape)), shape
    x, dy = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    w, b = affine(rng, n, dtype, with_w, with_b)
    got, expected = [], []
    for module, (x_, w_, b_, dy_), out in ((kernels.norm, (x, w, b, dy), got), (reference, wide(x, w, b, dy), expected)):
        y, dx, dw, db = np.full_like(x_, 7), np.full_like(x_, 7), np.zeros_like(w_), np.zeros_like(b_)
        mean, rstd = np.zeros(rows), np.zeros(rows)
        with isa(level):
            module.layer_forward(x_, 1e-3, w_, b_, y, mean, rstd)
            module.layer_gradient(x_, mean, rstd, w_, dy_, dx, dw, db)
        out += [mean, rstd, y, dx, dw, db]
    limit = 1e-4 if dtype is np.float32 else 1e-11
    for a, e, what in zip(got, expected, ("mean", "rstd", "y", "dx", "dw", "db"), strict=True):
        assert_close(a, e, limit, what)


def batch_norm(x, w, b):
    return F.batch_norm_forward(x, w, b)[:2]


NORMS = {
    "batch": (batch_norm, F.batch_norm_backward, (6,)),
    "group": (lambda x, w, b: F.group_norm_forward(x, 2, w, b), F.group_norm_backward, (6,)),
    "layer": (lambda x, w, b: F.layer_norm_forward(x, (4, 5), w, b), F.layer_norm_backward, (4, 5)),
}


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("kind", NORMS)
def test_gradient_along_random_directions(level, kind):
    forward, backward, shape = NORMS[kind]
    rng = np.random.default_rng(7)
    arrays = [rng.standard_normal((3, 6, 4, 5)), rng.standard_normal(shape), rng.standard_normal(shape)]
    with isa(level):
        y, cache = forward(*arrays)
        dy = rng.standard_normal(y.shape)
        for i, gradient in enumerate(backward(dy, cache)):
            assert gradient.shape == arrays[i].shape

            def value(a, i=i):
                return float(np.sum(forward(*arrays[:i], a, *arrays[i + 1 :])[0] * dy))

            for _ in range(3):
                assert directional(value, arrays[i], gradient, rng) < 1e-6, f"argument {i}"


@pytest.mark.parametrize("kind", NORMS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_needs_and_absent_parts(kind, dtype):
    forward, backward, shape = NORMS[kind]
    rng = np.random.default_rng(8)
    x, dy = (rng.standard_normal((3, 6, 4, 5)).astype(dtype) for _ in range(2))
    w, b = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    whole = backward(dy, forward(x, w, b)[1])
    for needs in np.ndindex(2, 2, 2):
        for got, expected, needed in zip(backward(dy, forward(x, w, b)[1], needs=needs), whole, needs, strict=True):
            np.testing.assert_array_equal(got, expected) if needed else None
            assert needed or got is None
    for w_, b_ in ((w, None), (None, b), (None, None)):
        y, cache = forward(x, w_, b_)
        expected, _ = forward(x, np.ones_like(w) if w_ is None else w_, np.zeros_like(b) if b_ is None else b_)
        assert_close(y, expected)
        assert [gradient is None for gradient in backward(dy, cache)] == [False, w_ is None, b_ is None]


@pytest.mark.parametrize("kind", NORMS)
def test_any_memory_layout_and_empty_batch(kind):
    forward, backward, shape = NORMS[kind]
    rng = np.random.default_rng(9)
    x, dy = (rng.standard_normal((3, 6, 4, 5)).astype(np.float32) for _ in range(2))
    w, b = np.ones(shape, np.float32), np.zeros(shape, np.float32)
    y, cache = forward(x, w, b)
    for other in (np.asfortranarray(x), x[::-1][::-1], np.repeat(x, 2, axis=3)[..., ::2], x.astype(">f4")):
        y_other, cache_other = forward(other, w, b)
        np.testing.assert_array_equal(y_other, y)
        np.testing.assert_array_equal(backward(np.asfortranarray(dy), cache_other)[0], backward(dy, cache)[0])
    y, cache = forward(x[:0], w, b)
    dx, dw, db = backward(y, cache)
    assert dx.shape == (0, 6, 4, 5) and not dw.any() and not db.any() and dw.shape == shape


def test_bits_do_not_depend_on_threads():
    rng = np.random.default_rng(10)
    x = rng.standard_normal((9, 6, 400, 4, 5)).astype(np.float32)
    before, results = config.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            results.append([])
            for forward, backward, shape in NORMS.values():
                y, cache = forward(x, np.ones(shape, np.float32), np.ones(shape, np.float32))
                results[-1] += [y, *backward(x, cache)]
    finally:
        config.set_num_threads(before)
    for result in results[1:]:
        for a, b in zip(results[0], result, strict=True):
            np.testing.assert_array_equal(a, b)


def test_rejected():
    x, w = np.zeros((2, 6, 4), np.float32), np.ones(6, np.float32)
    stats = np.zeros(6), np.ones(6)
    cases = [
        (lambda: F.batch_norm_forward(x[:1, :, :1]), nc.ArgumentError, "more than one value per channel"),
        (lambda: F.batch_norm_forward(x[0, 0]), nc.ShapeError, r"\(N, C, …\)"),
        (lambda: F.batch_norm_forward(x, w[:5]), nc.ShapeError, "w must have shape"),
        (lambda: F.batch_norm_forward(x, w.astype(np.float64)), nc.DTypeError, "w is float64"),
        (lambda: F.batch_norm_forward(x.astype(np.int32), w, w), nc.DTypeError, "float32 or float64"),
        (lambda: F.batch_norm_apply(x, w[:5], None, *stats), nc.ShapeError, "w must have shape"),
        (lambda: F.batch_norm_apply(x, w, w, stats[0][:3], stats[1]), nc.ShapeError, "mean must have shape"),
        (lambda: F.batch_norm_apply(x, w, w, stats[0], stats[1][:3]), nc.ShapeError, "var must have shape"),
        (lambda: F.group_norm_forward(x, 4), nc.ShapeError, "must divide"),
        (lambda: F.group_norm_forward(x, 0), nc.ArgumentError, "num_groups"),
        (lambda: F.layer_norm_forward(x, (5,)), nc.ShapeError, "must end in the axes"),
        (lambda: F.layer_norm_forward(x, (1, 2, 6, 4)), nc.ShapeError, "must end in the axes"),
        (lambda: F.layer_norm_forward(x, ()), nc.ArgumentError, "at least one axis"),
        (lambda: F.layer_norm_forward(x, 4, w), nc.ShapeError, "w must have shape"),
        (lambda: F.layer_norm_backward(x[0], F.layer_norm_forward(x, 4)[1]), nc.ShapeError, "dy must have shape"),
        (lambda: nc.BatchNorm2d(0), nc.ArgumentError, "num_features"),
        (lambda: nc.BatchNorm2d(3, momentum=2), nc.ArgumentError, "momentum"),
        (lambda: nc.BatchNorm2d(3, eps=-1), nc.ArgumentError, "eps"),
        (lambda: nc.GroupNorm(4, 6), nc.ArgumentError, "must divide"),
        (lambda: nc.LayerNorm(()), nc.ArgumentError, "at least one axis"),
        (lambda: nc.LayerNorm((3, 0)), nc.ArgumentError, "normalized_shape"),
    ]
    for call, error, message in cases:
        with pytest.raises(error, match=message):
            call()


@pytest.mark.parametrize("dtype", DTYPES)
def test_running_statistics_move_towards_the_batch(dtype):
    rng = np.random.default_rng(0)
    running_mean, running_var, (mean, var) = rng.random(5).astype(dtype), rng.random(5).astype(dtype), rng.random((2, 5))
    expected = 0.7 * running_mean + 0.3 * mean, 0.7 * running_var + 0.3 * var * 9 / 8
    kernels.norm.track(running_mean, running_var, mean, var, 0.3, 9 / 8)
    assert_close(running_mean, expected[0])
    assert_close(running_var, expected[1])
