"""A network as its representations, with their shapes, and the layers that lead from one to the next."""

from collections import Counter
from math import log2, prod
from typing import Any, NamedTuple

from netcore.errors import ArgumentError
from netcore.layers import Dropout, Graph, GroupNorm, Identity, Layer, LayerNorm, Sequential
from netcore.layers.activation import Elementwise
from netcore.layers.base import Shape
from netcore.layers.norm import BatchNorm2d
from netcore.plot.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, axes

COLOURS = (("Conv", BLUE), ("Pool", ORANGE), ("Linear", GREEN), ("RNN", PURPLE), ("LSTM", PURPLE), ("GRU", PURPLE))
SHARED = (Elementwise, Dropout, Identity, BatchNorm2d, GroupNorm, LayerNorm)  # layers that stand in the box of the layer before


class Box(NamedTuple):
    """One representation: the layers that make it (one on each line), its shape, and the boxes that they start from."""

    made_by: str
    shape: Shape
    sources: tuple[int, ...]


class Place(NamedTuple):
    """Where a box stands: its left edge, its middle, its size."""

    left: float
    y: float
    width: float
    height: float

    @property
    def x(self) -> float:
        return self.left + self.width / 2


def network_diagram(net: Layer, *input_shapes: Shape, ax: Any = None, title: str = "") -> Any:
    """Boxes from left to right: height is the image's (or the logarithm of a vector's size), width the logarithm of the channels; the
    shape stands above, the layers that made it below. Activations, norms and dropout share the box of the layer before. A
    connection that skips boxes is an arc; what runs side by side, several inputs too, stands one below the other.

    One shape for each input of a `Graph`, without the batch axis. Returns the Axes.
    """
    boxes = _boxes(net, [tuple(shape) for shape in input_shapes])
    columns = _columns(boxes)
    tall = max(columns.count(k) for k in columns)  # boxes in the fullest column
    places = _places(boxes, columns, tall)
    right = max(place.left + place.width for place in places)
    low = min(place.y - place.height / 2 for place in places)
    paper = {"fc": "white", "ec": "none", "alpha": 0.85, "pad": 0.6}  # where an arrow passes below a label
    ax = axes(ax, max(5.0, 1.05 * (max(columns) + 1) + 0.6), 3.4 if tall == 1 else 1.6 - 0.42 * low)
    for box, place in zip(boxes, places, strict=True):
        colour = next((c for word, c in COLOURS if word in box.made_by.split("\n")[0]), SKY if box.sources else "#dddddd")
        ax.add_patch(_rectangle((place.left, place.y - place.height / 2), place.width, place.height, colour))
        shape = "×".join("?" if s is None else str(s) for s in box.shape)
        ax.text(place.x, place.y + place.height / 2 + 0.12, shape, ha="center", va="bottom", fontsize=8, bbox=paper)
        below = -2.2 if tall == 1 else place.y - place.height / 2 - 0.12
        ax.text(place.x, below, box.made_by or "input", ha="center", va="top", fontsize=7.5, linespacing=1.35, bbox=paper)
    arcs = False
    for k, box in enumerate(boxes):
        for source in box.sources:
            arcs |= _connect(ax, places[source], places[k], columns[k] - columns[source] > 1)
    top = max(place.y + place.height / 2 for place in places)
    ax.set(xlim=(-0.5, right + 0.6), ylim=(-3.9 if tall == 1 else low - 1.1, max(top, 2.3) + 1.7 if arcs else max(top, 2.3) + 0.6), title=title)
    ax.set_axis_off()
    return ax


def _connect(ax: Any, start: Place, end: Place, skips: bool) -> bool:
    """An arrow from box to box; whether it is an arc over others."""
    level = abs(start.y - end.y) < 1e-9
    arc = skips and level
    top = max(start.height, end.height) / 2 + 0.55  # above the shapes
    ends = ((start.x, start.y + top), (end.x, end.y + top)) if arc else ((start.left + start.width, start.y), (end.left, end.y))
    style = {"arrowstyle": "->", "color": BLACK, "lw": 1.1, "connectionstyle": "arc3,rad=-0.25" if arc else "arc3"}
    ax.annotate("", ends[1], ends[0], arrowprops=style, zorder=1.5)  # below the labels
    return arc


def _boxes(net: Layer, shapes: list[Shape]) -> list[Box]:
    wanted = len(net.inputs) if isinstance(net, Graph) else 1
    if len(shapes) != wanted:
        raise ArgumentError(f"network_diagram takes {wanted} input shape(s) for this network, got {len(shapes)}")
    boxes = [Box("", shape, ()) for shape in shapes]
    if not isinstance(net, Graph):
        for layer in _chain(net):
            _append(boxes, layer, tuple(layer.output_shape(boxes[-1].shape)), (len(boxes) - 1,), joins=True)
        return boxes
    place = {id(node): k for k, node in enumerate(net.inputs)}
    used = Counter(id(source) for node in net._order for source in node.inputs)
    for node in net._order:
        assert node.layer is not None
        alone = len(node.inputs) == 1 and used[id(node.inputs[0])] == 1
        place[id(node)] = _append(boxes, node.layer, node.shape, tuple(place[id(s)] for s in node.inputs), joins=alone)
    return boxes


def _append(boxes: list[Box], layer: Layer, shape: Shape, sources: tuple[int, ...], joins: bool) -> int:
    """Add a layer's box, or the layer to the box that it follows; the index of that box."""
    if joins and isinstance(layer, SHARED) and boxes[sources[0]].sources:
        before = boxes[sources[0]]
        boxes[sources[0]] = before._replace(made_by=f"{before.made_by}\n{_name(layer)}")
        return sources[0]
    boxes.append(Box(_name(layer), shape, sources))
    return len(boxes) - 1


def _columns(boxes: list[Box]) -> list[int]:
    """The column of each box: one more than that of the last box it starts from; then what can wait stands just before what needs it."""
    columns: list[int] = []
    for box in boxes:
        columns.append(1 + max(columns[s] for s in box.sources) if box.sources else 0)
    for k in reversed(range(len(boxes))):
        columns[k] = min((columns[j] for j, other in enumerate(boxes) if k in other.sources), default=columns[k] + 1) - 1
    return columns


def _places(boxes: list[Box], columns: list[int], tall: int) -> list[Place]:
    """Columns from left to right; within one, what lies on the longest way stands on the line, and inputs and branches below it."""
    sizes = [_size(box.shape, boxes[0].shape) for box in boxes]
    if tall > 1:
        sizes = [(width, 0.55 * height) for width, height in sizes]
    depths: list[int] = []  # how many layers lie before each box at least: fewer than its column where it waits
    for box in boxes:
        depths.append(1 + max(depths[s] for s in box.sources) if box.sources else 0)
    places: list[Any] = [None] * len(boxes)
    left = 0.0
    for column in range(max(columns) + 1):
        members = sorted((k for k, c in enumerate(columns) if c == column), key=lambda k: (depths[k] < column, k))
        width = max(sizes[k][0] for k in members)
        y = 0.0
        for n, k in enumerate(members):
            if n:
                lines = boxes[members[n - 1]].made_by.count("\n") + 1
                y -= (sizes[members[n - 1]][1] + sizes[k][1]) / 2 + 0.75 + 0.42 * lines
            places[k] = Place(left + (width - sizes[k][0]) / 2, y, *sizes[k])
        left += width + max(0.75, 1.05 - width / 2)
    return places


def _chain(net: Layer) -> list[Layer]:
    return [leaf for layer in net for leaf in _chain(layer)] if isinstance(net, Sequential) else [net]


def _name(layer: Any) -> str:
    window = getattr(layer, "kernel_size", None)
    return type(layer).__name__ + (f"\n{window[0]}×{window[1]}" if isinstance(window, tuple) and len(window) == 2 else "")


def _size(shape: Shape, input_shape: Shape) -> tuple[float, float]:
    """(width, height) of a box; the input is 4 high."""
    if len(shape) == 3:
        tall = max(int(input_shape[1] or 1), 1) if len(input_shape) == 3 else 28
        return 0.18 + 0.11 * log2(shape[0] or 1), min(max(4 * (shape[1] or 1) / tall, 0.25), 5.0)
    return 0.18, max(0.36 * log2(prod(size or 1 for size in shape) + 1), 0.25)


def _rectangle(corner: tuple[float, float], width: float, height: float, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor=colour, edgecolor=BLACK, linewidth=0.8, alpha=0.85)
