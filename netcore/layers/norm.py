"""Normalisation layers. Kernels: netcore/functional/norm.py, csrc/norm.pyx."""

from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ArgumentError, ShapeError
from netcore.functional.norm import last_axes, track_statistics
from netcore.layers.base import Layer, Shape
from netcore.parameter import Parameter


class Norm(Layer):
    """What they share: a weight of ones and a bias of zeros (none with affine=False), and the backward phase."""

    weight: Parameter | None
    bias: Parameter | None

    def _affine(self, shape: tuple[int, ...], affine: bool, eps: float) -> None:
        self.eps = checks.number("eps", eps, 0)
        self.weight = Parameter(np.ones(shape, np.float32)) if affine else None
        self.bias = Parameter(np.zeros(shape, np.float32)) if affine else None

    def _input(self, x: np.ndarray) -> np.ndarray:
        return checks.floats("input", x, dtype=self.weight.dtype if self.weight else None)

    @property
    def _wb(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        return (self.weight.data if self.weight else None), (self.bias.data if self.bias else None)

    def _gradients(self, dy: np.ndarray, cache: Any, needs: tuple[bool, bool, bool]) -> Any:
        raise NotImplementedError

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        wanted = [p is not None and p.requires_grad for p in (self.weight, self.bias)]
        needs = (needs_input, wanted[0], wanted[1])
        if not any(needs):
            return None
        dx, dw, db = self._gradients(dy, cache, needs)
        for parameter, gradient in ((self.weight, dw), (self.bias, db)):
            if parameter and gradient is not None:
                parameter.accumulate(gradient.reshape(parameter.shape))
        return dx

class BatchNorm2d(Norm):
    """y = (x - mean) / √(var + eps) · w + b, statistics of each channel over the batch and its pixels (Ioffe and Szegedy, 2015).

    In training they are the batch's own (the variance biased), and the running ones move towards them: running =
    (1 - momentum) running + momentum batch (the variance unbiased); momentum=None averages all batches. In evaluation the
    running ones are used. Buffers: running_mean, running_var, num_batches_tracked. Caches x by reference.
    """

    axes: tuple[int, ...] = (4,)
    layout = "(N, C, H, W)"

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True) -> None:
        self.num_features = checks.positive("num_features", num_features)
        self.momentum = None if momentum is None else checks.number("momentum", momentum, 0, 1)
        self._affine((num_features,), affine, eps)
        self.register_buffer("running_mean", np.zeros(num_features, np.float32))
        self.register_buffer("running_var", np.ones(num_features, np.float32))
        self.register_buffer("num_batches_tracked", np.zeros((), np.int64))

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self._input(x)
        if x.ndim not in self.axes or x.shape[1] != self.num_features:
            raise ShapeError(f"input must have shape {self.layout} with C={self.num_features}, got {x.shape}")
        if not self.training:
            return F.batch_norm_apply(x, *self._wb, self.running_mean, self.running_var, self.eps), None  # type: ignore[attr-defined]
        y, cache, statistics = F.batch_norm_forward(x, *self._wb, self.eps)
        if x.shape[0]:
            self._track(*statistics, x.size // x.shape[1])
        return y, cache

    def _track(self, mean: np.ndarray, var: np.ndarray, count: int) -> None:
        """Move the running statistics towards the batch's."""
        tracked = self.num_batches_tracked  # type: ignore[attr-defined]
        tracked += 1
        part = 1 / int(tracked) if self.momentum is None else self.momentum
        track_statistics(self.running_mean, self.running_var, mean, var, part, count)  # type: ignore[attr-defined]

    def _gradients(self, dy: np.ndarray, cache: Any, needs: tuple[bool, bool, bool]) -> Any:
        return F.batch_norm_backward(dy, cache, needs=needs)

    def output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape or len(input_shape) + 1 not in self.axes or input_shape[0] != self.num_features:
            raise ShapeError(f"input must have shape {self.layout} with C={self.num_features}, got {input_shape} (without the batch axis)")
        return input_shape

    def _describe(self) -> str:
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"


class BatchNorm1d(BatchNorm2d):
    """BatchNorm2d on (N, C) or (N, C, L)."""

    axes = (2, 3)
    layout = "(N, C) or (N, C, L)"


class GroupNorm(Norm):
    """y = x̂ w + b, statistics over each of num_groups groups of channels in each sample (Wu and He, 2018)."""

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True) -> None:
        self.num_groups, self.num_channels = checks.positive("num_groups", num_groups), checks.positive("num_channels", num_channels)
        if num_channels % num_groups:
            raise ArgumentError(f"num_groups={num_groups} must divide num_channels={num_channels}")
        self._affine((num_channels,), affine, eps)

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self._input(x)
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ShapeError(f"input must have shape (N, C={self.num_channels}, …), got {x.shape}")
        return F.group_norm_forward(x, self.num_groups, *self._wb, self.eps)

    def _gradients(self, dy: np.ndarray, cache: Any, needs: tuple[bool, bool, bool]) -> Any:
        return F.group_norm_backward(dy, cache, needs=needs)

    def output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape or input_shape[0] != self.num_channels:
            raise ShapeError(f"input must have shape (C={self.num_channels}, …), got {input_shape} (without the batch axis)")
        return input_shape

    def _describe(self) -> str:
        return f"{self.num_groups}, {self.num_channels}"


class LayerNorm(Norm):
    """y = x̂ w + b, statistics over the last axes, which have `normalized_shape` (Ba et al., 2016)."""

    def __init__(self, normalized_shape: int | tuple[int, ...], eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True) -> None:
        self.normalized_shape = last_axes(normalized_shape)
        self._affine(self.normalized_shape, elementwise_affine, eps)
        if not bias:
            self.bias = None

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return F.layer_norm_forward(self._input(x), self.normalized_shape, *self._wb, self.eps)

    def _gradients(self, dy: np.ndarray, cache: Any, needs: tuple[bool, bool, bool]) -> Any:
        return F.layer_norm_backward(dy, cache, needs=needs)

    def output_shape(self, input_shape: Shape) -> Shape:
        if input_shape[max(0, len(input_shape) - len(self.normalized_shape)) :] != self.normalized_shape:
            raise ShapeError(f"input must end in the axes {self.normalized_shape}, got {input_shape} (without the batch axis)")
        return input_shape

    def _describe(self) -> str:
        return f"{self.normalized_shape}"
