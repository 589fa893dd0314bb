"""What a network is made of and what it will cost, before it runs: sizes, parameters, FLOPs and bytes, layer by layer.

    forward      2 FLOPs a multiply-add; reads the input and the parameters, writes the output
    backward     the same product twice, for dx and for the parameters; reads dy, the cache and the parameters,
                 writes dx and the parameters' gradients
    cache        what the forward phase keeps until the backward phase

Layers without multiply-adds are bound by memory: their bytes are what counts. All figures are for one sample, float32.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from netcore.errors import ArgumentError, NetcoreError
from netcore.layers.base import Layer, Shape
from netcore.layers.graph import Graph
from netcore.layers.sequential import Sequential

HEADERS = ("layer", "class", "output", "parameters", "multiply-adds", "forward MFLOP", "backward MFLOP", "forward kB", "backward kB", "cache kB")


@dataclass
class Line:
    """One layer."""

    name: str
    kind: str
    output: Shape
    parameters: int
    multiply_adds: int
    forward_flops: int
    backward_flops: int
    forward_bytes: int
    backward_bytes: int
    cache_bytes: int

    def cells(self) -> tuple[str, ...]:
        size = " x ".join("?" if size is None else str(size) for size in self.output)
        flops = (f"{value / 1e6:.2f}" for value in (self.forward_flops, self.backward_flops))
        kilobytes = (f"{value / 1e3:.1f}" for value in (self.forward_bytes, self.backward_bytes, self.cache_bytes))
        return (self.name, self.kind, size, f"{self.parameters:,}", f"{self.multiply_adds:,}", *flops, *kilobytes)


class Summary:
    """The table; prints in a terminal, shows as HTML in a notebook. `lines` has the numbers."""

    def __init__(self, lines: list[Line], parameters: int) -> None:
        self.lines, self.parameters = lines, parameters

    @property
    def multiply_adds(self) -> int:
        return sum(line.multiply_adds for line in self.lines)

    @property
    def cache_bytes(self) -> int:
        """Bytes that one sample's forward phase keeps."""
        return sum(line.cache_bytes for line in self.lines)

    def _totals(self) -> tuple[str, ...]:
        total = Line("total", "", (), self.parameters, *(sum(getattr(line, name) for line in self.lines) for name in (
            "multiply_adds", "forward_flops", "backward_flops", "forward_bytes", "backward_bytes", "cache_bytes",
        )))  # fmt: skip
        return total.cells()

    def __str__(self) -> str:
        rows = [HEADERS, *(line.cells() for line in self.lines), self._totals()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(HEADERS))]
        lines = ["  ".join(cell.ljust(w) if i < 3 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))) for row in rows]
        rule = "-" * len(lines[0])
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], "per sample; bytes in float32"])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def row(cells: tuple[str, ...], tag: str) -> str:
            sides = ("left",) * 3 + ("right",) * 7
            return "<tr>" + "".join(f'<{tag} style="text-align:{s}">{html.escape(c)}</{tag}>' for c, s in zip(cells, sides, strict=True)) + "</tr>"

        body = "".join(row(line.cells(), "td") for line in self.lines)
        return f"<table><thead>{row(HEADERS, 'th')}</thead><tbody>{body}</tbody><tfoot>{row(self._totals(), 'th')}</tfoot></table>"


def summary(net: Layer, *input_shapes: Shape) -> Summary:
    """The summary of a layer or network for inputs of these shapes, without the batch axis.

    >>> import netcore as nc
    >>> nc.Sequential(nc.Linear(784, 128), nc.ReLU(), nc.Linear(128, 10)).summary((784,)).multiply_adds
    101632
    """
    count_wanted = len(net.inputs) if isinstance(net, Graph) else 1 if isinstance(net, Sequential) else max(1, len(input_shapes))
    if len(input_shapes) != count_wanted or not all(isinstance(shape, (tuple, list)) for shape in input_shapes):
        raise ArgumentError(f"summary takes {count_wanted} shape(s) without the batch axis, such as (1, 28, 28); got {input_shapes!r}").at(net.where)
    lines = [_line(layer, shapes) for layer, shapes in _calls(net, input_shapes)]
    return Summary(lines, sum(parameter.size for parameter in net.parameters()))


def _calls(net: Layer, shapes: tuple[Shape, ...]) -> Iterator[tuple[Layer, tuple[Shape, ...]]]:
    """(layer, shapes of its inputs) of every layer that computes, in the order of the forward phase."""
    if isinstance(net, Sequential):
        shape: Any = shapes[0]
        for layer in net:
            yield from _calls(layer, (shape,))
            try:
                shape = layer.output_shape(shape)
            except NetcoreError as error:
                raise error.at(layer.where)
    elif isinstance(net, Graph):
        for layer, sources in net.calls(*shapes):
            yield from _calls(layer, sources)
    else:
        yield net, shapes


def _line(layer: Layer, shapes: tuple[Shape, ...]) -> Line:
    try:
        output = layer.output_shape(*shapes)
        products = layer.multiply_adds(*shapes)
        cache = layer.cache_numbers(*shapes)
    except NetcoreError as error:
        raise error.at(layer.where)
    parameters = sum(parameter.size for parameter in layer.parameters())
    inputs, outputs = sum(count(shape) for shape in shapes), count(output)
    itemsize = np.dtype(np.float32).itemsize
    return Line(
        layer.path or "-", type(layer).__name__, output, parameters, products, 2 * products, 4 * products,
        itemsize * (inputs + outputs + parameters), round(itemsize * (outputs + cache + inputs + 2 * parameters)), round(itemsize * cache),
    )  # fmt: skip


def count(shape: Shape) -> int:
    """Numbers in a shape; an open size counts as 1."""
    return prod(size or 1 for size in shape)
