"""A network as a row of its representations, with their shapes, and the layers that lead from one to the next."""

from math import log2, prod
from typing import Any, NamedTuple

from netcore.layers import Dropout, Graph, Identity, Layer, Sequential
from netcore.layers.activation import Elementwise
from netcore.layers.base import Shape
from netcore.plot.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, axes

COLOURS = (("Conv", BLUE), ("Pool", ORANGE), ("Linear", GREEN), ("RNN", PURPLE), ("LSTM", PURPLE), ("GRU", PURPLE))


class Box(NamedTuple):
    """One representation: the layers that make it (one on each line), its shape, and the boxes that they start from."""

    made_by: str
    shape: Shape
    sources: tuple[int, ...]


def network_diagram(net: Layer, input_shape: Shape, ax: Any = None, *, title: str = "") -> Any:
    """Boxes from left to right: height is the image's (or the logarithm of a vector's size), width the logarithm of the channels; the
    shape stands above, the layers that made it below. Activations and dropout share the box of the layer before. A
    connection that skips boxes is an arc. Returns the Axes.
    """
    boxes = _boxes(net, tuple(input_shape))
    sizes = [_size(box.shape, input_shape) for box in boxes]
    ax = axes(ax, max(5.0, 1.05 * len(boxes) + 0.6), 3.4)
    left, places = 0.0, []
    for box, (width, height) in zip(boxes, sizes, strict=True):
        colour = next((c for word, c in COLOURS if word in box.made_by.split("\n")[0]), SKY if box.sources else "#dddddd")
        ax.add_patch(_rectangle((left, -height / 2), width, height, colour))
        middle = left + width / 2
        ax.text(middle, height / 2 + 0.12, "×".join("?" if s is None else str(s) for s in box.shape), ha="center", va="bottom", fontsize=8)
        ax.text(middle, -2.2, box.made_by or "input", ha="center", va="top", fontsize=7.5, linespacing=1.35)
        places.append((left, middle, left + width))
        left += width + max(0.75, 1.05 - width / 2)
    for k, box in enumerate(boxes):
        for source in box.sources:
            skips = source != k - 1
            start, end = ((places[source][1], 2.35), (places[k][1], 2.35)) if skips else ((places[source][2], 0), (places[k][0], 0))
            style = {"arrowstyle": "->", "color": BLACK, "lw": 1.1, "connectionstyle": "arc3,rad=-0.25" if skips else "arc3"}
            ax.annotate("", end, start, arrowprops=style)
    arcs = any(source != k - 1 for k, box in enumerate(boxes) for source in box.sources)
    ax.set(xlim=(-0.5, left - 0.2), ylim=(-3.9, 4.0 if arcs else 2.9), title=title)
    ax.set_axis_off()
    return ax


def _boxes(net: Layer, input_shape: Shape) -> list[Box]:
    boxes = [Box("", input_shape, ())]
    if isinstance(net, Graph):
        place = {id(net.inputs[0]): 0}
        for node in net._order:
            assert node.layer is not None
            place[id(node)] = len(boxes)
            boxes.append(Box(_name(node.layer), node.shape, tuple(place[id(s)] for s in node.inputs)))
        return boxes
    for layer in _chain(net):
        shape = tuple(layer.output_shape(boxes[-1].shape))
        if isinstance(layer, (Elementwise, Dropout, Identity)) and boxes[-1].sources:
            last = boxes.pop()
            boxes.append(last._replace(made_by=f"{last.made_by}\n{_name(layer)}"))
        else:
            boxes.append(Box(_name(layer), shape, (len(boxes) - 1,)))
    return boxes


def _chain(net: Layer) -> list[Layer]:
    return [leaf for layer in net for leaf in _chain(layer)] if isinstance(net, Sequential) else [net]


def _name(layer: Any) -> str:
    window = getattr(layer, "kernel_size", None)
    return type(layer).__name__ + (f"\n{window[0]}×{window[1]}" if isinstance(window, tuple) else "")


def _size(shape: Shape, input_shape: Shape) -> tuple[float, float]:
    """(width, height) of a box; the input is 4 high."""
    if len(shape) == 3:
        tall = max(int(input_shape[1] or 1), 1) if len(input_shape) == 3 else 28
        return 0.18 + 0.11 * log2(shape[0] or 1), max(4 * (shape[1] or 1) / tall, 0.25)
    return 0.18, max(0.36 * log2(prod(size or 1 for size in shape) + 1), 0.25)


def _rectangle(corner: tuple[float, float], width: float, height: float, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor=colour, edgecolor=BLACK, linewidth=0.8, alpha=0.85)
