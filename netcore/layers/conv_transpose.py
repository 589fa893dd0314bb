"""Transposed convolution. Kernels: netcore/functional/conv.py, csrc/conv.pyx."""

from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ArgumentError, ShapeError
from netcore.functional.conv import Size
from netcore.layers.base import Layer, Shape
from netcore.layers.initial import fan_in_bound, uniform
from netcore.rng import as_generator
from netcore.shapes import transposed_output


class ConvTranspose2d(Layer):
    """The adjoint of Conv2d used forward: each input pixel adds its filter, scaled, to the output (N, out_channels, OH, OW).

    OH = (H - 1) stride - 2 padding + dilation (kH - 1) + output_padding + 1 (Dumoulin and Visin, 2016).
    Parameters: weight (in, out/groups, kH, kW), bias (out,), from U(±1/√fan_in), fan_in = out/groups · kH · kW as in PyTorch.
    Caches x by reference; 2 · N · in · H · W · out/groups · kH · kW FLOPs forward, twice that backward.

    >>> import netcore as nc, numpy as np
    >>> nc.ConvTranspose2d(8, 3, 4, stride=2, padding=1).forward(np.zeros((2, 8, 7, 7), np.float32)).shape
    (2, 3, 14, 14)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        *,
        rng: Any = None,
    ) -> None:
        self.in_channels = checks.positive("in_channels", in_channels)
        self.out_channels = checks.positive("out_channels", out_channels)
        self.groups = checks.positive("groups", groups)
        if in_channels % groups or out_channels % groups:
            raise ArgumentError(f"groups={groups} must divide in_channels={in_channels} and out_channels={out_channels}")
        self.kernel_size, self.stride = checks.pair("kernel_size", kernel_size), checks.pair("stride", stride)
        self.padding, self.dilation = checks.pair("padding", padding, 0), checks.pair("dilation", dilation)
        self.output_padding = checks.pair("output_padding", output_padding, 0)
        if any(self.output_padding[i] >= max(self.stride[i], self.dilation[i]) for i in (0, 1)):
            raise ArgumentError(f"output_padding {self.output_padding} must be smaller than the stride {self.stride} or the dilation {self.dilation}")
        generator, bound = as_generator(rng), fan_in_bound(out_channels // groups * int(np.prod(self.kernel_size)))
        self.weight = uniform((in_channels, out_channels // groups, *self.kernel_size), bound, generator)
        self.bias = uniform((out_channels,), bound, generator) if bias else None

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = checks.floats("input", x, dtype=self.weight.dtype)
        if x.ndim != 4 or x.shape[1] != self.in_channels:
            raise ShapeError(f"input must have shape (N, C={self.in_channels}, H, W), got {x.shape}")
        bias = self.bias.data if self.bias else None
        return F.conv_transpose2d_forward(
            x, self.weight.data, bias, self.stride, self.padding, self.output_padding, self.groups, self.dilation
        )

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        needs = (needs_input, self.weight.requires_grad, self.bias is not None and self.bias.requires_grad)
        dx, dw, db = F.conv_transpose2d_backward(dy, cache, needs=needs)
        self.weight.accumulate(dw)
        if self.bias:
            self.bias.accumulate(db)
        return dx

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3 or input_shape[0] != self.in_channels:
            raise ShapeError(f"input must have shape (C={self.in_channels}, H, W), got {input_shape} (without the batch axis)")
        sizes = (
            None
            if size is None
            else transposed_output(size, self.kernel_size[i], self.stride[i], 2 * self.padding[i], self.dilation[i], self.output_padding[i])
            for i, size in enumerate(input_shape[1:])
        )
        return (self.out_channels, *sizes)

    def multiply_adds(self, input_shape: Shape) -> int:
        places = int(np.prod([size or 1 for size in input_shape]))
        return places * self.out_channels // self.groups * int(np.prod(self.kernel_size))

    def _describe(self) -> str:
        shown = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        defaults = {"stride": (1, 1), "padding": (0, 0), "output_padding": (0, 0), "dilation": (1, 1), "groups": 1}
        return shown + "".join(f", {name}={getattr(self, name)}" for name, value in defaults.items() if getattr(self, name) != value)
