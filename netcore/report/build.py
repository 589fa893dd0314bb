"""The order of a report's sections, by the kind of network."""

import os
from collections.abc import Callable
from pathlib import Path

from netcore.checkpoint import write_atomically
from netcore.plot import style
from netcore.recipes.adding import Adding
from netcore.recipes.copying import SYMBOLS, Copy
from netcore.recipes.images import ImageClassifier
from netcore.recipes.language import CharacterRecipe
from netcore.recipes.reconstruction import ImageAutoencoder
from netcore.recipes.series_lstm import SeriesLSTM
from netcore.report import autoencoder, classifier, general, language, numbers
from netcore.report.opened import Opened, open_folder
from netcore.report.page import Page, node

KINDS: dict[type, Callable[[Page, Opened], None]] = {
    ImageClassifier: classifier.sections,
    ImageAutoencoder: autoencoder.sections,
    CharacterRecipe: language.sections,
    SeriesLSTM: numbers.series,
    Adding: numbers.adding,
    Copy: numbers.copying,
}


def write(
    run: "str | os.PathLike[str]", path: "Path | str | None" = None, root: "Path | str | None" = None
) -> Path:  # fmt: skip
    """Write the report of the run in a folder to `path` (without: report.html in the folder), and return where it is.

    `root` is the folder of data sets. Raises CheckpointError for a folder that is not a run's or is damaged, ArgumentError without
    matplotlib; nothing is written then.
    """
    content = html_of(open_folder(run, root))
    target = Path(path) if path is not None else Path(run) / "report.html"
    write_atomically(target, content.encode())
    return target


def html_of(run: Opened) -> str:
    """The page."""
    style.pyplot()  # without it there are no pictures; better said before anything is measured
    name = run.folder.resolve().name
    page = Page(name if name == run.recipe.name else f"{name}, a {run.recipe.name}")
    if run.data is None:
        page.add("Data are missing", node("p", f"{run.problem}. What needs them is left out below.", class_="note"))
    general.curves(page, run)
    for kind, sections in KINDS.items():
        if isinstance(run.recipe, kind):
            sections(page, run)
    general.network(page, run, input_shape(run))
    general.again(page, run)
    return page.html(*general.head(run))


def input_shape(run: Opened) -> tuple[int, ...]:
    """Of one example, without the batch axis."""
    recipe = run.recipe
    if isinstance(recipe, CharacterRecipe):
        return (recipe.steps,)
    if isinstance(recipe, SeriesLSTM):
        return recipe.length, 1
    if isinstance(recipe, Copy):
        return recipe.length, SYMBOLS + 1
    return (recipe.lag, 2) if isinstance(recipe, Adding) else tuple(run.facts["shape"])
