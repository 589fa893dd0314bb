"""Layers without kernels: rearranging, merging, repeating. Both phases, graphs, and what is refused."""

import numpy as np
import pytest

import netcore as nc

RNG = np.random.default_rng(0)


def draw(*shape, dtype=np.float32):
    return RNG.standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nc.Flatten(), (2, 3, 4, 5), (2, 60)),
        (nc.Flatten(), (0, 3, 4), (0, 12)),
        (nc.Flatten(2), (2, 3, 4, 5), (2, 3, 20)),
        (nc.Flatten(1, 2), (2, 3, 4, 5), (2, 12, 5)),
        (nc.Flatten(-3, -2), (2, 3, 4, 5), (2, 12, 5)),
        (nc.Unflatten(1, (3, 4)), (2, 12), (2, 3, 4)),
        (nc.Unflatten(-1, (2, -1)), (2, 3, 10), (2, 3, 2, 5)),
        (nc.Identity(), (2, 3), (2, 3)),
    ],
)
def test_rearrange(layer, shape, expected, dtype):
    x = draw(*shape, dtype=dtype)
    kept = x.copy()
    y = layer.forward(np.asfortranarray(x))
    assert y.shape == expected and y.dtype == dtype and layer.output_shape(shape[1:]) == expected[1:]
    np.testing.assert_array_equal(y.reshape(-1), x.reshape(-1))
    dy = draw(*expected, dtype=dtype)
    dx = layer.backward(dy)
    assert dx.shape == shape
    np.testing.assert_array_equal(dx.reshape(-1), dy.reshape(-1))
    y[...], dx[...] = 0, 0  # neither is a view of what came in
    np.testing.assert_array_equal(x, kept)
    assert layer.pending == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_add_and_multiply(count, dtype):
    inputs = [draw(2, 3, 4, dtype=dtype) for _ in range(count)]
    dy = draw(2, 3, 4, dtype=dtype)
    add, multiply = nc.Add(), nc.Multiply()
    np.testing.assert_allclose(add.forward(*inputs), np.sum(inputs, axis=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(multiply.forward(*inputs), np.prod(inputs, axis=0), rtol=1e-5)
    sums, products = add.backward(dy), multiply.backward(dy)
    assert isinstance(sums, tuple) and isinstance(products, tuple)
    for i in range(count):
        np.testing.assert_array_equal(sums[i], dy)
        others = [x for j, x in enumerate(inputs) if j != i]
        np.testing.assert_allclose(products[i], dy * np.prod(others, axis=0), rtol=1e-5)
    assert dy.flags.writeable
    with pytest.raises(ValueError, match="read-only"):  # one array for all: writing to it would change the others' gradient
        sums[0][...] = 0


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -2])
def test_concat(dim):
    sizes = [1, 4, 2]
    shape = [2, 3, 5]
    inputs = []
    for size in sizes:
        shape[dim] = size
        inputs.append(draw(*shape))
    layer = nc.Concat(dim)
    y = layer.forward(*inputs)
    np.testing.assert_array_equal(y, np.concatenate(inputs, axis=dim))
    dy = draw(*y.shape)
    kept = dy.copy()
    gradients = layer.backward(dy)
    np.testing.assert_array_equal(np.concatenate(gradients, axis=dim), dy)
    for g in gradients:
        assert g.flags.c_contiguous
        g[...] = 0
    np.testing.assert_array_equal(dy, kept)


@pytest.mark.parametrize("factor", [2, (1, 3), 1.5, (0.5, 2)])
def test_upsample_gradient(factor):
    nc.gradcheck(nc.Upsample(factor), draw(2, 2, 4, 5, dtype=np.float64))


def test_in_a_graph():
    x = nc.Input((4, 6, 6))
    a, b = nc.Conv2d(4, 4, 3, padding=1)(x), nc.MaxPool2d(2)(x)
    joined = nc.Concat()(nc.Add()(x, a), nc.Upsample(2)(b), nc.Multiply()(x, a))
    net = nc.Graph(x, nc.Flatten()(nc.GroupNorm(3, 12)(joined))).astype(np.float64)
    nc.gradcheck(net, RNG.permutation(2 * 4 * 36).reshape(2, 4, 6, 6) / 7.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nc.Flatten("1"), nc.ArgumentError, "start_dim must be a whole number"),
        (lambda: nc.Flatten(1, 2.0), nc.ArgumentError, "end_dim"),
        (lambda: nc.Flatten(2).forward(draw(2, 3)), nc.ShapeError, "do not fit"),
        (lambda: nc.Flatten(0).output_shape((3, 4)), nc.ShapeError, "batch axis"),
        (lambda: nc.Unflatten(1, 5), nc.ArgumentError, "unflattened_size"),
        (lambda: nc.Unflatten(1, (-1, -1)), nc.ArgumentError, "one of them -1"),
        (lambda: nc.Unflatten(1, (0, 2)), nc.ArgumentError, "whole numbers >= 1"),
        (lambda: nc.Unflatten(1, (2, "3")), nc.ArgumentError, "whole number"),
        (lambda: nc.Unflatten(1, (5, 2)).forward(draw(2, 12)), nc.ShapeError, "cannot be cut"),
        (lambda: nc.Unflatten(1, (5, -1)).forward(draw(2, 12)), nc.ShapeError, "cannot be cut"),
        (lambda: nc.Identity().forward(np.ones(3, np.int64)), nc.DTypeError, "float32 or float64"),
        (lambda: nc.Add().forward(draw(2, 3)), nc.ArgumentError, "two or more inputs"),
        (lambda: nc.Add().forward(draw(2, 3), draw(2, 1)), nc.ShapeError, "nothing is broadcast"),
        (lambda: nc.Multiply().forward(draw(2, 3), draw(2, 3, dtype=np.float64)), nc.DTypeError, "input 1 is float64"),
        (lambda: nc.Add().output_shape((3,), (4,)), nc.ShapeError, "one shape"),
        (lambda: nc.Add().output_shape((3,)), nc.ArgumentError, "two or more"),
        (lambda: nc.Concat("1"), nc.ArgumentError, "dim"),
        (lambda: nc.Concat(5).forward(draw(2, 3), draw(2, 3)), nc.ShapeError, "does not exist"),
        (lambda: nc.Concat(1).forward(draw(2, 3), draw(3, 3)), nc.ShapeError, "agree in all axes"),
        (lambda: nc.Concat(1).forward(draw(2, 3), draw(2, 3, 1)), nc.ShapeError, "agree in all axes"),
        (lambda: nc.Concat(0).output_shape((3,), (3,)), nc.ShapeError, "batch axis"),
        (lambda: nc.Upsample(0), nc.ArgumentError, "scale_factor"),
        (lambda: nc.Upsample((2, 2, 2)), nc.ArgumentError, "two of them"),
        (lambda: nc.Upsample("2"), nc.ArgumentError, "scale_factor"),
        (lambda: nc.Upsample(float("inf")), nc.ArgumentError, "scale_factor"),
        (lambda: nc.Upsample(2, "cubic"), nc.ArgumentError, "mode"),
        (lambda: nc.Upsample(0.2).forward(draw(1, 1, 4, 4)), nc.ShapeError, "leaves nothing"),
        (lambda: nc.Upsample(2).forward(draw(1, 4, 4)), nc.ShapeError, "4 axes"),
    ],
)
def test_rejected(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("layer", [nc.Flatten(), nc.Add(), nc.Multiply(), nc.Concat(), nc.Upsample(2)])
def test_gradient_that_does_not_fit_leaves_the_cache(layer):
    count = 2 if isinstance(layer, (nc.Add, nc.Multiply, nc.Concat)) else 1
    y = layer.forward(*[draw(1, 2, 3, 4) for _ in range(count)])
    with pytest.raises(nc.ShapeError, match="dy must have shape"):
        layer.backward(y[..., :-1])
    with pytest.raises(nc.DTypeError, match="dy is float64"):
        layer.backward(y.astype(np.float64))
    assert layer.pending == 1
    layer.backward(y)
    with pytest.raises(nc.PhaseError):
        layer.backward(y)
