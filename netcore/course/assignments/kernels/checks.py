"""What the tasks of `kernels` are asked, and in what they are raced. Sizes are small, odd, and never the same along two axes for long."""

import numpy as np

# samples, channels, height, width, filters, filter height, filter width, stride, padding
GEOMETRIES = [
    (1, 1, 3, 4, 1, 2, 2, 1, 0),
    (2, 3, 5, 7, 4, 3, 2, 1, 1),
    (2, 2, 8, 6, 3, 3, 3, 2, 1),
    (1, 3, 7, 5, 2, 1, 3, 2, 0),
    (3, 2, 6, 9, 3, 4, 2, 3, 2),
    (2, 3, 5, 4, 3, 5, 3, 1, 2),
]
WINDOWS = [(1, 1, 4, 6, 2, 2, 2), (2, 3, 5, 7, 3, 3, 2), (2, 2, 6, 5, 3, 2, 1), (1, 3, 7, 8, 2, 3, 3), (2, 2, 8, 8, 2, 2, 2), (2, 1, 9, 7, 3, 3, 1)]
GATES = [(1, 1), (3, 5), (2, 17), (7, 4), (5, 8), (4, 9)]


def _normal(rng, *shape):
    return rng.standard_normal(shape, np.float32)


def _size(size, kernel, stride, padding=0):
    return (size + 2 * padding - kernel) // stride + 1


def _conv(case, rng, index, geometry=None):
    n, c, h, w, k, r, s, stride, padding = geometry or GEOMETRIES[index % len(GEOMETRIES)]
    oh, ow = _size(h, r, stride, padding), _size(w, s, stride, padding)
    case.title = f"{n} × {c} × {h} × {w}, {k} filters {r} × {s}, stride {stride}, padding {padding}"
    arrays = [_normal(rng, n, c, h, w), _normal(rng, k, c, r, s), _normal(rng, k), _normal(rng, n, k, oh, ow)]
    if geometry is None and index % 3 == 2:
        arrays = [a.astype(np.float64) for a in arrays]
        case.title += ", float64"
    return *arrays, stride, padding


def conv_forward(case, rng, index, geometry=None):
    x, w, b, dy, stride, padding = _conv(case, rng, index, geometry)
    y = case.call("conv_forward", x, w, b, stride, padding)
    case.output("y", y, dy.shape, x.dtype)
    if geometry is None:
        case.unchanged("x", x)


def conv_input_gradient(case, rng, index, geometry=None):
    x, w, _, dy, stride, padding = _conv(case, rng, index, geometry)
    dx = case.call("conv_input_gradient", dy, w, x.shape[2:], stride, padding)
    case.output("dx", dx, x.shape, x.dtype)
    if geometry is None:
        case.unchanged("dy", dy)


def conv_weight_gradient(case, rng, index, geometry=None):
    x, w, b, dy, stride, padding = _conv(case, rng, index, geometry)
    dw, db = case.call("conv_weight_gradient", x, dy, w.shape[2:], stride, padding, returns=2)
    case.output("dw", dw, w.shape, x.dtype)
    case.output("db", db, b.shape, x.dtype)
    if geometry is None:
        case.unchanged("dy", dy)


def _pool(case, rng, index):
    n, c, h, w, r, s, stride = WINDOWS[index % len(WINDOWS)]
    case.title = f"{n} × {c} × {h} × {w}, window {r} × {s}, stride {stride}"
    x = _normal(rng, n, c, h, w) - np.float32(0.7)
    if index % 2:
        x = np.round(x)
        case.title += ", with equal numbers"
    return x, (r, s), stride, _normal(rng, n, c, _size(h, r, stride), _size(w, s, stride))


def max_pool_forward(case, rng, index):
    x, kernel, stride, dy = _pool(case, rng, index)
    y, which = case.call("max_pool_forward", x, kernel, stride, returns=2)
    case.output("y", y, dy.shape)
    case.output("which", which, dy.shape, np.int32)
    case.unchanged("x", x)


def max_pool_backward(case, rng, index):
    x, kernel, stride, dy = _pool(case, rng, index)
    which = rng.integers(0, kernel[0] * kernel[1], dy.shape).astype(np.int32)
    dx = case.call("max_pool_backward", dy, which, x.shape[2:], kernel, stride)
    case.output("dx", dx, x.shape)
    case.unchanged("dy", dy)


def _state(case, rng, index):
    n, h = GATES[index % len(GATES)]
    case.title = f"{n} rows, {h} units"
    return _normal(rng, n, 4 * h) * np.float32(2), _normal(rng, n, h), n, h


def lstm_gates_forward(case, rng, index):
    a, c, n, h = _state(case, rng, index)
    for name, handle, width in zip(
        ("h", "the new c", "t", "the gates"), case.call("lstm_gates_forward", a, c, returns=4), (h, h, h, 4 * h), strict=True
    ):
        case.output(name, handle, (n, width))
    case.unchanged("a", a)


def lstm_gates_backward(case, rng, index):
    a, c, n, h = _state(case, rng, index)
    dh, dnew = _normal(rng, n, h), _normal(rng, n, h)
    t, gates = np.tanh(_normal(rng, n, h)), 1 / (1 + np.exp(-a))
    gates[:, 2 * h : 3 * h] = np.tanh(a[:, 2 * h : 3 * h])
    da, dc = case.call("lstm_gates_backward", dh, dnew, c, t, gates, returns=2)
    case.output("da", da, (n, 4 * h))
    case.output("dc", dc, (n, h))
    case.unchanged("gates", gates)


# ---- races: a case as above, large enough that computing is what takes time; `expected` gives what must come of it --------

LARGE = (2, 32, 28, 28, 48, 3, 3, 1, 1)


def race_conv_forward(case, rng):
    """convolution, forward"""
    conv_forward(case, rng, 0, LARGE)


def race_conv_input_gradient(case, rng):
    """convolution, dx"""
    conv_input_gradient(case, rng, 0, LARGE)


def race_conv_weight_gradient(case, rng):
    """convolution, dw and db"""
    conv_weight_gradient(case, rng, 0, LARGE)


def race_max_pool(case, rng):
    """max-pooling, both ways"""
    x, kernel, stride = _normal(rng, 6, 16, 40, 44), (7, 7), 1
    dy = _normal(rng, 6, 16, 34, 38)
    y, which = case.call("max_pool_forward", x, kernel, stride, returns=2)
    dx = case.call("max_pool_backward", dy, which, x.shape[2:], kernel, stride)
    case.output("y", y, dy.shape)
    case.output("dx", dx, x.shape)


def race_lstm_gates(case, rng):
    """LSTM gates, both ways"""
    n, h = 256, 256
    a, c, dh, dnew = _normal(rng, n, 4 * h), _normal(rng, n, h), _normal(rng, n, h), _normal(rng, n, h)
    out, new, t, gates = case.call("lstm_gates_forward", a, c, returns=4)
    da, dc = case.call("lstm_gates_backward", dh, dnew, c, t, gates, returns=2)
    for name, handle, width in (("h", out, h), ("the new c", new, h), ("da", da, 4 * h), ("dc", dc, h)):
        case.output(name, handle, (n, width))
