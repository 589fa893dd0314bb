"""The reports of networks that foretell numbers: a time series, and the adding problem."""

from typing import Any

import numpy as np

from netcore import analysis, plot
from netcore.data import load
from netcore.layers import GRU, LSTM
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
    rnn = next((layer for layer in run.net.layers() if isinstance(layer, (LSTM, GRU))), None)
    if rnn is not None:
        years = [f"{t:.0f}" if k % 10 == 0 else "" for k, t in enumerate(axis[shown])]
        traces = analysis.gate_trace(rnn, ((truth[shown] - mean) / std)[:, None].astype(x.dtype))
        ax = plot.gate_traces(traces, years, title="", unit="time")
        page.add("What its gates do", picture(ax, "Gates over the series above; each row is a unit.", wide=True))


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
    seen = {name: microscope(net, x[:FLOW], y[:FLOW]) for name, net in run.net.children()}
    page.add("How far back gradients reach", picture(
        plot.gradient_flow(seen, title=""), "The norm of the gradient of the squared error at each step: "
        "a network learns from a step only what gradient reaches it."))  # fmt: skip


def microscope(net: Any, x: np.ndarray, y: np.ndarray) -> Any:
    """The way back through one runner, from the squared error of its sums."""
    still = analysis.Still(net).watch("rnn")
    still.backward(lambda guess: ((guess - y[:, None]) * (2 / len(y))).astype(guess.dtype), x)
    rnn: Any = still.layer("rnn")
    return analysis.bptt_microscope(rnn, x, still.gradients["rnn"])
