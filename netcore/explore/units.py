"""View 1, one unit: its map, its filter, its receptive field, and the pieces of test images that it answers to most.

The tools are `receptive_field`, `top_patches` and `activations` of netcore.analysis; here they are asked about one unit, and where one
of them does not apply (a unit that sees the whole image, a network that branches) the answer says so in words.
"""

from typing import Any

import numpy as np

from netcore.analysis import activations, receptive_field, top_patches
from netcore.errors import ArgumentError, NetcoreError
from netcore.explore.asked import Asked
from netcore.explore.images import maps, standardised, through
from netcore.explore.session import Session
from netcore.layers import Add, Concat, Conv2d, Linear, Multiply
from netcore.layers.recurrent import Recurrent

PATCHES, SEARCHED = 9, 300  # patches shown, of that many test images


def unit(session: Session, asked: Asked) -> dict[str, Any]:
    """Everything about unit `unit` of layer `layer` for the picture in the body."""
    pixels = asked.pixels(session.shape)
    names = [name for name, _ in session.shown_layers()]
    name = asked.text("layer", 200)
    if name not in names:
        raise ArgumentError(f"no layer is called {name!r}; there are {', '.join(names)}")
    _, outputs = through(session, pixels)
    units = maps(outputs[name])
    index = asked.whole("unit", len(units))
    row, column = (int(k) for k in np.unravel_index(int(units[index].argmax()), units[index].shape))
    box, whole = field(session, name, row, column)
    weights, of = own_filter(session, name, index)
    return {
        "layer": name, "unit": index, "map": units[index], "row": row, "column": column, "value": units[index, row, column],
        "box": box, "whole": whole, "filter": weights, "filter_of": of, **strongest(session, name, index, whole is None),
    }  # fmt: skip


def field(session: Session, name: str, row: int, column: int) -> tuple[list[int] | None, str | None]:
    """(top, bottom, left, right) of what the unit at that place sees, or why there is no such box."""
    _, height, width = session.shape
    try:
        seen = receptive_field(session.still.net, name)
    except ArgumentError:
        return [0, height, 0, width], "This unit sees the whole picture."
    return list(seen.box(row, column)), None


def own_filter(session: Session, name: str, index: int) -> tuple[np.ndarray | None, str]:
    """(weights (inputs, h, w), name of the layer they belong to): the unit's own, or those of the layer whose units this one hands on."""
    layers = session.layers()
    at = [layer for layer, _ in layers].index(name)
    while at >= 0:
        name, layer = layers[at]
        if isinstance(layer, Conv2d):
            return layer.weight.data[index], name
        if isinstance(layer, Linear):
            return like_its_input(session, layers[:at], layer.weight.data[index]), name
        if isinstance(layer, (Recurrent, Add, Multiply, Concat)):
            break
        at -= 1
    return None, ""


def like_its_input(session: Session, below: list[Any], weights: np.ndarray) -> np.ndarray:
    """A linear unit's weights in the shape of the maps, or of the image, that were flattened for it."""
    outputs = (session.still.outputs.get(name) for name, _ in reversed(below))  # layers that only hand on are not watched
    source = next((y.shape[1:] for y in outputs if y is not None), session.shape)
    return weights.reshape(source if len(source) == 3 and np.prod(source) == weights.size else (-1, 1, 1))


def strongest(session: Session, name: str, index: int, slides: bool) -> dict[str, Any]:
    """The patches of test images, or whole images, that excite the unit most, with its answers and their labels."""
    try:
        images, labels = session.images
    except (NetcoreError, OSError) as error:
        return {"patches": None, "why": str(error)}
    images = images[:SEARCHED]
    if slides:
        found = top_patches(session.still.net, standardised(session, images), name, index, PATCHES)
        patches = found.patches * session.facts["std"] + session.facts["mean"]
        return {"patches": patches, "values": found.values, "labels": labels[found.places[:, 0]]}
    y = activations(session.still.net, standardised(session, images), [name])[name]
    y = y if y.ndim != 3 else y.transpose(0, 2, 1)
    answers = y[:, index].reshape(len(y), -1).max(axis=1)
    best = np.argsort(-answers, kind="stable")[:PATCHES]
    return {"patches": images[best], "values": answers[best], "labels": labels[best]}
