"""Receptive fields: which pixels of the input can one unit of a layer see?

Along one axis, through layers with kernel k, stride s, dilation d and padding p before:

    size' = size + (d (k - 1)) · jump        jump' = jump · s        start' = start - p · jump

with size 1, jump 1, start 0 at the input: unit i sees pixels start + i · jump … start + i · jump + size - 1.
Source: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016, chapter 2; A. Araujo, W. Norris
and J. Sim, "Computing receptive fields of convolutional neural networks", 2019, equations 2 and 4. Read next: patches.py.
"""

from typing import Any, NamedTuple

from netcore.errors import ArgumentError
from netcore.functional.conv import resolve_padding
from netcore.layers import Conv2d, Dropout, GroupNorm, Identity, Layer, Sequential
from netcore.layers.activation import Elementwise
from netcore.layers.norm import BatchNorm2d
from netcore.layers.pool import Pool

Pair = tuple[int, int]


class ReceptiveField(NamedTuple):
    """(height, width) of each figure."""

    size: Pair = (1, 1)
    jump: Pair = (1, 1)  # how far the field moves from one unit to its neighbour
    start: Pair = (0, 0)  # first pixel that unit (0, 0) sees; negative where it lies in the padding

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """(top, bottom, left, right) of the pixels that unit (row, column) sees, ends excluded; it may reach into the padding."""
        top, left = self.start[0] + row * self.jump[0], self.start[1] + column * self.jump[1]
        return top, top + self.size[0], left, left + self.size[1]

    def through(self, kernel: Pair, stride: Pair, dilation: Pair, before: Pair) -> "ReceptiveField":
        """The field of the units one layer further up."""
        axes = range(2)
        return ReceptiveField(
            _pair(self.size[a] + dilation[a] * (kernel[a] - 1) * self.jump[a] for a in axes),
            _pair(self.jump[a] * stride[a] for a in axes),
            _pair(self.start[a] - before[a] * self.jump[a] for a in axes),
        )


def receptive_field(net: Layer, name: str = "") -> ReceptiveField:
    """The receptive field of a unit of the named layer (all layers without a name) in a Sequential, nested or not.

    Raises ArgumentError for a layer that looks at the whole input, and for networks that branch.

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Conv2d(1, 4, 5), nc.MaxPool2d(2), nc.Conv2d(4, 8, 3))
    >>> receptive_field(net).size, receptive_field(net, "1").jump
    ((10, 10), (2, 2))
    """
    field, inside = ReceptiveField(), False
    for path, layer in _leaves(net):
        belongs = not name or f"{path}.".startswith(f"{name}.")
        if inside and not belongs:
            return field
        inside = inside or belongs
        field = _one_more(field, layer)
    if not inside:
        raise ArgumentError(f"no layer is called {name!r}")
    return field


def _one_more(field: ReceptiveField, layer: Any) -> ReceptiveField:
    if isinstance(layer, Conv2d) and layer.spatial == 2:
        pads = resolve_padding(layer.padding, layer.kernel_size, layer.stride, layer.dilation)
        return field.through(layer.kernel_size, layer.stride, layer.dilation, (pads[0][0], pads[1][0]))
    if isinstance(layer, Pool) and layer.spatial == 2:
        return field.through(layer.kernel_size, layer.stride, layer.dilation, layer.padding)
    if isinstance(layer, (Elementwise, BatchNorm2d, Dropout, Identity, GroupNorm)):
        return field
    raise ArgumentError(f"{layer.where} has no receptive field that slides: it sees the whole input, or it branches")


def _leaves(net: Layer, prefix: str = "") -> Any:
    """Layers in the order of the forward phase, with their names."""
    if not isinstance(net, Sequential):
        yield prefix, net
        return
    for name, child in net.children():
        yield from _leaves(child, f"{prefix}.{name}" if prefix else name)


def _pair(values: Any) -> Pair:
    first, second = values
    return first, second
