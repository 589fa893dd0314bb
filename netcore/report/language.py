"""The report of a character model: what it writes, where a text surprises it, and what its gates do while it reads."""

from typing import Any

import numpy as np

from netcore import analysis, plot
from netcore.data import Vocabulary, load
from netcore.recipes.language import CharacterModel
from netcore.recipes.sampling import sample
from netcore.report.opened import Opened
from netcore.report.page import Page, node, picture, table
from netcore.report.words import mathless

READ = 1200  # held-out characters that are scored and shown
TRACED = 72  # of these, over which gates are drawn
WRITTEN = 350  # characters of each sample
TEMPERATURES = (0.3, 0.7, 1.0)


def sections(page: Page, run: Opened) -> None:
    assert isinstance(run.net, CharacterModel)
    vocabulary = Vocabulary(run.facts["symbols"])
    written = {heat: "".join(sample(run.net, vocabulary, WRITTEN, "", heat, 0)) for heat in TEMPERATURES}
    page.add("What it writes", "A low temperature keeps to what is likely, 1 follows the model's own probabilities.",
             *(node("div", node("h3", f"temperature {heat}"), node("pre", text)) for heat, text in written.items()))  # fmt: skip
    if run.data is None:
        return
    tokens = load(run.recipe.data, "validation", run.root).x[: READ + 1]
    losses = bits(run.net, tokens)
    text = vocabulary.decode(tokens[1:])
    surprise(page, text, losses)
    by_kind(page, text, losses)
    gates(page, run.net, tokens[1:], vocabulary)


def bits(net: Any, tokens: np.ndarray) -> np.ndarray:
    """(L - 1,) bits that each character but the first costs, after all that stand before it."""
    logits, _ = net.eval().forward(tokens[None, :-1])
    scores = logits[0].astype(np.float64)
    top = scores.max(axis=1)
    nats = top + np.log(np.exp(scores - top[:, None]).sum(axis=1)) - scores[np.arange(len(scores)), tokens[1:]]
    return nats / np.log(2)


def surprise(page: Page, text: str, losses: np.ndarray) -> None:
    """The text itself, shaded: a character is the darker the more bits it cost."""
    shown = node("pre", class_="text")
    for character, loss in zip(text, losses, strict=True):
        much = min(loss / 10, 1.0) ** 1.5
        symbol = "↵\n" if character == "\n" and much > 0.2 else character
        shown.append(node("span", symbol, style=f"--much: {0.85 * much:.2f}", title=f"{loss:.1f} bits"))
    page.add("Where a text surprises it", f"Held-out text that it has not learned from; {losses.mean():.2f} bits a character in this piece. "
             "Deep colour is surprise: it stands at the beginnings of words and names, and fades as a word becomes certain.", shown)  # fmt: skip


def by_kind(page: Page, text: str, losses: np.ndarray) -> None:
    """What characters of each kind cost."""
    before = "\n" + text[:-1]
    kinds = {
        "first letter of a word": [c.isalpha() and not b.isalpha() for b, c in zip(before, text, strict=True)],
        "other letters": [c.isalpha() and b.isalpha() for b, c in zip(before, text, strict=True)],
        "space": [c == " " for c in text],
        "end of a line": [c == "\n" for c in text],
        "digits, marks": [not (c.isalpha() or c.isspace()) for c in text],
    }
    means = {name: float(losses[np.array(which)].mean()) for name, which in kinds.items() if any(which)}
    rows = [(name, f"{sum(kinds[name]):,}", f"{value:.2f}") for name, value in means.items()]
    page.add("What each kind of character costs",
             picture(plot.scores(means, xlabel="bits a character", title=""), "The mean loss of each kind of character, in bits."),
             table(rows, ("kind", "characters>", "bits>")))  # fmt: skip


def gates(page: Page, net: Any, tokens: np.ndarray, vocabulary: Vocabulary) -> None:
    """Gates of the last recurrent layer over the beginning of the text."""
    part = tokens[:TRACED]
    vectors = net.embedding.weight.data[part]
    layer = net.rnn.num_layers - 1
    traces = analysis.gate_trace(net.rnn, vectors, layer=layer)
    kind = type(net.rnn).__name__
    told = {
        "LSTM": "Gates: forget keeps the cell where it is yellow and clears it where it is dark",
        "GRU": "Gates: update keeps the state where it is yellow and replaces it where it is dark",
    }.get(kind, "A plain RNN has no gates, only its state")
    page.add("What its gates do" if len(traces) > 1 else "What its state does", picture(
        plot.gate_traces(traces, [mathless(c) if c.strip() else c for c in vocabulary.decode(part)], title=""),
        f"{told}. Layer {layer + 1} of the {kind} over the text above; each row is a unit.", wide=True))  # fmt: skip
