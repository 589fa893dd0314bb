"""View 1: one picture through all layers, and the answer.

What a layer puts out is sent as maps (units, h, w): a convolution's channels as they are, a linear layer's units as single
numbers (F, 1, 1), a recurrent layer's as lines over time (H, 1, T). The tool is `netcore.analysis.Still`. Read next: units.py.
"""

from typing import Any

import numpy as np

from netcore import functional as F
from netcore.errors import NetcoreError
from netcore.explore.asked import Asked
from netcore.explore.session import Session
from netcore.recipes.images import Standardise

UNITS = 256  # of a layer that are sent


def example(session: Session, asked: Asked) -> dict[str, Any]:
    """A test image, and what it is; or why there is none, which is no error: one can draw."""
    try:
        images, labels = session.images
    except (NetcoreError, OSError) as error:
        return {"count": 0, "why": str(error)}
    index = asked.whole("index", len(images), 0)
    return {"pixels": images[index], "label": int(labels[index]), "index": index, "count": len(images)}


def look(session: Session, asked: Asked) -> dict[str, Any]:
    """Probabilities, and what every layer makes of the picture in the body."""
    scores, outputs = through(session, asked.pixels(session.shape))
    layers = []
    for name, layer in session.shown_layers():
        units = maps(outputs[name])
        layers.append({
            "name": name, "kind": type(layer).__name__, "says": says(layer), "units": len(units),
            "shape": list(outputs[name].shape[1:]), "maps": units[:UNITS],
        })  # fmt: skip
    return {"probabilities": F.softmax_forward(scores.astype(np.float64))[0][0], "layers": layers}


def through(session: Session, pixels: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(scores (1, K), output of each shown layer for the one picture)."""
    names = [name for name, _ in session.shown_layers()]
    if not session.kept.get("watching"):
        session.still.watch(*(name for name in names if name not in session.still.outputs))
        session.kept["watching"] = True
    scores = session.still.forward(standardised(session, pixels[None]))
    return scores, {name: session.still.outputs[name] for name in names}


def standardised(session: Session, pixels: np.ndarray) -> np.ndarray:
    """Pixels in [0, 1] as the network saw them when it was trained."""
    return np.ascontiguousarray(Standardise(session.facts["mean"], session.facts["std"])(pixels))


def maps(y: np.ndarray) -> np.ndarray:
    """(units, h, w) of one layer's output (1, …)."""
    if y.ndim == 4:
        return y[0]
    if y.ndim == 3:
        return y[0].T[:, None, :]
    return y[0].reshape(-1, 1, 1)


SAYS = {
    "Conv2d": "slides its filters over what comes in: each unit is a map of where its pattern was found",
    "Linear": "each unit weighs everything that comes in and adds it up",
    "ReLU": "keeps what is positive, and makes the rest zero",
    "MaxPool2d": "keeps the strongest answer of each small square: the maps become smaller",
    "AvgPool2d": "takes the mean of each small square: the maps become smaller",
    "AdaptiveAvgPool2d": "takes the mean of each map",
    "BatchNorm2d": "shifts and scales each map to a common range",
    "LSTM": "reads the picture row by row; each unit is drawn over the rows",
    "Last": "keeps what stood at the last row",
    "Add": "adds the shortcut to what the block has found",
}


def says(layer: Any) -> str:
    """What a layer of this kind does, for a beginner."""
    return SAYS.get(type(layer).__name__, "")
