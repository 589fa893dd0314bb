"""The report of a classifier of images: what it looks for, what it confuses, where it was most wrong, and how sure it is."""

from typing import Any

import numpy as np

from netcore import analysis, plot
from netcore.layers import GRU, LSTM, RNN, Conv2d, Linear
from netcore.report.opened import Opened
from netcore.report.page import Page, picture, table
from netcore.report.words import mathless

MOST = 10_000  # test images that are looked at
WRONG = 18  # of the wrong ones, that are shown


def sections(page: Page, run: Opened) -> None:
    shape = tuple(run.facts["shape"])
    if (weight := first_weights(run.net, shape)) is not None:
        page.add("What the first layer looks for", picture(
            plot.filters(weight, title=""), "Each square is the weights of one unit: red pixels speak for it, blue ones against.",
            alt=f"The weights of {len(weight)} units of the first layer as small images"))  # fmt: skip
    if run.data is None:
        return
    x, y, pixels = test_images(run)
    names = [str(name) for name in run.facts["classes"]]
    drawn = [mathless(name) for name in names]
    scores = analysis.reconstruct(run.net, x)
    p = softmax(scores)
    said = p.argmax(axis=1)
    confusions(page, y, said, names, drawn)
    most_wrong(page, pixels, p, y, drawn)
    found = analysis.calibration(p, y)
    too_sure = np.nansum(found.inputs * (found.confidence - found.accuracy)) > 0
    verdict = "It is surer than it should be" if too_sure else "It is less sure than it could be"
    page.add("How sure it is", picture(plot.reliability(found, title=""),
        f"{verdict}: its stated probabilities and its successes differ by {found.error:.3f} in the mean."))  # fmt: skip
    matters(page, run, x, y, said, pixels, drawn)
    rnn = next((layer for layer in run.net.layers() if isinstance(layer, (LSTM, GRU, RNN))), None)
    if rnn is not None and x.shape[1] == 1:
        traces = analysis.gate_trace(rnn, x[0, 0])
        page.add("Gates over an image" if len(traces) > 1 else "The state over an image", picture(
            plot.gate_traces(traces, [str(k) for k in range(x.shape[2])], title=f"a picture row by row: {drawn[y[0]]}", unit="row"),
            "What happens inside while the network reads the first test image row by row.", wide=True))  # fmt: skip


def test_images(run: Opened) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(what the network sees, labels, pixels in 0..1) of the test data."""
    assert run.data is not None
    loader = run.data.test
    pixels, y = loader.x[:MOST], loader.y[:MOST]
    return (loader.transform(pixels) if loader.transform is not None else pixels), y, pixels


def softmax(scores: np.ndarray) -> np.ndarray:
    p = np.exp(scores.astype(np.float64) - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def first_weights(net: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    """(K, C, R, S) of the first layer that has weights, if its weights are images: a convolution's, or a linear layer's on the pixels."""
    first = next((layer for layer in net.layers() if isinstance(layer, (Conv2d, Linear, LSTM, GRU, RNN))), None)
    if isinstance(first, Conv2d) and max(first.kernel_size) > 1:
        return first.weight.data[:64]
    if isinstance(first, Linear) and first.weight.shape[1] == int(np.prod(shape)):
        return first.weight.data[:48].reshape(-1, *shape)
    return None


def confusions(page: Page, y: np.ndarray, said: np.ndarray, names: list[str], drawn: list[str]) -> None:
    counts = analysis.confusion(y, said, len(names))
    errors = counts * ~np.eye(len(names), dtype=bool)
    worst = [divmod(int(k), len(names)) for k in np.argsort(-errors, axis=None, kind="stable")[:3]]
    told = "; ".join(f"{names[i]} for {names[j]} ({errors[i, j]} times)" for i, j in worst if errors[i, j])
    caption = f"{int(errors.sum())} of {len(y)} test images are named wrongly. " + (f"Most often it takes {told}." if told else "")
    per_class = [(name, f"{counts[k].sum():,}", f"{100 * counts[k, k] / max(counts[k].sum(), 1):.1f} %",
                  f"{100 * counts[k, k] / max(counts[:, k].sum(), 1):.1f} %") for k, name in enumerate(names)]  # fmt: skip
    content: list[Any] = [picture(plot.confusion_matrix(counts, drawn, title=""), caption, wide=True)] if len(names) <= 24 else [caption]
    page.add("What it takes for what", *content, table(per_class, ("class", "images>", "of these found>", "of those so named right>")))


def most_wrong(page: Page, pixels: np.ndarray, p: np.ndarray, y: np.ndarray, names: list[str]) -> None:
    said = p.argmax(axis=1)
    wrong = np.flatnonzero(said != y)
    if not len(wrong):
        page.add("Where it was most wrong", "No test image was named wrongly.")
        return
    worst = wrong[np.argsort(p[wrong, y[wrong]], kind="stable")[:WRONG]]  # least probability for what it is
    captions = [f"{names[said[k]]} ({100 * p[k, said[k]]:.0f} %)\nis: {names[y[k]]}" for k in worst]
    page.add("Where it was most wrong", picture(
        plot.captioned(pixels[worst], captions), "The test images to whose true class it gave the least probability: "
        "what it said, how surely, and what it is.", wide=True))  # fmt: skip


def matters(page: Page, run: Opened, x: np.ndarray, y: np.ndarray, said: np.ndarray, pixels: np.ndarray, names: list[str]) -> None:
    """Saliency of one image of each of the first classes, rightly named."""
    right = [int(np.flatnonzero((y == k) & (said == k))[0]) for k in range(len(names)) if np.any((y == k) & (said == k))][:8]
    if right:
        maps = analysis.saliency(run.net, x[right], y[right])
        page.add("Which pixels matter", picture(
            plot.saliency_maps(pixels[right].mean(axis=1), maps, [names[y[k]] for k in right], title=""),
            "Below each image: how much the score of its class changes with each pixel; dark is much.", wide=True))  # fmt: skip
