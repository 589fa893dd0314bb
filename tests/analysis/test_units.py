"""Receptive fields, patches, ascent, saliency, occlusion and ablation against what is found by trying."""

import numpy as np
import pytest

import netcore as nc
from netcore import analysis

RNG = np.random.default_rng(0)


def conv_nets():
    yield nc.Sequential(nc.Conv2d(1, 2, 3), nc.Tanh(), nc.AvgPool2d(2), nc.Conv2d(2, 3, 3))
    yield nc.Sequential(nc.Conv2d(1, 2, (5, 3), stride=(2, 1), padding=(1, 2)), nc.Tanh(), nc.Conv2d(2, 3, 3, dilation=2, padding=1))
    yield nc.Sequential(first=nc.Sequential(nc.Conv2d(1, 2, 4, padding="same"), nc.Tanh()), second=nc.Conv2d(2, 3, 2, stride=3))
    yield residual()
    yield nc.Sequential(nc.Conv2d(1, 1, 3, stride=2), residual(), nc.AvgPool2d(2))


def residual():
    """A block whose ways rejoin: a 1x1 shortcut beside two convolutions, then two maps side by side that see to different sides."""
    x = nc.Input((1, None, None))
    inner = nc.Conv2d(2, 2, 3, padding=1)(nc.Tanh()(nc.Conv2d(1, 2, 3, stride=2, padding=1)(x)))
    joined = nc.Add()(inner, nc.Conv2d(1, 2, 1, stride=2)(x))
    sides = nc.Concat()(nc.Conv2d(2, 1, (1, 3), padding=(0, 1))(joined), nc.Conv2d(2, 1, (4, 1), padding="same")(joined))
    return nc.Graph(inputs=x, outputs=sides)


@pytest.mark.parametrize("net", list(conv_nets()), ids=["pool", "stride, padding, dilation", "nested, even 'same'", "graph", "graph inside"])
def test_receptive_field_is_where_the_gradient_reaches(net):
    """Units far from the border: the pixels with a gradient are exactly the box that the arithmetic says."""
    net.astype(np.float64)
    x = RNG.standard_normal((1, 1, 69, 71))
    name = analysis.layer_names(net)[-1]
    still = analysis.Still(net).watch(name)
    still.forward(x)
    rows, columns = still.outputs[name].shape[2:]
    for unit in ((rows // 2, columns // 2), (rows // 2 + 1, columns // 2 - 1)):
        seed = np.zeros_like(still.outputs[name])
        seed[0, :, unit[0], unit[1]] = 1
        found = np.nonzero(still.input_gradient(x, {name: seed})[0, 0])
        box = analysis.receptive_field(net).box(*unit)
        assert (found[0].min(), found[0].max() + 1, found[1].min(), found[1].max() + 1) == box


def test_receptive_field_of_what_has_none():
    net = nc.Sequential(nc.Conv2d(1, 2, 3), nc.Flatten(), nc.Linear(8, 2))
    assert analysis.receptive_field(net, "0").size == (3, 3)
    with pytest.raises(nc.ArgumentError, match="Flatten '1' has no receptive field"):
        analysis.receptive_field(net)
    with pytest.raises(nc.ArgumentError, match="no layer is called 'x'"):
        analysis.receptive_field(net, "x")
    image = nc.Input((1, 8, 8))
    halves = nc.Concat()(nc.MaxPool2d(2)(image), nc.Conv2d(1, 1, 5)(image))
    with pytest.raises(nc.ArgumentError, match=r"Concat '2' joins maps whose units lie \(2, 2\) and \(1, 1\) pixels apart"):
        analysis.receptive_field(nc.Graph(inputs=image, outputs=halves), "2")
    other = nc.Input((1, 8, 8))
    with pytest.raises(nc.ArgumentError, match="several inputs"):
        analysis.receptive_field(nc.Graph(inputs=[image, other], outputs=nc.Add()(image, other)))


def test_receptive_field_of_a_window_over_a_sequence():
    net = nc.Sequential(nc.Conv1d(2, 4, 5, stride=2, padding=1), nc.ReLU(), nc.MaxPool1d(3))
    assert analysis.receptive_field(net) == ((1, 9), (1, 6), (0, -1))


def test_top_patches_contain_what_the_unit_looks_for():
    """A filter that is a cross, planted in some images: found at its place, strongest first, at the border filled with zeros."""
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.float32)
    conv = nc.Conv2d(1, 2, 3, padding=1, bias=False)
    conv.weight.data[:] = 0
    conv.weight.data[1, 0] = cross
    net = nc.Sequential(conv, nc.ReLU())
    images = np.zeros((6, 1, 8, 8), np.float32)
    images[4, 0, 2:5, 3:6] = cross
    images[2, 0, 5:8, 0:3] = 0.5 * cross
    images[3, 0, 0, 0] = 0.1
    found = analysis.top_patches(net, images, "0", unit=1, count=3)
    assert found.places.tolist()[:2] == [[4, 3, 4], [2, 6, 1]]
    np.testing.assert_allclose(found.values, [5, 2.5, 0.1], rtol=1e-6)
    np.testing.assert_array_equal(found.patches[0, 0], cross)
    assert found.patches[2, 0].sum() == pytest.approx(0.1)
    with pytest.raises(nc.ArgumentError, match=r"0\.\.1"):
        analysis.top_patches(net, images, "0", unit=2)


def test_ascent_finds_the_filter_of_a_linear_unit():
    """The input of bounded length that a linear unit likes best points along its weights."""
    net = nc.Sequential(nc.Flatten(), nc.Linear(36, 3, rng=0))
    found = analysis.maximise(net, "1", [0, 2], (1, 6, 6), steps=40, blur=0, rng=0)
    for image, unit in zip(found.images, (0, 2), strict=True):
        weight = net[1].weight.data[unit]
        assert np.dot(image.ravel(), weight) / np.linalg.norm(image) / np.linalg.norm(weight) > 0.99
    assert (np.diff(found.values[:10], axis=0) > 0).all()


def test_ascent_keeps_its_bounds_and_blur_takes_the_high_frequencies():
    net = nc.Sequential(nc.Conv2d(1, 4, 3, padding=1, rng=0), nc.Tanh(), nc.Conv2d(4, 2, 3, padding=1, rng=1))
    sharp, soft = (analysis.maximise(net, "2", [1], (1, 12, 12), blur=b, low=0.0, high=1.0, rng=0).images for b in (0.0, 0.8))
    assert sharp.min() >= 0
    assert sharp.max() <= 1
    assert np.abs(np.diff(soft, axis=3)).sum() < np.abs(np.diff(sharp, axis=3)).sum()
    with pytest.raises(nc.ArgumentError, match="unit 2 is not among the 2 units"):
        analysis.maximise(net, "2", [2], (1, 12, 12), steps=1)


def classifier():
    return nc.Sequential(
        nc.Conv2d(2, 4, 3, rng=0), nc.BatchNorm2d(4), nc.Tanh(), nc.AvgPool2d(2), nc.Flatten(), nc.Dropout(0.5), nc.Linear(36, 3, rng=1)
    )


def test_saliency_is_the_difference_quotient():
    net = classifier().astype(np.float64)
    x, targets = RNG.random((3, 2, 8, 8)), np.array([0, 2, 1])
    gradient = analysis.input_gradient(net, x, targets)
    net.eval()
    for n, c, i, j in [(0, 0, 0, 0), (1, 1, 3, 4), (2, 0, 7, 2)]:
        step = np.zeros_like(x)
        step[n, c, i, j] = 1e-6
        numeric = (net.forward(x + step) - net.forward(x - step))[n, targets[n]] / 2e-6
        assert gradient[n, c, i, j] == pytest.approx(numeric, rel=1e-5, abs=1e-9)
    np.testing.assert_allclose(analysis.saliency(net, x, targets), np.abs(gradient).max(axis=1))
    with pytest.raises(nc.ArgumentError, match="greatest allowed is 2"):
        analysis.saliency(net, x, np.array([0, 1, 3]))


def test_occlusion_of_a_linear_network_is_the_sum_of_what_is_covered():
    net = nc.Sequential(nc.Flatten(), nc.Linear(36, 3, rng=0)).astype(np.float64)
    x = RNG.random((2, 1, 6, 6))
    maps = analysis.occlusion(net, x, np.array([2, 0]), size=3)
    share = net[1].weight.data[[2, 0]].reshape(2, 6, 6) * x[:, 0]
    assert maps[0, 2, 3] == pytest.approx(share[0, 1:4, 2:5].sum())
    assert maps[1, 0, 5] == pytest.approx(share[1, :2, 4:].sum())


def test_ablation_orders_units_by_what_they_carry():
    """One unit carries the answer, the others are noise."""
    net = nc.Sequential(nc.Linear(4, 6, bias=False), nc.Linear(6, 2, bias=False))
    net[0].weight.data[:] = 0.01 * RNG.standard_normal((6, 4))
    net[0].weight.data[3] = [1, 0, 0, 0]
    net[1].weight.data[:] = 0.01
    net[1].weight.data[:, 3] = [1, -1]
    x = RNG.standard_normal((200, 4)).astype(np.float32)
    y = (x[:, 0] < 0).astype(int)
    curve = analysis.ablation_curve(net, x, y, "0", "important", points=7)
    assert curve.order[0] == 3
    assert curve.accuracy[0] > 0.97
    assert curve.accuracy[1] < 0.7
    np.testing.assert_array_equal(curve.silenced, range(7))
    given = analysis.ablation_curve(net, x, y, "0", [0, 1, 2, 4, 5], points=6)
    assert given.accuracy[-1] > 0.97
    random = analysis.ablation_curve(net, x, y, "0", rng=5)
    assert random.accuracy[-1] == pytest.approx(np.mean(y == 0))  # all silent: the first class wins every tie
    with pytest.raises(nc.ArgumentError, match="'important'"):
        analysis.ablation_curve(net, x, y, "0", "best")


def test_ablation_silences_whole_channels():
    net = classifier()
    x = RNG.random((4, 2, 8, 8)).astype(np.float32)
    silencer = analysis.ablation.Silencer(net, "0", x, np.zeros(4, int))
    assert silencer.units == 4
    silencer.still.watch("0")
    silencer.accuracy(x, np.zeros(4, int), np.array([1, 3]))
    assert not silencer.still.outputs["0"][:, [1, 3]].any()
    assert silencer.still.outputs["0"][:, [0, 2]].any()


def test_units_of_a_sequence_are_numbers_at_every_step():
    """(N, T, H) of a recurrent layer: unit k is H's, never a time step; (N, C, L) of a convolution: a channel."""
    net = nc.Sequential(rnn=nc.LSTM(3, 5, rng=0), act=nc.Tanh(), last=nc.Last(), head=nc.Linear(5, 2, rng=1))
    x, y = RNG.standard_normal((6, 7, 3)).astype(np.float32), np.array([0, 1, 0, 1, 1, 0])
    curve = analysis.ablation_curve(net, x, y, "act", [4, 0, 1, 2, 3], points=6)
    np.testing.assert_array_equal(curve.silenced, range(6))
    h = analysis.activations(net, x, ["act"])["act"][:, -1].copy()
    h[:, [4, 0]] = 0
    said = (h @ net["head"].weight.data.T + net["head"].bias.data).argmax(axis=1)
    assert curve.accuracy[2] == pytest.approx(np.mean(said == y))
    found = analysis.maximise(net, "rnn", [1, 4], (7, 3), steps=20, rng=0)
    for k, unit in enumerate((1, 4)):
        assert analysis.activations(net, found.images[k : k + 1], ["rnn"])["rnn"][0, 3, unit] == pytest.approx(found.values[-1, k], rel=1e-5)
    assert (found.values[-1] > found.values[0]).all()
    with pytest.raises(nc.ArgumentError, match="unit 5 is not among the 5 units"):
        analysis.maximise(net, "rnn", [5], (7, 3))
    wave = nc.Sequential(nc.Conv1d(2, 4, 3, rng=0), nc.ReLU(), nc.Flatten(), nc.Linear(20, 2, rng=1))
    assert len(analysis.importance(wave, RNG.random((3, 2, 7)).astype(np.float32), np.array([0, 1, 1]), "1")) == 4
    with pytest.raises(nc.ArgumentError, match="which of its axes"):
        analysis.importance(nc.Sequential(nc.Tanh(), nc.Flatten(), nc.Linear(6, 2)), np.ones((1, 2, 3), np.float32), np.zeros(1, int), "0")


def test_a_network_that_answers_at_every_step_is_ablated_too():
    """A layer that gives its state, too, keeps it; labels are (N, T)."""
    net = nc.Sequential(rnn=nc.GRU(3, 4, rng=0), head=nc.Linear(4, 3, rng=1))
    x = RNG.standard_normal((5, 6, 3)).astype(np.float32)
    y = net.eval().forward(x).argmax(axis=2)
    curve = analysis.ablation_curve(net, x, y, "rnn", points=2, rng=0)
    always = net["head"].bias.data.argmax()
    np.testing.assert_allclose(curve.accuracy, [1, np.mean(y == always)])
