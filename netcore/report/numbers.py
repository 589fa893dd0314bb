"""The reports of networks that foretell numbers: a time series, the adding problem, the copy task."""

from collections.abc import Callable
from typing import Any

import numpy as np

from netcore import analysis, plot
from netcore.data import load
from netcore.layers import GRU, LSTM, RNN
from netcore.losses import CrossEntropyLoss
from netcore.recipes.copying import IGNORED, SYMBOLS
from netcore.report.opened import Opened
from netcore.report.page import Page, node, picture, table

LATEST = 120  # steps of the series that are drawn
FLOW = 32  # sequences over which gradients are averaged


def series(page: Page, run: Opened) -> None:
    """What was foretold of the test years, beside the truth and beside the forecast that nothing changes."""
    if run.data is None:
        return
    x, y = run.data.test.x, run.data.test.y
    foretold = analysis.reconstruct(run.net, x)
    mean, std = run.facts["mean"], run.facts["std"]
    times = load(run.recipe.data, "all", run.root).times
    steps = len(y) + y.shape[1] - 1
    axis = times[-steps:][: len(y)] if times is not None else np.arange(len(y))
    shown = slice(-LATEST, None)
    truth, one, still = (mean + std * values.astype(np.float64) for values in (y[:, 0], foretold[:, 0], x[:, -1, 0]))
    page.add("Foretold and true", picture(
        plot.forecast(axis[shown], truth[shown], {"network": one[shown], "nothing changes": still[shown]}, title="", ylabel=run.recipe.data),
        "Test data that the network has not seen: each point is the next value, foretold from those before it.", wide=True))  # fmt: skip
    guesses = foretold, np.repeat(x[:, -1:, 0], y.shape[1], axis=1)
    errors = [np.sqrt(np.mean(np.square(y - guess, dtype=np.float64), axis=0)) * std for guess in guesses]
    rows = [(f"{k + 1}", f"{net:.3f}", f"{same:.3f}", f"{100 * (1 - net / same):+.0f} %") for k, (net, same) in enumerate(zip(*errors, strict=True))]
    page.add("How far off", table(rows, ("steps ahead", "network>", "nothing changes>", "gain>")),
             "Root mean squared error in the units of the series.",
             picture(plot.agreement(truth, {"network": one}, title=""), "On the dotted line, what was foretold came true."))  # fmt: skip
    rnn = next((layer for layer in run.net.layers() if isinstance(layer, (LSTM, GRU, RNN))), None)
    if rnn is not None:
        years = [f"{t:.0f}" if k % 10 == 0 else "" for k, t in enumerate(axis[shown])]
        traces = analysis.gate_trace(rnn, ((truth[shown] - mean) / std)[:, None].astype(x.dtype))
        ax = plot.gate_traces(traces, years, title="", unit="time")
        title = "What its gates do" if len(traces) > 1 else "What its state does"
        page.add(title, picture(ax, "Over the series above; each row is a unit.", wide=True))


def adding(page: Page, run: Opened) -> None:
    """Each runner's sums against the true ones, and how much gradient reaches each step."""
    if run.data is None:
        return
    x, y = run.data.test.x[:2000], run.data.test.y[:2000, 0]
    still = analysis.Still(run.net)
    said = {name: guess[:, 0] for (name, _), guess in zip(run.net.children(), still.forward(x), strict=True)}
    errors = {name: float(np.mean(np.square(guess - y, dtype=np.float64))) for name, guess in said.items()}
    rows = [(name, f"{error:.4f}", "solved" if error < 0.01 else "not solved") for name, error in errors.items()]
    page.add("The sums", picture(plot.agreement(y, said, title=""), "A point for each sequence: the true sum across, what was said upwards."),
             table([*rows, ("always 1", f"{1 / 6:.4f}", "")], ("", "squared error>", "")), node("p", "Under 0.01 counts as solved."))  # fmt: skip
    seen = {name: microscope(net, x[:FLOW], lambda guess: (guess - y[:FLOW, None]) * (2 / FLOW)) for name, net in run.net.children()}
    reach(page, seen, "squared error")


def copying(page: Page, run: Opened) -> None:
    """How much of each place each runner writes down, and how much gradient reaches each step."""
    if run.data is None:
        return
    x, y = run.data.test.x[:2000], run.data.test.y[:2000]
    judged = y[0] != IGNORED
    guesses = zip(run.net.children(), analysis.Still(run.net).forward(x), strict=True)
    right = {name: np.mean(guess[:, judged].argmax(axis=2) == y[:, judged], axis=0) for (name, _), guess in guesses}
    rows = [(name, *(f"{100 * share:.1f} %" for share in shares), f"{100 * shares.mean():.1f} %") for name, shares in right.items()]
    headers = ("", *(f"symbol {k + 1}>" for k in range(int(judged.sum()))), "all>")
    means = {name: float(shares.mean()) for name, shares in right.items()}
    ax = plot.scores(means, chance=1 / SYMBOLS, xlabel="share of the symbols")
    page.add("What is written down", picture(ax, "How many of the symbols each network writes down rightly after the pause."), table(rows, headers))

    def gradient(guess: np.ndarray) -> np.ndarray:
        loss = CrossEntropyLoss()
        loss.forward(guess, y[:FLOW])
        return loss.backward()

    reach(page, {name: microscope(net, x[:FLOW], gradient) for name, net in run.net.children()}, "loss")


def reach(page: Page, seen: dict[str, Any], what: str) -> None:
    page.add("How far back gradients reach", picture(
        plot.gradient_flow(seen, title=""), f"The norm of the gradient of the {what} at each step: "
        "a network learns from a step only what gradient reaches it."))  # fmt: skip


def microscope(net: Any, x: np.ndarray, gradient: Callable[[np.ndarray], np.ndarray]) -> Any:
    """The way back through one runner, from the gradient of the loss on what it says."""
    still = analysis.Still(net).watch("rnn")
    still.backward(lambda guess: gradient(guess).astype(guess.dtype), x)
    rnn: Any = still.layer("rnn")
    return analysis.bptt_microscope(rnn, x, still.gradients["rnn"])
