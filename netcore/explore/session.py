"""The open run: its recipe, a network of its own with the trained weights, its data, and which views it has.

A session belongs to the server's threads: one question at a time, under `lock`. Its network is private, so a training in the
same process never notices; a live session takes over the newest weights between two questions. Data is read when it is first
needed. Nothing here draws from the global random generator, on which a running training depends.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from netcore.analysis import Still
from netcore.data import registry
from netcore.errors import DataError, NetcoreError
from netcore.explore.live import Live
from netcore.layers import Dropout, Flatten, Identity, Layer, Unflatten
from netcore.recipes import Facts, Prepared, Recipe, open_run
from netcore.recipes.images import ImageClassifier
from netcore.recipes.language import CharacterModel
from netcore.recipes.reconstruction import ImageAutoencoder

SHOWN = 500  # test images that are looked at
CLEAR = (Dropout, Flatten, Identity, Unflatten)  # layers that hand their numbers on as they are


class Session:
    """A run that could be opened."""

    def __init__(
        self, folder: Path, recipe: Recipe, facts: Facts, net: Layer, root: Any = None, data: Prepared | None = None, live: Live | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.recipe, self.facts, self.net, self.root, self.live = folder, recipe, facts, net, root, live
        self.lock = threading.RLock()
        self.still = Still(net)  # shares the weights' arrays with `net`, which are written in place
        self.kept: dict[str, Any] = {}  # what a view has worked out and needs again
        self._data = data

    @property
    def data(self) -> Prepared:
        """The recipe's data. Raises DataError, which says how to get it, where it is not on this machine: looking downloads nothing."""
        if self._data is None:
            name = self.recipe.data
            if name in registry.names() and not registry.here(registry.entry(name), self.root):
                raise DataError(f"the data set {name!r} is not on this machine; `netcore data fetch {name}` brings it, --data-dir says where it is")
            self._data = self.recipe.prepare(self.root)
        return self._data

    def refresh(self) -> None:
        """Take over the weights that a running training has left."""
        if self.live is None:
            return
        self.live.ask()
        newest = self.live.take()
        if newest is not None:
            self.net.load_state_dict(newest)
            self.kept.clear()

    # ---- images -----------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of an image, (C, H, W)."""
        channels, height, width = self.facts["shape"]
        return channels, height, width

    @property
    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """The first test images, pixels in [0, 1], and their labels."""
        test = self.data.test
        if not isinstance(test.x, np.ndarray) or test.x.shape[1:] != self.shape or test.y is None:
            raise DataError(f"the data {self.recipe.data!r} is not what this run was trained on: images of {self.shape}")
        return test.x[:SHOWN], np.asarray(test.y[:SHOWN])

    # ---- what there is to see ---------------------------------------------------------------------------------------

    def layers(self) -> list[tuple[str, Layer]]:
        """The layers that hold no others, in the order of the forward phase."""
        return [(name, layer) for name, layer in self.still.layers.items() if name and not any(True for _ in layer.children())]

    def shown_layers(self) -> list[tuple[str, Layer]]:
        """Those of them that change their numbers."""
        return [(name, layer) for name, layer in self.layers() if not isinstance(layer, CLEAR)]

    def views(self) -> Iterator[str]:
        if isinstance(self.recipe, ImageClassifier):
            yield "image"
        elif isinstance(self.recipe, ImageAutoencoder) and {"encoder", "decoder"} <= self.still.layers.keys():
            yield "codes"
        elif isinstance(self.net, CharacterModel):
            yield "gates"
        yield from ("step", "training")

    def about(self) -> dict[str, Any]:
        """What the page must know first."""
        return {
            "run": str(self.folder),
            "recipe": self.recipe.name,
            "summary": type(self.recipe).summary(),
            "data": self.recipe.data,
            "parameters": sum(p.size for p in self.net.parameters()),
            "views": list(self.views()),
            "shape": self.facts.get("shape"),
            "classes": [str(name) for name in self.facts.get("classes", [])],
            "live": self.live is not None,
        }


class Broken:
    """A folder that is there but cannot be opened: the page says why, and tries again when it is asked to."""

    live = None

    def __init__(self, folder: Path, root: Any, why: str) -> None:
        self.folder, self.root, self.why = folder, root, why

    def about(self) -> dict[str, Any]:
        return {"run": str(self.folder), "broken": self.why, "views": []}


def open_session(run: "str | os.PathLike[str]", root: Any = None) -> Session | Broken:
    """A session of the folder, or what is wrong with it. Raises CheckpointError where there is no such folder."""
    folder = Path(run)
    try:
        recipe, facts, net = open_run(folder)
        return Session(folder, recipe, facts, net, root)
    except NetcoreError as error:
        if not folder.is_dir():
            raise
        return Broken(folder, root, str(error) if str(folder) in str(error) else f"{folder}: {error}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:  # facts of the right form, but of another kind
        return Broken(folder, root, f"{folder / 'config.json'} is not that of a recipe's run ({type(error).__name__}: {error})")
