"""Pictures show what they are given: the right numbers at the right places, with labels."""

import numpy as np
import pytest

from netcore import analysis, plot
from netcore.errors import ArgumentError, ShapeError
from netcore.layers import LSTM

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _close():
    yield
    matplotlib.pyplot.close("all")


def test_learning_curves_draw_each_series():
    history = [{"epoch": k, "loss": 1 / k, "val_loss": 2 / k} for k in range(1, 6)]
    ax = plot.learning_curves(history, {"loss": "training", "val_loss": "held out"}, title="t")
    assert [line.get_label() for line in ax.lines] == ["training", "held out"]
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [2 / k for k in range(1, 6)])
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("epoch", "loss", "t")
    with pytest.raises(ArgumentError, match="history is empty"):
        plot.learning_curves([], {"loss": "training"})


def test_filters_are_tiled_in_order_each_on_its_own_scale():
    weight = np.zeros((10, 2, 3, 3), np.float32)
    weight[:, :, 0, 0] = np.arange(1, 11)[:, None]
    image = plot.filters(weight).images[0].get_array()
    assert image.shape == (2 * 4 - 1, 8 * 4 - 1)
    assert image[4, 4] == 1  # the tenth filter: row 1, column 1
    assert np.ma.getmaskarray(image)[3, 0]  # the gap between two rows
    with pytest.raises(ShapeError, match="K, C, R, S"):
        plot.filters(np.zeros((3, 3)))


def test_reconstructions_keep_grey_values():
    rows = {"image": np.full((4, 1, 5, 5), 0.25, np.float32), "copy": np.full((4, 5, 5), 0.75, np.float32)}
    ax = plot.reconstructions(rows)
    image = ax.images[0].get_array()
    assert image[0, 0] == 0.25
    assert image[7, 0] == 0.75
    assert [label.get_text() for label in ax.get_yticklabels()] == ["image", "copy"]


def test_gate_traces_show_a_column_a_character():
    x = np.random.default_rng(0).standard_normal((9, 3)).astype(np.float32)
    traces = analysis.gate_trace(LSTM(3, 20, rng=0), x)
    panels = plot.gate_traces(traces, "a b\ncdefg", units=7)
    assert len(panels) == len(traces)
    assert panels[0].images[0].get_array().shape == (7, 9)
    assert [label.get_text() for label in panels[-1].get_xticklabels()] == list("a␣b↵cdefg")


def test_gate_trace_is_what_the_cell_computes():
    """c_t = f · c_(t-1) + i · g, and h = o tanh c is the layer's own output."""
    lstm = LSTM(3, 5, rng=1)
    x = np.random.default_rng(1).standard_normal((6, 3)).astype(np.float32)
    traces = analysis.gate_trace(lstm, x)
    before = np.vstack([np.zeros((1, 5), np.float32), traces["cell"][:-1]])
    np.testing.assert_allclose(traces["cell"], traces["forget"] * before + traces["input"] * traces["candidate"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(traces["output"] * np.tanh(traces["cell"]), lstm.forward(x[None])[0], rtol=1e-5, atol=1e-6)


def test_code_map_names_the_classes():
    codes, labels = np.random.default_rng(0).standard_normal((30, 2)), np.arange(30) % 3
    ax = plot.code_map(codes, labels, ["shirt", "shoe", "bag"])
    assert {text.get_text() for text in ax.texts} == {"shirt", "shoe", "bag"}
    assert sum(len(points.get_offsets()) for points in ax.collections) == 30


def test_pca_is_the_best_linear_code():
    """Against the singular value decomposition: the error is the sum of the squared singular values left out."""
    rows = np.random.default_rng(0).standard_normal((50, 8)) @ np.random.default_rng(1).standard_normal((8, 8))
    values = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    error = np.square(rows - analysis.PCA(3).fit(rows).reconstruct(rows)).sum()
    assert error == pytest.approx(np.square(values[3:]).sum())
