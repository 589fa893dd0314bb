"""The tasks of `kernels` done by the engine, for the leaderboard; its outputs are also what races are compared with.

The engine has no kernel for the gates alone: its LSTM has them in the walk through time. What stands here are its activation
kernels one after the other, with NumPy between: a fused loop can be faster.
"""

import numpy as np

from netcore import functional as F


def conv_forward(x, w, b, stride, padding):
    return F.conv2d_forward(x, w, b, stride, padding)[0]


def _geometry(x, w, y, stride, padding):
    pads = (padding, padding)
    return F.conv.ConvCache(x, w, True, y, (stride, stride), (pads, pads), (1, 1), 1)


def conv_input_gradient(dy, w, size, stride, padding):
    shape = (dy.shape[0], w.shape[1], *size)
    cache = _geometry(np.empty(shape, dy.dtype), w, dy.shape, stride, padding)
    return F.conv2d_backward(dy, cache, needs=(True, False, False))[0]


def conv_weight_gradient(x, dy, kernel, stride, padding):
    w = np.empty((dy.shape[1], x.shape[1], *kernel), x.dtype)
    return F.conv2d_backward(dy, _geometry(x, w, dy.shape, stride, padding), needs=(False, True, True))[1:]


def max_pool_forward(x, kernel, stride):
    return F.max_pool2d_forward(x, kernel, stride)


def max_pool_backward(dy, which, size, kernel, stride):
    return F.max_pool2d_backward(dy, which)


def lstm_gates_forward(a, c):
    hidden = c.shape[1]
    gates = np.empty_like(a)
    for block, name in ((slice(0, 2 * hidden), "sigmoid"), (slice(2 * hidden, 3 * hidden), "tanh"), (slice(3 * hidden, 4 * hidden), "sigmoid")):
        gates[:, block] = F.activation.activation_forward(name, a[:, block])[0]
    i, f, g, o = np.split(gates, 4, axis=1)
    new = f * c + i * g
    t = F.tanh_forward(new)[0]
    return o * t, new, t, gates


def lstm_gates_backward(dh, dnew, c, t, gates):
    i, f, g, o = np.split(gates, 4, axis=1)
    total = dnew + dh * o * (1 - t * t)
    da = np.concatenate([total * g * i * (1 - i), total * c * f * (1 - f), total * i * (1 - g * g), dh * t * o * (1 - o)], axis=1)
    return da, total * f


def nothing(shape):
    """An array of this shape without any work: what transfer alone takes."""
    return np.zeros(shape, np.float32)
