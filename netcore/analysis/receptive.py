"""Receptive fields: which pixels of the input can one unit of a layer see?

Along one axis, through layers with kernel k, stride s, dilation d and padding p before:

    size' = size + (d (k - 1)) · jump        jump' = jump · s        start' = start - p · jump

with size 1, jump 1, start 0 at the input: unit i sees pixels start + i · jump … start + i · jump + size - 1. Where ways rejoin (an
addition, channels side by side) a unit sees what any of them sees, from the least start to the greatest end; their jumps must agree.
Source: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016, chapter 2; A. Araujo, W. Norris
and J. Sim, "Computing receptive fields of convolutional neural networks", 2019, equations 2 and 4. Read next: patches.py.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from netcore.errors import ArgumentError
from netcore.functional.conv import resolve_padding
from netcore.layers import Add, Concat, Conv2d, Dropout, Graph, GroupNorm, Identity, Layer, Multiply, Sequential
from netcore.layers.activation import Elementwise
from netcore.layers.norm import BatchNorm2d
from netcore.layers.pool import Pool

Pair = tuple[int, int]


class ReceptiveField(NamedTuple):
    """(height, width) of each figure; of a layer that slides along one axis, height 1."""

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


Found = ReceptiveField | str  # a field, or why there is none


def receptive_field(net: Layer, name: str = "") -> ReceptiveField:
    """The receptive field of a unit of the named layer ('' is the whole network) in a Sequential or a Graph, nested or not.

    What a norm takes from the statistics of the whole image is left out. A layer that a Graph calls several times shows its last call.
    Raises ArgumentError for a layer that looks at the whole input, or above one that does.

    >>> import netcore as nc
    >>> net = nc.Sequential(nc.Conv2d(1, 4, 5), nc.MaxPool2d(2), nc.Conv2d(4, 8, 3))
    >>> receptive_field(net).size, receptive_field(net, "1").jump
    ((10, 10), (2, 2))
    """
    first: Found = ReceptiveField() if _inputs(net) == 1 else "the network has several inputs, and a receptive field is that of one image"
    found: dict[str, Found] = {}
    _walk(net, "", [first] * _inputs(net), found)
    if name not in found:
        raise ArgumentError(f"no layer is called {name!r}; this network has {', '.join(map(repr, found))}")
    seen = found[name]
    if isinstance(seen, str):
        raise ArgumentError(seen)
    return seen


def _walk(layer: Layer, path: str, before: Sequence[Found], found: dict[str, Found]) -> Found:
    """The field behind a layer from those of its inputs; it and those of the layers inside are noted under their names."""
    prefix = f"{path}." if path else ""
    found[path] = ""  # its place in the list of names: outermost first
    if isinstance(layer, Sequential):
        (field,) = before
        for name, child in layer.children():
            field = _walk(child, prefix + name, [field], found)
    elif isinstance(layer, Graph):
        names = {id(child): name for name, child in layer.children()}
        place = {id(node): field for node, field in zip(layer.inputs, before, strict=True)}
        for node in layer._order:
            assert node.layer is not None
            place[id(node)] = _walk(node.layer, prefix + names[id(node.layer)], [place[id(source)] for source in node.inputs], found)
        ends = [place[id(node)] for node in layer.outputs]
        field = ends[0] if len(ends) == 1 else f"{_called(layer, path)} has several outputs: ask for the layer that makes one of them"
    else:
        field = _one_more(layer, path, before)
        for name, child in layer.children():  # of a network whose forward phase is its own
            _walk(child, prefix + name, [field] * _inputs(child), found)
    found[path] = field
    return field


def _one_more(layer: Any, path: str, before: Sequence[Found]) -> Found:
    for field in before:
        if isinstance(field, str):
            return field
    fields = [field for field in before if isinstance(field, ReceptiveField)]
    if isinstance(layer, (Add, Multiply)) or (isinstance(layer, Concat) and layer.dim in (1, -3)):
        return _union(layer, path, fields)
    (field,) = fields
    if isinstance(layer, Conv2d):
        pads = resolve_padding(layer.padding, layer.kernel_size, layer.stride, layer.dilation)
        return field.through(layer.kernel_size, layer.stride, layer.dilation, (pads[0][0], pads[1][0]))
    if isinstance(layer, Pool):
        return field.through(layer.kernel_size, layer.stride, layer.dilation, layer.padding)
    if isinstance(layer, (Elementwise, BatchNorm2d, Dropout, Identity, GroupNorm)):
        return field
    return f"{_called(layer, path)} has no receptive field that slides over the input by whole pixels"


def _union(layer: Layer, path: str, fields: Sequence[ReceptiveField]) -> Found:
    """What any of the ways that rejoin here sees."""
    jump = fields[0].jump
    if any(field.jump != jump for field in fields):
        return f"{_called(layer, path)} joins maps whose units lie {' and '.join(str(field.jump) for field in fields)} pixels apart"
    start = _pair(min(field.start[a] for field in fields) for a in range(2))
    return ReceptiveField(_pair(max(field.start[a] + field.size[a] for field in fields) - start[a] for a in range(2)), jump, start)


def _inputs(net: Layer) -> int:
    return len(net.inputs) if isinstance(net, Graph) else 1


def _called(layer: Layer, path: str) -> str:
    return f"{type(layer).__name__} {path!r}" if path else type(layer).__name__


def _pair(values: Any) -> Pair:
    first, second = values
    return first, second
