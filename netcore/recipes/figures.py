"""The pictures that a finished run keeps in its folder `figures/`; none where matplotlib is not installed."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from netcore import plot
from netcore.layers import Conv2d
from netcore.recipes.reconstruction import ImageAutoencoder
from netcore.recipes.running import Result


def draw(folder: Path, recipe: Any, result: Result) -> list[Path]:
    """Learning curves; the filters of a first convolution; images beside their reconstructions. Returns what was written."""
    if find_spec("matplotlib") is None or not result.history:
        return []
    curves = {key: name for key, name in (("loss", "training"), ("val_loss", "held out")) if key in result.history[0]}
    written = [keep(plot.learning_curves(result.history, curves, title=f"{recipe.name} on {recipe.data}"), folder / "learning-curves.png")]
    first = next((layer for layer in result.net.layers() if isinstance(layer, Conv2d)), None)
    if first is not None:
        written.append(keep(plot.filters(first.weight.data), folder / "filters.png"))
    if isinstance(recipe, ImageAutoencoder):
        x, _ = next(iter(result.data.test))
        went_in, _ = recipe.task(result.net.eval()).pair((x[:10], None))
        rows = {"went in": went_in, "came out": recipe.task(result.net).pixels(result.net.forward(went_in))}
        written.append(keep(plot.reconstructions({name: images.mean(axis=1) for name, images in rows.items()}), folder / "reconstructions.png"))
    return written


def keep(ax: Any, path: Path) -> Path:
    """Write the figure of an Axes, and close it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ax.figure.savefig(path, dpi=120, bbox_inches="tight")
    plot.style.pyplot().close(ax.figure)
    return path
