"""Probes, hand-made features, CKA, spectra, selectivity and transfer, each against its definition."""

import numpy as np
import pytest

import netcore as nc
from netcore import analysis

RNG = np.random.default_rng(0)


def blobs(n, spread, rng):
    """Three classes around three corners."""
    labels = np.arange(n) % 3
    return np.eye(3)[labels] * 4 + spread * rng.standard_normal((n, 3)), labels


def test_probes_read_what_is_there_and_nothing_else():
    rng = np.random.default_rng(1)
    (train, y), (test, z) = blobs(150, 0.5, rng), blobs(90, 0.5, rng)
    for probe in (analysis.linear_probe, analysis.knn_probe):
        assert probe(train, y, test, z) > 0.97
        noise = rng.standard_normal((150, 3)), rng.standard_normal((90, 3))
        assert probe(noise[0], y, noise[1], z) < 0.55  # chance is a third


def test_knn_is_the_vote_of_the_nearest():
    rng = np.random.default_rng(2)
    (train, y), (test, z) = blobs(60, 2.0, rng), blobs(40, 2.0, rng)
    scale = train.std(axis=0)
    distance = np.linalg.norm((test / scale)[:, None] - (train / scale)[None], axis=2)
    votes = np.array([np.bincount(y[np.argsort(row)[:7]], minlength=3).argmax() for row in distance])
    assert analysis.knn_probe(train, y, test, z, k=7) == pytest.approx(np.mean(votes == z))


def test_a_linear_probe_does_not_see_what_is_not_linear():
    x = RNG.standard_normal((400, 2))
    xor = (x[:, 0] * x[:, 1] > 0).astype(int)
    assert analysis.linear_probe(x[:200], xor[:200], x[200:], xor[200:]) < 0.7
    assert analysis.knn_probe(x[:200], xor[:200], x[200:], xor[200:]) > 0.85


def test_probes_say_what_is_missing(monkeypatch):
    with pytest.raises(nc.ShapeError, match="train must be rows"):
        analysis.linear_probe(np.ones((3, 2)), np.ones(2), np.ones((1, 2)), np.ones(1))
    with pytest.raises(nc.ShapeError, match="same number of features, got 2 and 3"):
        analysis.knn_probe(np.ones((3, 2)), np.ones(3), np.ones((1, 3)), np.ones(1))

    def without(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr("importlib.import_module", without)
    with pytest.raises(nc.ArgumentError, match=r"pip install 'netcore-nn\[lab\]'"):
        analysis.linear_probe(np.ones((3, 2)), np.ones(3), np.ones((1, 2)), np.ones(1))


def test_zoning_is_the_mean_of_each_zone():
    images = RNG.random((3, 2, 9, 7))
    rows = analysis.zoning(images, cells=4).reshape(3, 2, 4, 4)
    down, right = [0, 2, 4, 6, 9], [0, 1, 3, 5, 7]
    for i in range(4):
        for j in range(4):
            expected = images[:, :, down[i] : down[i + 1], right[j] : right[j + 1]].mean(axis=(2, 3))
            np.testing.assert_allclose(rows[:, :, i, j], expected)


@pytest.mark.parametrize("angle", [0, 30, 60, 90, 120, 150])
def test_oriented_gradients_name_the_direction(angle):
    i, j = np.mgrid[:16, :16]
    ramp = np.cos(np.radians(angle)) * j + np.sin(np.radians(angle)) * i
    histogram = analysis.oriented_gradients(ramp[None, None], cells=1, bins=6)[0]
    assert histogram.argmax() == angle // 30
    assert histogram[angle // 30] == pytest.approx(1, abs=1e-9)


def test_oriented_gradients_against_a_loop_over_pixels():
    images = RNG.random((2, 1, 8, 8))
    bins, cells = 5, 2
    expected = np.zeros((2, bins, cells, cells))
    for n in range(2):
        down, right = np.gradient(images[n, 0])
        for i in range(8):
            for j in range(8):
                place = (np.arctan2(down[i, j], right[i, j]) % np.pi) / np.pi * bins
                length, low = np.hypot(down[i, j], right[i, j]), int(place)
                expected[n, low % bins, i // 4, j // 4] += length * (1 - (place - low)) / 16
                expected[n, (low + 1) % bins, i // 4, j // 4] += length * (place - low) / 16
    expected = expected.reshape(2, -1) / np.linalg.norm(expected.reshape(2, -1), axis=1, keepdims=True)
    np.testing.assert_allclose(analysis.oriented_gradients(images, cells, bins), expected, rtol=1e-9)
    with pytest.raises(nc.ShapeError, match="cannot be cut"):
        analysis.zoning(images, 9)


def gram_cka(a, b):
    """HSIC(K, L) / √(HSIC(K, K) HSIC(L, L)) with centred Gram matrices: Kornblith et al., equations 1 to 3."""
    centre = np.eye(len(a)) - 1 / len(a)
    k, m = centre @ a @ a.T @ centre, centre @ b @ b.T @ centre
    return np.trace(k @ m) / np.sqrt(np.trace(k @ k) * np.trace(m @ m))


@pytest.mark.parametrize(("f", "g"), [(3, 4), (3, 200), (150, 5)])
def test_cka_is_its_definition_on_gram_matrices(f, g):
    a, b = RNG.standard_normal((60, f)) + 3, RNG.standard_normal((60, g))
    assert analysis.cka(a, b) == pytest.approx(gram_cka(a, b), rel=1e-9)


def test_cka_does_not_see_rotation_scale_and_shift():
    a = RNG.standard_normal((80, 5))
    rotation = np.linalg.qr(RNG.standard_normal((5, 5)))[0]
    assert analysis.cka(a, 3 * a @ rotation + 7) == pytest.approx(1)
    assert analysis.cka(a, a @ np.diag([10, 1, 1, 1, 1])) < 0.9
    assert analysis.cka(a, np.ones((80, 2))) == 0


def test_cka_between_networks():
    nc.manual_seed(0)
    one, other = (nc.Sequential(nc.Linear(6, 8), nc.Tanh(), nc.Linear(8, 3)) for _ in range(2))
    x = RNG.standard_normal((50, 6)).astype(np.float32)
    table = analysis.cka_matrix(one, ["0", "1"], x, other, ["1", "2"])
    expected = gram_cka(analysis.features(one, x, "1").astype(float), analysis.features(other, x, "2").astype(float))
    assert table.shape == (2, 2)
    assert table[1, 1] == pytest.approx(expected, rel=1e-5)


def test_spectrum_is_that_of_the_correlation_matrix():
    rows = RNG.standard_normal((300, 6)) @ RNG.standard_normal((6, 6)) + 5
    values = np.linalg.eigvalsh(np.corrcoef(rows.T))[::-1]
    np.testing.assert_allclose(analysis.correlation_spectrum(rows), values, rtol=1e-9)
    assert analysis.effective_dimension(rows) == pytest.approx(36 / np.sum(values**2))
    with_dead = np.hstack([rows, np.full((300, 2), 7.0)])
    np.testing.assert_allclose(analysis.correlation_spectrum(with_dead), values, rtol=1e-9)
    assert analysis.effective_dimension(np.ones((5, 3))) == 0
    assert analysis.effective_dimension(RNG.standard_normal((100_000, 4))) == pytest.approx(4, rel=1e-3)


def test_selectivity():
    labels = np.repeat(np.arange(4), 50)
    one_class, none, half = (labels == 2) * 1.0, np.ones(200), np.where(labels == 0, 3.0, 1.0)
    np.testing.assert_allclose(analysis.class_selectivity(np.stack([one_class, none, half, 0 * none], axis=1), labels), [1, 0, 0.5, 0])
    accuracy = analysis.single_unit_accuracy(np.stack([one_class, labels * 1.0], axis=1), labels, np.stack([one_class, labels * 1.0], axis=1), labels)
    np.testing.assert_allclose(accuracy, [0.5, 1.0])


def test_transfer_trains_the_head_only():
    nc.manual_seed(0)
    net = nc.Sequential(nc.Linear(4, 6), nc.ReLU(), nc.Linear(6, 3))
    other = analysis.new_head(net, nc.Linear(6, 2))
    x = RNG.standard_normal((5, 4)).astype(np.float32)
    other.backward(np.ones_like(other.forward(x)), input_grad=False)
    assert net[0].weight.grad is None
    assert other["head"].weight.grad.shape == (2, 6)
    np.testing.assert_array_equal(analysis.features(other, x, "body"), analysis.features(net, x, "1"))
    for wrong in (0, 3):
        with pytest.raises(nc.ArgumentError, match="1 to 2 layers"):
            analysis.new_head(net, nc.Linear(6, 2), layers=wrong)


def test_part_of_a_state():
    nc.manual_seed(0)
    big = nc.Sequential(encoder=nc.Sequential(nc.Linear(4, 3), nc.Tanh()), decoder=nc.Linear(3, 4))
    small = nc.Sequential(body=nc.Sequential(nc.Linear(4, 3), nc.Tanh()), head=nc.Linear(3, 2))
    head = small["head"].weight.data.copy()
    assert analysis.load_part(small, big.state_dict(), "encoder.", "body.") == ["body.0.weight", "body.0.bias"]
    np.testing.assert_array_equal(small["body"][0].weight.data, big["encoder"][0].weight.data)
    np.testing.assert_array_equal(small["head"].weight.data, head)
    with pytest.raises(nc.CheckpointError, match="begins with 'missing'"):
        analysis.load_part(small, big.state_dict(), "missing")
    with pytest.raises(nc.CheckpointError, match=r"has no body\.weight"):
        analysis.load_part(small, big.state_dict(), "decoder.", "body.")
    with pytest.raises(nc.CheckpointError, match="shape"):
        analysis.load_part(small, big.state_dict(), "decoder.", "head.")
