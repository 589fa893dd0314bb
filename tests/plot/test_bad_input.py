"""A picture that would leave something out, or show what does not belong together, is an error that says what was expected."""

import numpy as np
import pytest

import netcore as nc
from netcore import analysis, plot

pytest.importorskip("matplotlib").use("Agg")
from matplotlib import pyplot  # noqa: E402

TRACES = analysis.gate_trace(nc.LSTM(3, 5, rng=0), np.ones((7, 3), np.float32))
SEEN = analysis.bptt_microscope(nc.LSTM(3, 5, rng=0), np.ones((1, 7, 3), np.float32), np.ones((1, 7, 5), np.float32))
SEVEN = {str(k): [1.0, 2.0] for k in range(7)}

WRONG = {
    "1 to 6 series that can be told apart, got 7": lambda: plot.scaling_curves([1, 2], SEVEN, xlabel="", ylabel=""),
    "series that can be told apart, got 7": lambda: plot.gradient_flow(dict.fromkeys(SEVEN, SEEN)),
    "can be told apart, got 7": lambda: plot.learning_curves([{"epoch": 1, **dict.fromkeys(SEVEN, 1.0)}], {k: k for k in SEVEN}),
    "can be told apart, got 0": lambda: plot.ablation_curves({}),
    "the history has no 'acc'; it has 'epoch', 'loss'": lambda: plot.learning_curves([{"epoch": 1, "loss": 2.0}], {"acc": "accuracy"}),
    "a number for each of the 3 x, got 2": lambda: plot.scaling_curves([1, 2, 3], {"a": [1, 2]}, xlabel="", ylabel=""),
    "what must be one of": lambda: plot.gradient_flow({"a": SEEN}, what="state"),
    "times must have the truth's shape": lambda: plot.forecast(np.arange(3), np.arange(4), {}),
    r"forecast 'a' must have the truth's shape \(4,\)": lambda: plot.agreement(np.arange(4), {"a": np.arange(3)}),
    "bars need one number or more; got": lambda: plot.scores({}),
    "on a logarithmic scale greater than 0": lambda: plot.scores({"a": -1.0}, log=True),
    "best must be one of": lambda: plot.scores({"a": 1.0}, best="longest"),
    r"got \(4, 3\) and \(4,\)": lambda: plot.code_map(np.ones((4, 3)), np.arange(4)),
    r"got \(4, 2\) and \(3,\)": lambda: plot.code_map(np.ones((4, 2)), np.arange(3)),
    "label 3 has no name among 1": lambda: plot.code_map(np.ones((4, 2)), np.arange(4), ["a"]),
    r"got shape \(0, 1, 3, 3\)": lambda: plot.filters(np.ones((0, 1, 3, 3))),
    r"one size, got \{'a': \(3, 4, 4\), 'b': \(2, 4, 4\)\}": lambda: plot.reconstructions({"a": np.ones((3, 4, 4)), "b": np.ones((2, 4, 4))}),
    r"one size, got \{\}": lambda: plot.reconstructions({}),
    r"same number of units, got \[3, 2\]": lambda: plot.step_values({"a": np.ones(3), "b": np.ones(2)}),
    "T=2, a row for each step": lambda: plot.gate_traces(TRACES, "ab"),
    "a row for each step of the text; got {}": lambda: plot.gate_traces({}, "ab"),
    "units holds 5 at index 1": lambda: plot.gate_traces(TRACES, "abcdefg", units=[0, 5]),
    "no images to show": lambda: plot.gallery({}),
    r"maps must have the images' shape \(2, 4, 4\)": lambda: plot.saliency_maps(np.ones((2, 4, 4)), {"a": np.ones((3, 4, 4))}),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_does_not_fit_is_told(message):
    with pytest.raises((nc.ArgumentError, nc.ShapeError), match=message):
        WRONG[message]()
    pyplot.close("all")
