"""The demonstration: three networks on the embedded data, a table, and four pictures, in about a minute.

    a convolutional network     Fashion-MNIST subset     how many of 1,000 unseen images does it name rightly?
    an auto-encoder             the same images          how much is lost in 30 numbers, beside PCA with 30?
    a character LSTM            Jane Austen, Persuasion  how many bits does a character cost, and what does it write?

Each is a recipe of netcore/recipes with a few options set; this file trains them, measures, and draws.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netcore import analysis, data, plot
from netcore.recipes import get
from netcore.recipes.running import Result, train
from netcore.recipes.sampling import sample
from netcore.rng import manual_seed

CODE = 30
PROMPT = "She was "


@dataclass
class Row:
    """A line of the table."""

    network: str
    measure: str
    value: str
    beside: str
    speed: str
    seconds: float


@dataclass
class Demo:
    """What the demonstration found."""

    rows: list[Row]
    text: str
    figures: list[Path]
    seconds: float


def run(folder: Path, say: Callable[[str], Any] = print, quick: bool = False) -> Demo:
    """Train the three networks one after the other, and leave the pictures in `folder`; `quick` trains one short epoch each."""
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    rows, figures, curves, told = [], [], [], ""
    for index, (about, part) in enumerate(((CNN, cnn), (AUTOENCODER, autoencoder), (CHARACTERS, characters)), 1):
        say(f"{index}/3  {about}")
        manual_seed(index)
        row, history, drawn, told = part(folder, {"epochs": 1, "limit": 2000} if quick else {})
        rows.append(row)
        curves.append((about, history))
        figures += drawn
    figures.insert(0, learning_curves(folder, curves))
    return Demo(rows, told, figures, time.perf_counter() - began)


CNN = "a convolutional network learns to name clothes"
AUTOENCODER = "an auto-encoder learns to say an image in 30 numbers"
CHARACTERS = "an LSTM learns to write, character by character"
Part = tuple[Row, list[dict[str, float]], list[Path], str]


def timed(name: str, **options: Any) -> tuple[Result, float, float]:
    """What the training gave, its seconds, and the training examples (or characters) a second."""
    recipe = get(name, **options)
    began = time.perf_counter()
    result = train(recipe)
    seconds = time.perf_counter() - began
    return result, seconds, result.data.train.samples * recipe.epochs / seconds


def cnn(folder: Path, options: dict[str, int]) -> Part:
    result, seconds, rate = timed("lenet", **{"epochs": 8, "dropout": 0.1, "shift": 1} | options)
    accuracy = result.test["accuracy"]
    row = Row("LeNet", "accuracy on 1,000 unseen images", f"{accuracy:.1%}", "chance 10 %", f"{rate:,.0f} images/s", seconds)
    ax = plot.filters(first_filters(result.net), title="what the first layer looks for: 32 filters of 5 by 5")
    return row, result.history, [keep(ax, folder / "filters.png")], ""


def first_filters(net: Any) -> np.ndarray:
    """The weight of the first convolution."""
    return next(layer.weight.data for layer in net.layers() if getattr(layer, "weight", None) is not None and layer.weight.data.ndim == 4)


def autoencoder(folder: Path, options: dict[str, int]) -> Part:
    result, seconds, rate = timed("autoencoder", **{"epochs": 30, "code": CODE, "batch_size": 128, "lr": 3e-3} | options)
    train_set, test_set = data.load("fashion-mnist-mini"), data.load("fashion-mnist-mini", split="test")
    pca = analysis.PCA(CODE).fit(train_set.x.reshape(len(train_set), -1))
    flat = test_set.x.reshape(len(test_set), -1)
    linear = pca.reconstruct(flat)
    result.net.eval()
    own = result.net.forward(test_set.x).reshape(flat.shape)
    error, linear_error = (float(np.square(flat - y).sum(axis=1).mean()) for y in (own, linear))
    beside = f"PCA, code {CODE}: {linear_error:.2f}"
    row = Row(f"auto-encoder, code {CODE}", "squared error per unseen image", f"{error:.2f}", beside, f"{rate:,.0f} images/s", seconds)
    pick = [int(np.flatnonzero(test_set.y == label)[0]) for label in range(10)] if test_set.y is not None else list(range(10))
    shapes = {"image": flat, f"auto-encoder ({error:.1f})": own, f"PCA ({linear_error:.1f})": np.clip(linear, 0, 1)}
    pictures = {name: rows[pick].reshape(10, 28, 28) for name, rows in shapes.items()}
    ax = plot.reconstructions(pictures, title="unseen images, and what is left of them in 30 numbers")
    return row, result.history, [keep(ax, folder / "reconstructions.png")], ""


def characters(folder: Path, options: dict[str, int]) -> Part:
    small = {"epochs": 5, "layers": 1, "hidden": 128, "embedding": 32, "dropout": 0.0, "batch_size": 32, "lr": 1e-2}
    result, seconds, rate = timed("char-lstm", **small | options | ({"limit": 20_000} if options else {}))
    text = data.load("persuasion")
    assert text.vocabulary is not None
    bits = result.test["bits_per_character"]
    flat = np.log2(len(text.vocabulary))
    row = Row("LSTM, 128 units", "bits per unseen character", f"{bits:.2f}", f"no model: {flat:.2f}", f"{rate:,.0f} characters/s", seconds)
    written = PROMPT + "".join(sample(result.net, text.vocabulary, 300, PROMPT, temperature=0.6, rng=3))
    shown = "She had a letter for him, and he was gone."
    net: Any = result.net
    vectors = net.embedding.forward(text.vocabulary.encode(shown))
    traces = analysis.gate_trace(net.rnn, vectors)
    picked = {name: traces[name] for name in ("input", "forget", "candidate", "output", "cell")}
    ax = plot.gate_traces(picked, shown, title="the gates of the LSTM while it reads")
    return row, result.history, [keep(ax, folder / "gates.png")], written


def learning_curves(folder: Path, parts: list[tuple[str, list[dict[str, float]]]]) -> Path:
    """All three in one picture."""
    shown = (
        ("LeNet on Fashion-MNIST", {"loss": "training", "val_loss": "held out"}, "cross-entropy, nats"),
        ("auto-encoder", {"val_squared_error": "held out"}, "squared error per image"),
        ("character LSTM", {"loss": "training", "val_loss": "held out"}, "nats per character"),
    )
    _, panels = plot.style.pyplot().subplots(1, 3, figsize=(12, 3.4), layout="constrained")
    for ax, (title, names, unit), (_, history) in zip(panels, shown, parts, strict=True):
        plot.learning_curves(history, names, ax, title=title, ylabel=unit)
    return keep(panels[0], folder / "learning_curves.png")


def keep(ax: Any, path: Path) -> Path:
    """Write the figure of an Axes, and close it."""
    figure = np.ravel(ax)[0].figure
    figure.savefig(path, dpi=130)
    plot.style.pyplot().close(figure)
    return path
