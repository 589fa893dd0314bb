"""View 2: the code plane of an auto-encoder. Where do test images lie in it, and what does the decoder make of any point?

    2-D code           the plane is the code itself
    larger codes       z = base + u a + v b,   a and b the two principal directions of the test codes, or two of its numbers

`base` is the mean code, or that of a chosen test image: only what the two directions say is changed. The tools are `PCA`, `activations`
and `decode` of netcore.analysis. Read next: netcore/analysis/latent.py.
"""

from typing import Any

import numpy as np

from netcore.analysis import PCA, activations, decode
from netcore.explore.asked import Asked
from netcore.explore.session import Session


def codes_of(session: Session) -> np.ndarray:
    """The codes of the test images, (N, Z) float32; worked out once for each set of weights."""
    if "codes" not in session.kept:
        images, _ = session.images
        name = "latent" if "latent" in session.still.layers else "encoder"
        session.kept["codes"] = activations(session.still.net, images, [name])[name].reshape(len(images), -1)
    return session.kept["codes"]


def directions(session: Session, asked: Asked) -> tuple[np.ndarray, np.ndarray]:
    """(origin (Z,), two directions (2, Z))."""
    codes = codes_of(session)
    size = codes.shape[1]
    if size < 2:
        return np.zeros(size), np.concatenate([np.eye(1), np.zeros((1, 1))])
    if size > 2 and asked.text("plane", 10, "pca") == "pca":
        if "pca" not in session.kept:
            session.kept["pca"] = PCA(2).fit(codes)
        return session.kept["pca"].mean, session.kept["pca"].directions
    first, second = (asked.whole(name, size, k) for k, name in enumerate(("first", "second")))
    return np.zeros(size), np.eye(size)[[first, second]]


def plane(session: Session, asked: Asked) -> dict[str, Any]:
    """Where the test images lie in the plane, and how much of the codes' variance the plane holds."""
    codes, (_, labels) = codes_of(session), session.images
    origin, axes = directions(session, asked)
    points = (codes - origin) @ axes.T
    total = float(codes.var(axis=0, dtype=np.float64).sum())
    share = float(points.var(axis=0, dtype=np.float64).sum()) / total if total else 0.0
    return {"points": points, "labels": labels, "size": codes.shape[1], "share": min(share, 1.0)}


def decode_point(session: Session, asked: Asked) -> dict[str, Any]:
    """The point (u, v), decoded; the test image whose code lies nearest; and, where a test image is the base, that image."""
    codes, (images, labels) = codes_of(session), session.images
    origin, axes = directions(session, asked)
    wanted = np.array([asked.number("u"), asked.number("v")])
    chosen = None if asked.fields.get("base") is None else asked.whole("base", len(codes))
    base = codes.mean(axis=0, dtype=np.float64) if chosen is None else codes[chosen].astype(np.float64)
    code = base + (wanted - (base - origin) @ axes.T) @ axes
    y = decode(session.still.layer("decoder"), code.astype(codes.dtype)[None])
    image = session.recipe.task(session.net).pixels(y)[0]
    nearest = int(np.square(codes - code).sum(axis=1).argmin())
    return {
        "image": image.reshape(session.shape), "code": code, "nearest": nearest, "nearest_image": images[nearest],
        "nearest_label": int(labels[nearest]), "distance": float(np.sqrt(np.square(codes[nearest] - code).sum())),
        "base_image": None if chosen is None else images[chosen], "base_point": (base - origin) @ axes.T,
    }  # fmt: skip
