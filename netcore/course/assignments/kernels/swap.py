"""How the functions of `kernels` stand in for the engine's convolution and max-pooling."""

import numpy as np

from netcore.course.swap import Pair


def one(value):
    """The number of a size that is the same in height and width, otherwise None."""
    pair = (value, value) if isinstance(value, int) else value
    return pair[0] if pair[0] == pair[1] and not isinstance(pair, str) else None


def pairs(student):
    def conv_forward(call):
        stride, padding = one(call.stride), one(call.padding)
        if None in (stride, padding) or one(call.dilation) != 1 or call.groups != 1:
            return None
        x, w = np.ascontiguousarray(call.x), np.ascontiguousarray(call.w)
        b = np.zeros(len(w), x.dtype) if call.b is None else call.b
        return student.conv_forward(x, w, b, stride, padding), (x, w, stride, padding)

    def conv_backward(call):
        x, w, stride, padding = call.cache
        dy = np.ascontiguousarray(call.dy)
        dx = student.conv_input_gradient(dy, w, x.shape[2:], stride, padding) if call.needs[0] else None
        return dx, *student.conv_weight_gradient(x, dy, w.shape[2:], stride, padding)

    def pool_forward(call):
        stride = one(call.kernel_size if call.stride is None else call.stride)
        if stride is None or one(call.padding) != 0 or one(call.dilation) != 1 or call.ceil_mode:
            return None
        kernel = call.kernel_size if isinstance(call.kernel_size, tuple) else (call.kernel_size,) * 2
        y, which = student.max_pool_forward(np.ascontiguousarray(call.x), kernel, stride)
        return y, (which, call.x.shape[2:], kernel, stride)

    return [
        Pair("conv2d", conv_forward, conv_backward, gradients=("dx", "dw", "db")),
        Pair("max_pool2d", pool_forward, lambda call: student.max_pool_backward(np.ascontiguousarray(call.dy), *call.cache)),
    ]
