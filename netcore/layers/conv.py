"""Convolution layers. Kernels: netcore/functional/conv.py, csrc/conv.pyx."""

from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ArgumentError, ShapeError
from netcore.functional.conv import Pair, Size, resolve_padding
from netcore.layers.base import Layer, Shape
from netcore.layers.initial import fan_in_bound, uniform
from netcore.rng import as_generator
from netcore.shapes import window_output


class Conv2d(Layer):
    """y[n,k] = b[k] + Σ_c w[k,c] ⋆ x[n,c]: `out_channels` filters slide over images (N, in_channels, H, W).

    Parameters: weight (out, in/groups, kH, kW), bias (out,), from U(±1/√fan_in), fan_in = in/groups · kH · kW.
    `padding` is a number, a pair, 'same' (stride 1) or 'valid'. Caches x by reference.
    2 · N · out · OH · OW · fan_in FLOPs forward, twice that backward.

    >>> import netcore as nc, numpy as np
    >>> layer = nc.Conv2d(3, 8, 3, padding=1)
    >>> layer.forward(np.zeros((2, 3, 16, 16), np.float32)).shape
    (2, 8, 16, 16)
    """

    spatial = 2  # axes that the filter slides along

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        rng: Any = None,
    ) -> None:
        self.in_channels = checks.positive("in_channels", in_channels)
        self.out_channels = checks.positive("out_channels", out_channels)
        self.groups = checks.positive("groups", groups)
        if in_channels % groups or out_channels % groups:
            raise ArgumentError(f"groups={groups} must divide in_channels={in_channels} and out_channels={out_channels}")
        self.kernel_size = self._pair("kernel_size", kernel_size)
        self.stride = self._pair("stride", stride)
        self.dilation = self._pair("dilation", dilation)
        self.padding = padding if isinstance(padding, str) else self._pair("padding", padding, 0)
        resolve_padding(self.padding, self.kernel_size, self.stride, self.dilation)
        fan_in = in_channels // groups * int(np.prod(self.kernel_size))
        generator, bound = as_generator(rng), fan_in_bound(fan_in)
        kernel = self.kernel_size[2 - self.spatial :]
        self.weight = uniform((out_channels, in_channels // groups, *kernel), bound, generator)
        self.bias = uniform((out_channels,), bound, generator) if bias else None

    def _pair(self, name: str, value: Any, low: int = 1) -> Pair:
        return checks.pair(name, value, low)

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = checks.floats("input", x, dtype=self.weight.dtype)
        if x.ndim != 2 + self.spatial or x.shape[1] != self.in_channels:
            axes = "H, W" if self.spatial == 2 else "L"
            raise ShapeError(f"input must have shape (N, C={self.in_channels}, {axes}), got {x.shape}")
        return self._convolve(x, self.weight.data, self.bias.data if self.bias else None)

    def _convolve(self, x: np.ndarray, w: np.ndarray, b: np.ndarray | None) -> tuple[np.ndarray, Any]:
        return F.conv2d_forward(x, w, b, self.stride, self.padding, self.dilation, self.groups)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        needs = (needs_input, self.weight.requires_grad, self.bias is not None and self.bias.requires_grad)
        dx, dw, db = self._gradients(dy, cache, needs)
        self.weight.accumulate(dw)
        if self.bias:
            self.bias.accumulate(db)
        return dx

    def _gradients(self, dy: np.ndarray, cache: Any, needs: tuple[bool, bool, bool]) -> Any:
        return F.conv2d_backward(dy, cache, needs=needs)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1 + self.spatial or input_shape[0] != self.in_channels:
            raise ShapeError(f"input must have shape (C={self.in_channels}, …), {1 + self.spatial} axes without the batch axis, got {input_shape}")
        pads = resolve_padding(self.padding, self.kernel_size, self.stride, self.dilation)
        sizes = []
        for axis, size in zip(range(2 - self.spatial, 2), input_shape[1:], strict=True):
            window = (self.kernel_size[axis], self.stride[axis], sum(pads[axis]), self.dilation[axis])
            sizes.append(None if size is None else window_output(size, *window))
        return (self.out_channels, *sizes)

    def multiply_adds(self, input_shape: Shape) -> int:
        places = int(np.prod([size or 1 for size in self.output_shape(input_shape)]))
        return places * self.in_channels // self.groups * int(np.prod(self.kernel_size))

    def _describe(self) -> str:
        shown = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        defaults = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
        return shown + "".join(f", {name}={getattr(self, name)}" for name, value in defaults.items() if getattr(self, name) != value)


class Conv1d(Conv2d):
    """Conv2d along one axis: x (N, in_channels, L) to y (N, out_channels, OL); weight (out, in/groups, k)."""

    spatial = 1

    def _pair(self, name: str, value: Any, low: int = 1) -> Pair:
        one = value[0] if isinstance(value, (tuple, list)) and len(value) == 1 else value
        return (low, checks.at_least(name, one, low))

    def _convolve(self, x: np.ndarray, w: np.ndarray, b: np.ndarray | None) -> tuple[np.ndarray, Any]:
        padding = self.padding if isinstance(self.padding, str) else self.padding[1]
        return F.conv1d_forward(x, w, b, self.stride[1], padding, self.dilation[1], self.groups)

    def _gradients(self, dy: np.ndarray, cache: Any, needs: tuple[bool, bool, bool]) -> Any:
        return F.conv1d_backward(dy, cache, needs=needs)
