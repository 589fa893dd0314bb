"""How each engine is called for a case of bench/kernels.py: one function an engine and kind, which returns the measured call."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.kernels import Case, normal

Call = Callable[[], Any]


def conv_arrays(case: Case) -> tuple[np.ndarray, np.ndarray]:
    n, c, size, k, r, _, _, groups = case.arguments
    return normal(n, c, size, size), normal(k, c // groups, r, r)


def netcore_conv(case: Case) -> Call:
    import netcore.functional as F

    stride, pad, groups = case.arguments[5:]
    x, w = conv_arrays(case)
    y, cache = F.conv2d_forward(x, w, stride=stride, padding=pad, groups=groups)
    if case.group == "conv y":
        return lambda: F.conv2d_forward(x, w, stride=stride, padding=pad, groups=groups)
    needs = (case.group == "conv dx", case.group == "conv dw", False)
    return lambda: F.conv2d_backward(y, cache, needs=needs)


def torch_conv(case: Case) -> Call:
    import torch

    stride, pad, groups = case.arguments[5:]
    x, w = map(torch.tensor, conv_arrays(case))
    y = torch.conv2d(x, w, None, stride, pad, 1, groups)
    if case.group == "conv y":
        return lambda: torch.conv2d(x, w, None, stride, pad, 1, groups)
    mask = [case.group == "conv dx", case.group == "conv dw", False]
    backward = torch.ops.aten.convolution_backward
    return lambda: backward(y, x, w, None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], groups, mask)


def netcore_product(case: Case) -> Call:
    from netcore import memory
    from netcore.backend import kernels

    m, n, k = case.arguments
    a, b = normal(m, k), normal(k, n)
    return lambda: kernels.gemm.matmul(a, b, None, memory.empty((m, n), a.dtype))


def torch_product(case: Case) -> Call:
    import torch

    m, n, k = case.arguments
    a, b = torch.tensor(normal(m, k)), torch.tensor(normal(k, n))
    return lambda: torch.mm(a, b)


def netcore_sequence(case: Case) -> Call:
    import netcore as nc

    cell, n, t, h = case.arguments
    layer, x = getattr(nc, cell)(h, h), normal(n, t, h)
    if case.group.endswith("forward"):
        return lambda: (layer.reset(), layer.forward(x))
    y = layer.forward(x)
    cache = layer._caches[-1]

    def backward() -> None:
        layer._caches.append(cache)
        for parameter in layer.parameters():
            parameter.zero_grad()
        layer.backward(y)

    return backward


def torch_sequence(case: Case) -> Call:
    import torch

    cell, n, t, h = case.arguments
    layer, x = getattr(torch.nn, cell)(h, h, batch_first=True), torch.tensor(normal(n, t, h), requires_grad=True)
    if case.group.endswith("forward"):
        return lambda: layer(x)
    y = layer(x)[0]
    dy, inputs = y.detach().clone(), [x, *layer.parameters()]
    return lambda: torch.autograd.grad(y, inputs, dy, retain_graph=True)


def netcore_memory(case: Case) -> Call:
    import netcore as nc

    (name,) = case.arguments
    x = normal(64, 32, 28, 28)
    if name == "adam":
        parameter = nc.Parameter(x.reshape(-1))
        parameter.grad = normal(x.size)
        return nc.Adam([parameter]).step
    if name == "im2col":
        return lambda: nc.functional.im2col(x, 3, padding=1)
    rows = x.reshape(-1, 784)
    tokens = np.arange(2048) % 65
    layer, x = {
        "dropout": (nc.Dropout(0.5), x), "embedding": (nc.Embedding(65, 784), tokens),
        "relu": (nc.ReLU(), x), "sigmoid": (nc.Sigmoid(), x), "tanh": (nc.Tanh(), x), "max pool 2x2": (nc.MaxPool2d(2), x),
        "batch norm": (nc.BatchNorm2d(32), x), "layer norm": (nc.LayerNorm(784), rows), "softmax": (nc.Softmax(), rows),
    }[name]  # fmt: skip
    return lambda: (layer.reset(), layer.forward(x))


def torch_memory(case: Case) -> Call:
    import torch
    from torch import nn

    (name,) = case.arguments
    x = torch.tensor(normal(64, 32, 28, 28))
    if name == "adam":
        parameter = nn.Parameter(x.reshape(-1))
        parameter.grad = torch.tensor(normal(x.numel()))
        return torch.optim.Adam([parameter]).step
    if name == "im2col":
        return lambda: nn.functional.unfold(x, 3, padding=1)
    rows = x.reshape(-1, 784)
    tokens = torch.arange(2048) % 65
    layer, x = {
        "dropout": (nn.Dropout(0.5), x), "embedding": (nn.Embedding(65, 784), tokens),
        "relu": (nn.ReLU(), x), "sigmoid": (nn.Sigmoid(), x), "tanh": (nn.Tanh(), x), "max pool 2x2": (nn.MaxPool2d(2), x),
        "batch norm": (nn.BatchNorm2d(32), x), "layer norm": (nn.LayerNorm(784), rows), "softmax": (nn.Softmax(-1), rows),
    }[name]  # fmt: skip
    x.requires_grad_(x.is_floating_point())
    return lambda: layer(x)
