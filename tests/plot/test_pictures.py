"""Every picture as it comes out: nothing is cut off or too small, series can be told apart in print and by the colour-blind."""

import inspect
from itertools import combinations, pairwise
from types import SimpleNamespace

import numpy as np
import pytest

import netcore as nc
from netcore import analysis, plot
from netcore.plot import style

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot  # noqa: E402

RNG = np.random.default_rng(0)
X = np.arange(12.0)


def curve(*accuracy):
    return analysis.AblationCurve(np.arange(len(accuracy)) * 8, np.array(accuracy), np.arange(8 * len(accuracy) - 8))


def microscope():
    dy = RNG.standard_normal((2, 20, 6)).astype(np.float32)
    return analysis.bptt_microscope(nc.LSTM(3, 6, rng=0), RNG.standard_normal((2, 20, 3)).astype(np.float32), dy, truncate=8)


def unrolled():
    cell, h, xs = nc.RNNCell(3, 16), nc.Input((16,)), [nc.Input((3,)) for _ in range(3)]
    state = h
    for x in xs:
        state = cell(x, state)
    return nc.Graph(inputs=[h, *xs], outputs=state)


def lenet():
    return nc.Sequential(nc.Conv2d(1, 4, 5), nc.ReLU(), nc.MaxPool2d(2), nc.Flatten(), nc.Linear(576, 10))


NAMES = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]
PICTURES = {
    "learning_curves": lambda: plot.learning_curves(
        [{"epoch": k, "a": 1 / k, "b": 1.02 / k, "c": 2 / k} for k in range(1, 9)], {"a": "training", "b": "held out", "c": "test"}, title="loss"),
    "filters": lambda: plot.filters(RNG.standard_normal((12, 1, 5, 5))),
    "feature_maps": lambda: plot.feature_maps(RNG.random((8, 8)), RNG.standard_normal((10, 6, 6))),
    "reconstructions": lambda: plot.reconstructions({"input": RNG.random((8, 9, 9)), "variational, 10": RNG.random((8, 9, 9))}),
    "manifold_grid": lambda: plot.manifold_grid(RNG.random((5, 6, 8, 8)), np.linspace(-2, 2, 5), np.linspace(-3, 3, 6)),
    "code_map": lambda: plot.code_map(RNG.standard_normal((400, 2)), np.arange(400) % 10, NAMES),
    "gate_traces": lambda: plot.gate_traces(analysis.gate_trace(nc.LSTM(3, 14, rng=0), RNG.standard_normal((30, 3)).astype(np.float32)),
                                            "a text of thirty characters ↵"[:29] + "\n"),
    "gradient_flow": lambda: plot.gradient_flow({"full": microscope(), "k = 8": microscope()}),
    "gradient_paths": lambda: plot.gradient_paths(microscope()),
    "ablation_curves": lambda: plot.ablation_curves({"random order": curve(0.9, 0.8, 0.1), "important first": curve(0.9, 0.4, 0.1)}, chance=0.1),
    "scaling_curves": lambda: plot.scaling_curves(
        [10, 100, 1000], {f"series {k}": RNG.random(3) for k in range(5)}, xlabel="labels", ylabel="accuracy", log="x"),
    "scores": lambda: plot.scores({"pixels": 0.5, "oriented gradients": 0.8, "learned": 0.9}, chance=0.1, title="one head"),
    "saliency_maps": lambda: plot.saliency_maps(RNG.random((5, 8, 8)), RNG.standard_normal((5, 8, 8)), NAMES[5:]),
    "gallery": lambda: plot.gallery({"relu2, unit 3": RNG.random((9, 6, 6)), "relu2, unit 17": RNG.random((9, 6, 6))}),
    "captioned": lambda: plot.captioned(RNG.random((6, 8, 8)), [f"{name} (93 %)\nis: {name}" for name in NAMES[:6]]),
    "similarity_matrix": lambda: plot.similarity_matrix(RNG.random((3, 4)), NAMES[:3], NAMES[3:7]),
    "confusion_matrix": lambda: plot.confusion_matrix(RNG.integers(0, 90, (10, 10)), NAMES),
    "reliability": lambda: plot.reliability(analysis.calibration(RNG.dirichlet(np.ones(4), 300), RNG.integers(0, 4, 300))),
    "forecast": lambda: plot.forecast(1990 + X, np.sin(X), {"network": np.sin(X - 0.2), "nothing changes": np.sin(X - 1)}, ylabel="sunspots"),
    "agreement": lambda: plot.agreement(X, {"lstm": X + 0.3, "rnn": X * 0 + 6}),
    "kl_by_dimension": lambda: plot.kl_by_dimension(analysis.ledger.Ledger(1.0, RNG.random(20), RNG.random(20) > 0.4)),
    "network_diagram": lambda: plot.network_diagram(lenet(), (1, 28, 28), title="convolution and pooling alternate"),
    "network_diagram, inputs": lambda: plot.network_diagram(unrolled(), (16,), (3,), (3,), (3,), title="a chain"),
    "step_values": lambda: plot.step_values({"forget": RNG.random(4), "candidate": RNG.standard_normal(4)}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _close():
    yield
    matplotlib.pyplot.close("all")


def tick_labels(ax):
    """Of each axis, the labels that are shown: those of places within the view."""
    for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
        low, high = sorted(axis.get_view_interval())
        yield [label for place, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=False)
               if low - 1e-9 <= place <= high + 1e-9 and label.get_text().strip()]  # fmt: skip


def words(figure):
    """All text that a figure shows."""
    found = [figure._suptitle] if figure._suptitle is not None else []
    for ax in figure.axes:
        found += [ax.title, *ax.texts, *(ax.get_legend().get_texts() if ax.get_legend() else [])]
        found += [ax.xaxis.label, ax.yaxis.label] if ax.axison else []
        found += [label for labels in tick_labels(ax) for label in labels]
    return [text for text in found if text.get_text().strip()]


def test_every_function_has_its_picture():
    functions = {name for name, f in vars(plot).items() if inspect.isfunction(f)} - {"tiled"}
    assert functions == {name.split(",")[0] for name in PICTURES}


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name):
    """It shows something, whole, in letters of a fair size; labels do not overlap; in grey print each line has a look of its own."""
    axes = np.atleast_1d(np.asarray(PICTURES[name](), dtype=object)).ravel()
    assert all(isinstance(ax, matplotlib.axes.Axes) for ax in axes)
    figure = axes[0].figure
    figure.set_dpi(72)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    assert 0.01 < np.mean(pixels.min(axis=2) < 230) < 0.99, "it is empty, or all ink"
    for text in words(figure):
        box = text.get_window_extent()
        assert text.get_fontsize() >= 6.5, f"{text.get_text()!r} is too small"
        whole = box.x0 > -2 and box.y0 > -2 and box.x1 < figure.bbox.width + 2 and box.y1 < figure.bbox.height + 2
        assert whole, f"{text.get_text()!r} is cut off"
    for labels in (labels for ax in figure.axes for labels in tick_labels(ax) if not any(label.get_rotation() for label in labels)):
        for one, other in pairwise(label.get_window_extent() for label in labels):
            overlap = min(one.x1, other.x1) - max(one.x0, other.x0) > 1 and min(one.y1, other.y1) - max(one.y0, other.y0) > 2
            assert not overlap, "labels on an axis overlap"
    for ax in axes:
        lines = [line for line in ax.lines if not str(line.get_label()).startswith("_") and len(line.get_xdata()) > 1]
        looks = [(line.get_linestyle(), line.get_marker()) for line in lines]
        assert len(set(looks)) == len(looks), looks


PROTAN = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTAN = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
NORMAL = np.eye(3).tolist()  # G. Machado, M. Oliveira, L. Fernandes, 2009, table 1, severity 1


def lab(colour, eye):
    """CIE L*a*b* of a colour as an eye sees it."""
    c = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(np.array(eye) @ linear, 0, 1)
    t = xyz / [0.9505, 1, 1.089]
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", [NORMAL, PROTAN, DEUTAN], ids=["normal", "protan", "deutan"])
def test_colours_can_be_told_apart(eye):
    """Neighbours of the cycle, and each from white; a difference of about 2.3 can just be seen."""
    for one, other in combinations(style.CYCLE[:5], 2):
        assert np.linalg.norm(lab(one, eye) - lab(other, eye)) > 11, (one, other)
    for k, other in combinations(range(len(style.CLASSES)), 2):
        near = np.linalg.norm(lab(style.CLASSES[k], eye) - lab(style.CLASSES[other], eye)) < 11
        assert not near or style.CLASS_MARKERS[k] != style.CLASS_MARKERS[other]
    for colour in (*style.CYCLE, *style.CLASSES):
        assert np.linalg.norm(lab(colour, eye) - lab("white", eye)) > 20, colour


def test_maps_of_numbers_do_not_rest_on_red_against_green():
    """Of each colour map in use, the ends and the middle differ in lightness or in blue against yellow, which all eyes have."""
    for name in ("RdBu_r", "viridis", "Blues", "Oranges", "Reds", "gray"):
        ends = [lab(matplotlib.colormaps[name](k), DEUTAN) for k in (0.02, 0.5, 0.98)]
        assert min(np.linalg.norm(a - b) for a, b in combinations(ends, 2)) > 25, name


def test_labels_are_pushed_apart():
    places = style.apart([3.0, 3.1, 9.0, 3.05], 1.0)
    assert sorted(places)[0] < 3 and places[2] == 9.0
    assert np.all(np.diff(sorted(places)) > 0.999)
    assert np.argsort(places).tolist() == [0, 3, 1, 2]
    assert style.apart([], 1.0) == []


def test_profile_draws_its_bars():
    costs = [SimpleNamespace(layer="conv1", kind="forward", phase="forward", seconds=2e-3, flops=1e6, nbytes=1e5, chosen="winograd")]
    roofline = SimpleNamespace(seconds=lambda flops, nbytes: 1e-3)
    from netcore.plot import profile

    ax = profile.draw(SimpleNamespace(costs=costs, roofline=roofline), "a step")
    assert ax.patches[0].get_width() == pytest.approx(2)
    assert ax.get_yticklabels()[0].get_text() == "conv1 forward"
