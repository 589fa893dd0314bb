"""A decoder layer that uses its encoder layer's weights, turned round: tied weights.

    encoder  h = x Wᵀ + b          decoder  y = h W + c          one W, whose gradient is the sum of both

A third of the parameters of an auto-encoder less, and no way to make the code small with W and great again with the decoder.
Source: P. Vincent et al., "Stacked denoising autoencoders", JMLR 2010, section 2.2. `nc.mirror(…, tied=True)` makes them.
"""

from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ArgumentError, ShapeError
from netcore.layers.base import Layer, Shape
from netcore.layers.initial import fan_in_bound, uniform
from netcore.layers.linear import Linear
from netcore.rng import as_generator


class TiedLinear(Layer):
    """y = x W + c on the last axis, with the weight W (out, in) of `source`, a `Linear`: x (…, out) to y (…, in).

    Parameters: weight, which is the very Parameter of the source, and bias (in,) of its own. Caches x by reference, and W turned.

    >>> import netcore as nc
    >>> encoder = nc.Linear(4, 2)
    >>> net = nc.Sequential(encoder, TiedLinear(encoder))
    >>> len(net.parameters()), net[1].weight is encoder.weight
    (3, True)
    """

    def __init__(self, source: Linear, bias: bool = True, *, rng: Any = None) -> None:
        if not isinstance(source, Linear):
            raise ArgumentError(f"TiedLinear takes the weights of a Linear, got {type(source).__name__}")
        self.in_features, self.out_features = source.out_features, source.in_features
        self.weight = source.weight
        self.bias = uniform((self.out_features,), fan_in_bound(self.in_features), as_generator(rng)) if bias else None

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = checks.floats("input", x, dtype=self.weight.dtype)
        if x.ndim == 0 or x.shape[-1] != self.in_features:
            raise ShapeError(f"input must have shape (…, {self.in_features}), the source's outputs, got {x.shape}")
        return F.linear_forward(x, np.ascontiguousarray(self.weight.data.T), self.bias.data if self.bias else None)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        needs = (needs_input, self.weight.requires_grad, self.bias is not None and self.bias.requires_grad)
        dx, dw, db = F.linear_backward(dy, cache, needs=needs)
        self.weight.accumulate(None if dw is None else np.ascontiguousarray(dw.T))
        if self.bias:
            self.bias.accumulate(db)
        return dx

    def output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape or input_shape[-1] != self.in_features:
            raise ShapeError(f"input must have shape (…, {self.in_features}), got {input_shape} (without the batch axis)")
        return (*input_shape[:-1], self.out_features)

    def multiply_adds(self, input_shape: Shape) -> int:
        return int(np.prod([size or 1 for size in input_shape[:-1]])) * self.in_features * self.out_features

    def _describe(self) -> str:
        return f"{self.in_features}, {self.out_features}"
