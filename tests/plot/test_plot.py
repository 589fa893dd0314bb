"""Pictures show what they are given: the right numbers at the right places, with labels."""

import numpy as np
import pytest

from netcore import analysis, plot
from netcore.errors import ArgumentError, ShapeError
from netcore.layers import GRU, LSTM, RNN, Linear

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
    chosen = plot.gate_traces(traces, "a b\ncdefg", units=[4, 1], mark="b ")  # in the order in which they are named
    np.testing.assert_array_equal(chosen[0].images[0].get_array(), next(iter(traces.values()))[:, [4, 1]].T)
    assert chosen[0].lines[0].get_xdata().tolist() == [1, 2] and chosen[0].get_ylim() == (1.5, -0.5)


def test_gate_trace_is_what_the_cell_computes():
    """c_t = f · c_(t-1) + i · g, and h = o tanh c is the layer's own output."""
    lstm = LSTM(3, 5, rng=1)
    x = np.random.default_rng(1).standard_normal((6, 3)).astype(np.float32)
    traces = analysis.gate_trace(lstm, x)
    before = np.vstack([np.zeros((1, 5), np.float32), traces["cell"][:-1]])
    np.testing.assert_allclose(traces["cell"], traces["forget"] * before + traces["input"] * traces["candidate"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(traces["output"] * np.tanh(traces["cell"]), lstm.forward(x[None])[0], rtol=1e-5, atol=1e-6)


def test_gate_trace_of_a_gru_and_of_a_plain_rnn():
    """h_t = z · h_(t-1) + (1 - z) · n, also of the second layer; a plain RNN shows its state."""
    gru = GRU(3, 5, num_layers=2, rng=1)
    x = np.random.default_rng(1).standard_normal((6, 3)).astype(np.float32)
    traces = analysis.gate_trace(gru, x, layer=1)
    before = np.vstack([np.zeros((1, 5), np.float32), traces["state"][:-1]])
    np.testing.assert_allclose(traces["state"], traces["update"] * before + (1 - traces["update"]) * traces["new"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(traces["state"], gru.forward(x[None])[0], rtol=1e-6, atol=1e-7)
    panels = plot.gate_traces(traces, "abcdef", units=3)
    assert [panel.get_ylabel() for panel in panels] == ["reset", "update", "new", "state"]
    rnn = RNN(3, 5, nonlinearity="relu", rng=1)
    np.testing.assert_allclose(analysis.gate_trace(rnn, x)["state"], rnn.forward(x[None])[0], rtol=1e-6, atol=1e-7)
    for wrong, message in ((Linear(3, 5), "an LSTM, GRU or RNN"), (LSTM(3, 5, bidirectional=True), "one direction")):
        with pytest.raises(ArgumentError, match=message):
            analysis.gate_trace(wrong, x)
    with pytest.raises(ArgumentError, match=r"0\.\.1, got 2"):
        analysis.gate_trace(gru, x, layer=2)
    with pytest.raises(ShapeError, match="D=3"):
        analysis.gate_trace(gru, x[:, :2])


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


def test_feature_maps_show_every_channel_on_one_scale():
    maps = np.stack([np.full((4, 4), v) for v in (-2.0, 0.0, 1.0)])
    panels = plot.feature_maps(np.zeros((1, 6, 6)), maps, columns=2)
    assert [panel.get_title() for panel in panels[:4]] == ["input", "0", "1", "2"]
    assert [float(panel.images[0].get_array()[0, 0]) for panel in panels[1:4]] == [-2, 0, 1]
    assert all(panel.images[0].get_clim() == (-2, 2) for panel in panels[1:4])
    with pytest.raises(ShapeError, match="one image"):
        plot.feature_maps(np.zeros((6, 6)), np.zeros((1, 3, 4, 4)))


def test_saliency_maps_stand_below_their_images():
    images, maps = np.random.default_rng(0).random((3, 1, 5, 5)), np.random.default_rng(1).standard_normal((3, 5, 5))
    panels = plot.saliency_maps(images, maps, ["a", "b", "c"])
    np.testing.assert_array_equal(panels[1].images[0].get_array(), images[1, 0])
    np.testing.assert_array_equal(panels[4].images[0].get_array(), maps[1])
    low, high = panels[4].images[0].get_clim()
    assert low == -high == -np.abs(maps[1]).max()  # white is zero
    assert plot.saliency_maps(images, np.abs(maps))[3].images[0].get_clim()[0] == 0
    with pytest.raises(ShapeError, match="images' shape"):
        plot.saliency_maps(images, maps[:2])
    panels = plot.saliency_maps(images, {"saliency": np.abs(maps), "occlusion": maps}, ["a", "b", "c"])  # a row for each
    assert [panels[k].get_ylabel() for k in (0, 3, 6)] == ["", "saliency", "occlusion"]
    np.testing.assert_array_equal(panels[7].images[0].get_array(), maps[1])


def test_gallery_has_a_row_for_each_name():
    rows = {"unit 3": np.arange(8.0).reshape(2, 2, 2), "unit 5": np.zeros((3, 1, 2, 2))}
    panels = plot.gallery(rows, columns=3)
    assert [panels[0].get_ylabel(), panels[3].get_ylabel()] == ["unit 3", "unit 5"]
    np.testing.assert_array_equal(panels[1].images[0].get_array(), [[4, 5], [6, 7]])
    assert not panels[2].images
    assert len(panels[5].images) == 1


def test_manifold_grid_has_code_2_upwards():
    images = np.zeros((3, 2, 4, 4))
    images[0, 1] = 1  # code 2 least, code 1 greatest: bottom right
    ax = plot.manifold_grid(images, np.array([-1.0, 0.0, 1.0]), np.array([0.0, 1.0]))
    canvas = ax.images[0].get_array()
    assert canvas[8:, 4:].all() and canvas.sum() == 16
    assert ax.images[0].get_extent() == [-0.5, 1.5, -1.5, 1.5]
    with pytest.raises(ShapeError, match="rows=2"):
        plot.manifold_grid(images, np.zeros(2), np.zeros(2))


def test_ablation_curves_are_shares():
    curve = analysis.AblationCurve(np.array([0, 4, 8]), np.array([0.9, 0.5, 0.1]), np.arange(8))
    ax = plot.ablation_curves({"random": curve}, chance=0.1)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0, 0.9], [50, 0.5], [100, 0.1]])
    assert ax.lines[1].get_ydata()[0] == 0.1
    assert "chance" in {text.get_text() for text in ax.texts}


def test_scores_and_scaling_curves():
    ax = plot.scores({"pixels": 0.5, "learned": 0.9}, chance=0.1)
    assert [bar.get_width() for bar in ax.patches] == [0.5, 0.9]
    assert ax.patches[0].get_facecolor() != ax.patches[1].get_facecolor()
    assert {"0.5", "0.9"} <= {text.get_text() for text in ax.texts}
    dark = ax.patches[1].get_facecolor()
    for best, expected in (("least", [True, False]), ("none", [True, True])):
        bars = plot.scores({"a": 0.5, "b": 0.9}, best=best).patches
        assert [bar.get_facecolor() == dark for bar in bars] == expected
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first on top
    ax = plot.scaling_curves([10, 100], {"a": [1, 2], "b": [3, 4]}, xlabel="labels", ylabel="accuracy", log="x")
    assert ax.get_xscale() == "log" and ax.get_yscale() == "linear"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10", "100"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [3, 4])
    ax = plot.scaling_curves(["first", "last"], {"a": [1, 2]}, xlabel="layer", ylabel="accuracy")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["first", "last"]


def test_gradient_flow_breaks_where_truncation_cuts():
    x, dy = np.random.default_rng(0).standard_normal((2, 2, 9, 3)).astype(np.float32)
    seen = analysis.bptt_microscope(LSTM(3, 3, rng=0), x, dy, truncate=4)
    ax = plot.gradient_flow({"LSTM": seen})
    curves = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert [len(line.get_xdata()) for line in curves] == [4, 4, 1]
    np.testing.assert_allclose(np.concatenate([line.get_ydata() for line in curves]), seen.h)
    assert sorted(float(line.get_xdata()[0]) for line in ax.lines if line.get_linestyle() == ":") == [3.5, 7.5]
    ax = plot.gradient_paths(seen)
    np.testing.assert_allclose(ax.lines[3].get_ydata(), seen.straight[:4])
    assert ax.get_yscale() == "log"


def test_similarity_matrix_writes_its_numbers():
    ax = plot.similarity_matrix(np.array([[1.0, 0.25]]), ["a"], ["b", "c"])
    assert [text.get_text() for text in ax.texts] == ["1.00", "0.25"]
    assert ax.images[0].get_clim() == (0, 1)
    with pytest.raises(ShapeError, match="columns=1"):
        plot.similarity_matrix(np.ones((1, 2)), ["a"], ["b"])


def test_network_diagram_shows_shapes_and_connections():
    import netcore as nc

    net = nc.Sequential(nc.Conv2d(1, 4, 5), nc.ReLU(), nc.MaxPool2d(2), nc.Sequential(nc.Flatten(), nc.Linear(576, 10)))
    ax = plot.network_diagram(net, (1, 28, 28), title="t")
    words = [text.get_text() for text in ax.texts if text.get_text()]
    assert words == ["1×28×28", "input", "4×24×24", "Conv2d\n5×5\nReLU", "4×12×12", "MaxPool2d\n2×2", "576", "Flatten", "10", "Linear"]
    assert len(ax.patches) == 5
    heights = [patch.get_height() for patch in ax.patches]
    assert heights[0] == 4 and heights[2] == pytest.approx(heights[0] * 12 / 28)
    x = nc.Input((2, 8, 8))
    h = nc.Conv2d(2, 2, 3, padding=1)(x)
    graph = nc.Graph(inputs=x, outputs=nc.Add()(x, h))
    ax = plot.network_diagram(graph, (2, 8, 8))
    assert len(ax.patches) == 3
    arcs = [note for note in ax.texts if getattr(note, "arrow_patch", None) is not None]
    assert len(arcs) == 3  # input to convolution, convolution to sum, and over it from the input


def test_network_diagram_of_several_inputs():
    """A cell unrolled over three steps: the chain on the line, each step's input just before it, below."""
    import netcore as nc

    cell, h, xs = nc.RNNCell(3, 16), nc.Input((16,)), [nc.Input((3,)) for _ in range(3)]
    state = h
    for x in xs:
        state = cell(x, state)
    net = nc.Graph(inputs=[h, *xs], outputs=nc.ReLU()(nc.Linear(16, 1)(state)))
    ax = plot.network_diagram(net, (16,), (3,), (3,), (3,))
    assert len(ax.patches) == 8  # four inputs, three steps, and the head with its ReLU
    middles = [(patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2) for patch in ax.patches]
    inputs, cells, head = middles[1:4], middles[4:7], middles[7]
    assert [y for _, y in (middles[0], *cells, head)] == [0] * 5
    assert all(y < -1 for _, y in inputs)
    assert all(x < step for (x, _), (step, _) in zip(inputs, cells, strict=True)) and inputs[1][0] == cells[0][0]
    with pytest.raises(ArgumentError, match=r"4 input shape\(s\)"):
        plot.network_diagram(net, (16,))


def test_confusions_are_coloured_and_right_answers_are_not():
    ax = plot.confusion_matrix(np.array([[5, 2], [0, 7]]), ["a", "b"])
    assert [text.get_text() for text in ax.texts] == ["5", "2", "7"]
    shown = ax.images[0].get_array()
    assert shown[0, 1] == 2
    assert np.ma.getmaskarray(shown).tolist() == [[True, False], [True, True]]
    with pytest.raises(ShapeError, match="a row and a column"):
        plot.confusion_matrix(np.ones((2, 3)), ["a", "b"])


def test_reliability_has_a_bar_for_each_bin():
    p = np.array([[0.95, 0.05], [0.95, 0.05], [0.35, 0.65], [0.45, 0.55]])
    found = analysis.calibration(p, np.array([0, 1, 1, 1]))
    np.testing.assert_array_equal(found.inputs[[5, 6, 9]], [1, 1, 2])
    assert found.error == pytest.approx((0.45 + 0.35 + 2 * 0.45) / 4)
    ax = plot.reliability(found)
    np.testing.assert_allclose([bar.get_height() for bar in ax.patches], [1, 1, 0.5])
    np.testing.assert_allclose(ax.lines[1].get_xdata(), [0.55, 0.65, 0.95])
    assert "0.425" in ax.texts[0].get_text()
    assert analysis.confusion(np.array([0, 1, 1, 1]), p.argmax(axis=1), 2).tolist() == [[1, 0], [1, 2]]
    with pytest.raises(ShapeError, match="N=3"):
        analysis.calibration(p, np.zeros(3, int))
    with pytest.raises(ShapeError, match="same length"):
        analysis.confusion(np.zeros(2, int), np.zeros(3, int), 1)


def test_forecasts_stand_over_their_times():
    times, truth = np.arange(1990.0, 1995), np.arange(5.0)
    ax = plot.forecast(times, truth, {"network": truth + 1})
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.stack([times, truth], axis=1))
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), truth + 1)
    with pytest.raises(ShapeError, match="'network'"):
        plot.forecast(times, truth, {"network": truth[1:]})
    ax = plot.agreement(truth, {"network": truth + 1})
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.stack([truth, truth + 1], axis=1))


def test_kl_by_dimension_is_sorted_and_named():
    ledger = analysis.ledger.Ledger(10.0, np.array([0.1, 2.0, 0.5]), np.array([False, True, True]))
    ax = plot.kl_by_dimension(ledger)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2", "0"]
    np.testing.assert_allclose(sorted((bar.get_x() + 0.4, bar.get_height()) for bar in ax.patches), [(0, 2.0), (1, 0.5), (2, 0.1)], atol=1e-12)
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"active: 2", "carries nothing: 1"}


def test_captioned_images_in_grey_and_colour():
    panels = plot.captioned(np.random.default_rng(0).random((3, 3, 4, 4)), ["a", "b", "c"])
    assert [panel.get_title() for panel in panels[:3]] == ["a", "b", "c"]
    assert panels[0].images[0].get_array().shape == (4, 4, 3)
    assert plot.captioned(np.zeros((1, 1, 4, 5)), ["a"])[0].images[0].get_array().shape == (4, 5)
    with pytest.raises(ShapeError, match="as many captions"):
        plot.captioned(np.zeros((2, 4, 4)), ["a"])
