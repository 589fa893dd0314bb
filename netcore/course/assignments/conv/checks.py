"""What the tasks of `conv` are asked. Height and width, and the two sides of a filter, are never equal for long."""

import numpy as np

from netcore.course.material import digits, learned

# samples, channels, height, width, filters, filter height, filter width, stride, padding
GEOMETRIES = [
    (1, 1, 3, 4, 1, 2, 2, 1, 0),
    (2, 3, 5, 7, 4, 3, 2, 1, 1),
    (2, 2, 8, 6, 3, 3, 3, 2, 1),
    (1, 3, 7, 5, 2, 1, 3, 2, 0),
    (3, 2, 6, 9, 5, 4, 2, 3, 2),
    (2, 4, 5, 5, 3, 5, 3, 1, 2),
]
WINDOWS = [(1, 1, 4, 6, 2, 2, 2), (2, 3, 5, 7, 3, 3, 2), (2, 2, 6, 5, 3, 2, 1), (1, 3, 7, 8, 2, 3, 3), (2, 2, 8, 8, 2, 2, 2), (2, 1, 9, 7, 3, 3, 1)]


def _normal(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def _size(size, kernel, stride, padding=0):
    return (size + 2 * padding - kernel) // stride + 1


def _conv(case, rng, index):
    n, c, h, w, k, r, s, stride, padding = GEOMETRIES[index % len(GEOMETRIES)]
    oh, ow = _size(h, r, stride, padding), _size(w, s, stride, padding)
    case.title = f"{n} × {c} × {h} × {w}, filter {r} × {s}, stride {stride}, padding {padding}"
    return _normal(rng, n, c, h, w), _normal(rng, k, c, r, s), _normal(rng, k), _normal(rng, n, k, oh, ow), stride, padding


def im2col(case, rng, index):
    x, w, _, dy, stride, padding = _conv(case, rng, index)
    (n, c, _, _), (_, _, r, s), (_, _, oh, ow) = x.shape, w.shape, dy.shape
    cols = case.call("im2col", x, (r, s), stride, padding)
    case.output("cols", cols, (n, c * r * s, oh * ow))
    case.unchanged("x", x)


def col2im(case, rng, index):
    x, w, _, dy, stride, padding = _conv(case, rng, index)
    (n, c, h, wide), (_, _, r, s), (_, _, oh, ow) = x.shape, w.shape, dy.shape
    cols = _normal(rng, n, c * r * s, oh * ow)
    back = case.call("col2im", cols, (c, h, wide), (r, s), stride, padding)
    case.output("x", back, x.shape)
    case.unchanged("cols", cols)


def conv_forward(case, rng, index):
    x, w, b, dy, stride, padding = _conv(case, rng, index)
    y, _ = case.call("conv_forward", x, w, b, stride, padding, returns=2)
    case.output("y", y, dy.shape)
    case.unchanged("x", x)


def conv_backward(case, rng, index):
    x, w, b, dy, stride, padding = _conv(case, rng, index)
    _, cache = case.call("conv_forward", x, w, b, stride, padding, returns=2)
    dx, dw, db = case.call("conv_backward", dy, cache, returns=3)
    case.output("dx", dx, x.shape)
    case.output("dw", dw, w.shape)
    case.output("db", db, b.shape)
    case.unchanged("dy", dy)
    case.unchanged("x", x)


def _pool(case, rng, index):
    n, c, h, w, r, s, stride = WINDOWS[index % len(WINDOWS)]
    case.title = f"{n} × {c} × {h} × {w}, window {r} × {s}, stride {stride}"
    # no two numbers are equal, some windows are all negative; every other case has ties on purpose
    x = _normal(rng, n, c, h, w) - np.float32(0.7)
    if index % 2:
        x = np.round(x)
        case.title += ", with equal numbers"
    return x, (r, s), stride, _normal(rng, n, c, _size(h, r, stride), _size(w, s, stride))


def max_pool_forward(case, rng, index):
    x, kernel, stride, dy = _pool(case, rng, index)
    y, _ = case.call("max_pool_forward", x, kernel, stride, returns=2)
    case.output("y", y, dy.shape)
    case.unchanged("x", x)


def max_pool_backward(case, rng, index):
    x, kernel, stride, dy = _pool(case, rng, index)
    _, cache = case.call("max_pool_forward", x, kernel, stride, returns=2)
    dx = case.call("max_pool_backward", dy, cache)
    case.output("dx", dx, x.shape)
    case.unchanged("dy", dy)
    case.unchanged("x", x)


def train_cnn(case, rng, index):
    """Case 0 is a few steps that must be exact; the others must learn digits that are shifted about, under names that the seed gives."""
    x, t = digits(rng, shuffle_pixels=False)
    x = np.roll(x.reshape(-1, 1, 8, 8), int(rng.integers(0, 8)), axis=int(rng.integers(2, 4)))
    filters = 6 if index else 2
    w, v = _normal(rng, filters, 1, 3, 3) * np.float32(0.3), _normal(rng, 10, filters * 16) * np.float32(0.1)
    b, c = np.zeros(filters, np.float32), np.zeros(10, np.float32)
    if index == 0:
        case.title = "two epochs on 10 digits in mini-batches of 4: every parameter"
        trained = case.call("train_cnn", np.ascontiguousarray(x[:10]), t[:10], w, b, v, c, 0.1, 4, 2, returns=4)
        for name, handle, start in zip(("w", "b", "v", "c"), trained, (w, b, v, c), strict=True):
            case.output(name, handle, start.shape)
        case.unchanged("w", w)
        return
    case.title = "1,200 digits, then 500 new ones"
    trained = case.call("train_cnn", np.ascontiguousarray(x[:1200]), t[:1200], w, b, v, c, 0.3, 20, 5, returns=4)
    scores = case.call("predict", np.ascontiguousarray(x[1200:1700]), *trained)
    case.output("scores of new digits", scores, (500, 10), judge=learned(t[1200:1700], 0.88))
