"""What does not fit is told: where, what was expected, what came; never a number that means nothing."""

import numpy as np
import pytest

import netcore as nc
from netcore import analysis

RNG = np.random.default_rng(0)
X, Y = RNG.random((10, 1, 8, 8)).astype(np.float32), np.arange(10) % 3
ROWS = X.reshape(10, -1)
NET = nc.Sequential(conv=nc.Conv2d(1, 4, 3), act=nc.ReLU(), flat=nc.Flatten(), hidden=nc.Linear(144, 8), head=nc.Linear(8, 3))
FLAT = nc.Sequential(nc.Linear(4, 2))
VAE = nc.Sequential(nc.Linear(4, 4), nc.Gaussian(2), nc.Linear(2, 4))
ONE, NAN = np.ones((3, 4), np.float32), np.full((3, 4), np.nan)

ARGUMENT = {
    "a network is due": lambda: analysis.features("net", X, "hidden"),
    "names is a list": lambda: analysis.activations(NET, X, "hidden"),
    "labels of two classes or more, got 0": lambda: analysis.linear_probe(ROWS, 0 * Y, ROWS, Y),
    r"train holds nan at index \(0, 0\)": lambda: analysis.linear_probe(NAN, np.arange(3), ONE, np.arange(3)),
    r"call fit\(rows\) first": lambda: analysis.PCA(2).encode(ROWS),
    "rows holds nan": lambda: analysis.PCA(2).fit(NAN),
    "features holds nan": lambda: analysis.effective_dimension(NAN),
    "b holds nan": lambda: analysis.cka(ONE, NAN),
    "low must be below high": lambda: analysis.maximise(NET, "head", [0], (1, 8, 8), low=1.0, high=0.0),
    "size must be odd": lambda: analysis.occlusion(NET, X, Y, size=4),
    "order holds 9 at index 1": lambda: analysis.ablation_curve(NET, X, Y, "hidden", [1, 9]),
    "pixels in 0..1, got 7 to 7": lambda: analysis.elbo_ledger(VAE, 7 * ONE),
    "got no images": lambda: analysis.elbo_ledger(VAE, ONE[:0]),
    r"call watch\('hidden'\) first": lambda: analysis.Still(NET).input_gradient(X, {"hidden": np.ones((10, 8), np.float32)}),
}
SHAPE = {
    r"rows must be \(N, 64\)": lambda: analysis.PCA(2).fit(ROWS).encode(ROWS[:, :5]),
    "N > 0": lambda: analysis.PCA(2).fit(ROWS[:0]),
    r"test must be rows \(N, 64\)": lambda: analysis.single_unit_accuracy(ROWS, Y, ROWS[:, :3], Y),
    r"images must have shape \(N, C, H, W\), got \(3, 4\)": lambda: analysis.saliency(FLAT, ONE, np.zeros(3, int)),
    "targets must have shape": lambda: analysis.occlusion(NET, X, Y[:2]),
    "10 inputs and 3 labels": lambda: analysis.ablation_curve(NET, X, Y[:3], "hidden"),
    "0 inputs": lambda: analysis.importance(NET, X[:0], Y[:0], "hidden"),
    "y must have shape": lambda: analysis.ablation_curve(NET, X, np.stack([Y, Y], axis=1), "hidden"),
    r"of \(3, 4\) this network makes \(3, 2\)": lambda: analysis.manifold_distance(FLAT, ONE),
    "separation compares": lambda: analysis.separation(np.zeros(0), np.ones(2)),
    "gradient for layer 'hidden' must have shape": lambda: analysis.Still(NET).watch("hidden").input_gradient(
        X, {"hidden": np.ones((10, 3), np.float32)}),
}  # fmt: skip


@pytest.mark.parametrize("message", ARGUMENT)
def test_arguments(message):
    pytest.importorskip("sklearn")  # the probes
    with pytest.raises(nc.ArgumentError, match=message):
        ARGUMENT[message]()


@pytest.mark.parametrize("message", SHAPE)
def test_shapes(message):
    with pytest.raises(nc.ShapeError, match=message):
        SHAPE[message]()


def test_no_input_is_no_error_where_it_means_something():
    assert analysis.features(NET, X[:0], "hidden").shape == (0, 8)
    assert analysis.reconstruct(NET, X[:0]).shape == (0, 3)
