"""The fully connected layer. Kernel: netcore/functional/linear.py."""

from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ShapeError
from netcore.layers.base import Layer, Shape
from netcore.layers.initial import fan_in_bound, uniform
from netcore.rng import as_generator


class Linear(Layer):
    """y = x Wᵀ + b on the last axis: x (…, in_features) to y (…, out_features).

    Parameters: weight (out_features, in_features), bias (out_features,), from U(±1/√in_features).
    Caches x by reference; 2 · rows · in · out FLOPs forward, twice that backward.
    Raises ShapeError where the last axis of x is not in_features, DTypeError where x is not of the weight's dtype.

    >>> import netcore as nc, numpy as np
    >>> layer = nc.Linear(4, 2)
    >>> layer.forward(np.ones((3, 4), np.float32)).shape
    (3, 2)
    >>> layer.backward(np.ones((3, 2), np.float32)).shape
    (3, 4)
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, *, rng: Any = None) -> None:
        self.in_features = checks.positive("in_features", in_features)
        self.out_features = checks.positive("out_features", out_features)
        generator, bound = as_generator(rng), fan_in_bound(in_features)
        self.weight = uniform((out_features, in_features), bound, generator)
        self.bias = uniform((out_features,), bound, generator) if bias else None

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = checks.floats("input", x, dtype=self.weight.dtype)
        if x.ndim == 0 or x.shape[-1] != self.in_features:
            raise ShapeError(f"input must have shape (…, in_features={self.in_features}), got {x.shape}")
        return F.linear_forward(x, self.weight.data, self.bias.data if self.bias else None)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        needs = (needs_input, self.weight.requires_grad, self.bias is not None and self.bias.requires_grad)
        dx, dw, db = F.linear_backward(dy, cache, needs=needs)
        self.weight.accumulate(dw)
        if self.bias:
            self.bias.accumulate(db)
        return dx

    def output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape or input_shape[-1] != self.in_features:
            raise ShapeError(f"input must have shape (…, in_features={self.in_features}), got {input_shape} (without the batch axis)")
        return (*input_shape[:-1], self.out_features)

    def multiply_adds(self, input_shape: Shape) -> int:
        rows = int(np.prod([size or 1 for size in input_shape[:-1]]))
        return rows * self.in_features * self.out_features

    def _describe(self) -> str:
        return f"{self.in_features}, {self.out_features}" + ("" if self.bias else ", bias=False")
