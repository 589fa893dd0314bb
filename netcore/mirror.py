"""The decoder of an auto-encoder, derived from its encoder: each layer undone in reverse, with exact sizes."""

from collections.abc import Callable
from typing import Any

from netcore.errors import ArgumentError
from netcore.layers import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    Identity,
    Layer,
    Linear,
    MaxPool2d,
    Penalised,
    Sequential,
    TiedLinear,
    Unflatten,
)
from netcore.layers.activation import Elementwise, Sigmoid
from netcore.layers.base import Shape
from netcore.shapes import transposed_output


def mirror(encoder: Sequential, input_shape: Shape, output: str | None = None, *, tied: bool = False) -> Sequential:
    """A Sequential that maps the encoder's output back to `input_shape` (without the batch axis), exactly.

    Linear becomes Linear the other way round, Conv2d a ConvTranspose2d whose output_padding makes up for what the stride
    cut off, pooling a ConvTranspose2d of the same window and channels, Flatten an Unflatten. An activation comes where it
    was, between the same two sizes; the encoder's last is left out, so that the output is linear unless `output` is
    'sigmoid'. With `tied` a Linear becomes a TiedLinear, which shares its weight. Layers that cannot be undone raise ArgumentError.

    >>> import netcore as nc
    >>> encoder = nc.Sequential(nc.Conv2d(1, 8, 3, stride=2), nc.ReLU(), nc.Flatten(), nc.Linear(8 * 13 * 13, 30))
    >>> decoder = nc.mirror(encoder, (1, 28, 28))
    >>> decoder.output_shape((30,))
    (1, 28, 28)
    """
    if output not in (None, "sigmoid"):
        raise ArgumentError(f"output must be None or 'sigmoid', got {output!r}")
    shapes = [tuple(input_shape)]
    for layer in encoder:
        shapes.append(tuple(layer.output_shape(shapes[-1])))
    layers: list[Layer] = []
    held: list[Layer] = []  # activations and norms that belong in front of the next layer that changes sizes
    for layer, before, after in reversed(list(zip(encoder, shapes[:-1], shapes[1:], strict=True))):
        if isinstance(layer, (Elementwise, BatchNorm1d, BatchNorm2d)):
            held.append(layer)
            continue
        if isinstance(layer, (Dropout, Identity, Penalised)):
            continue
        undo = next((make for kind, make in UNDO.items() if isinstance(layer, kind)), None)
        if undo is None:
            raise ArgumentError(f"mirror does not know how to undo {layer.where}; write that part of the decoder by hand")
        if layers:  # the code itself goes in without an activation
            layers += [_again(kept, after) for kept in reversed(held)]
        held = []
        layers.append(TiedLinear(layer, layer.bias is not None) if tied and isinstance(layer, Linear) else undo(layer, before, after))
    if output == "sigmoid":
        layers.append(Sigmoid())
    return Sequential(*layers)


def _again(layer: Layer, shape: Shape) -> Layer:
    """An activation or a norm of the same kind, for the sizes on this side."""
    if isinstance(layer, (BatchNorm1d, BatchNorm2d)):
        return type(layer)(int(shape[0] or 0), layer.eps, layer.momentum, layer.weight is not None)
    fresh = type(layer).__new__(type(layer))
    vars(fresh).update({name: value for name, value in vars(layer).items() if name in ("slope", "name", "approximate")})
    return fresh


def _undo_linear(layer: Any, before: Shape, after: Shape) -> Layer:
    return Linear(layer.out_features, layer.in_features, layer.bias is not None)


def _undo_flatten(layer: Any, before: Shape, after: Shape) -> Layer:
    if len(after) != 1:
        raise ArgumentError(f"mirror undoes a Flatten of everything but the batch axis, not {layer!r}")
    return Unflatten(1, tuple(int(size or 0) for size in before))


def _undo_window(layer: Any, before: Shape, after: Shape) -> Layer:
    """Convolution or pooling: a transposed convolution of the same window, padded to the exact size."""
    convolution = isinstance(layer, Conv2d)
    if convolution and isinstance(layer.padding, str):
        raise ArgumentError(f"mirror needs the padding of {layer.where} as numbers, not {layer.padding!r}")
    dilation = layer.dilation if convolution or isinstance(layer, MaxPool2d) else (1, 1)
    extra = []
    for i in (0, 1):
        made = transposed_output(int(after[1 + i] or 0), layer.kernel_size[i], layer.stride[i], 2 * layer.padding[i], dilation[i])
        extra.append(int(before[1 + i] or 0) - made)
    if any(e < 0 or e >= max(layer.stride[i], dilation[i]) for i, e in enumerate(extra)):
        raise ArgumentError(f"mirror cannot undo {layer.where} from {after} to {before}: its windows reach beyond the input")
    channels_in, channels_out = int(after[0] or 0), int(before[0] or 0)
    groups = layer.groups if convolution else channels_in
    return ConvTranspose2d(channels_in, channels_out, layer.kernel_size, layer.stride, layer.padding, tuple(extra), groups, True, dilation)


UNDO: dict[type, Callable[[Any, Shape, Shape], Layer]] = {
    Linear: _undo_linear,
    Flatten: _undo_flatten,
    Conv2d: _undo_window,
    MaxPool2d: _undo_window,
    AvgPool2d: _undo_window,
}
