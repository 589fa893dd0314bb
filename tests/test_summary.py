"""summary(): sizes and parameters against the network itself, predicted cache bytes against the measured ones."""

import numpy as np
import pytest

import netcore as nc
from netcore.narration import _arrays
from netcore.summary import summary
from tests.layers.zoo import ZOO

NOT_COUNTED = {"Gaussian", "Sequential"}  # of several arrays, or of several layers


@pytest.mark.parametrize("name", [name for name in ZOO if name not in NOT_COUNTED])
def test_predicted_cache_is_the_measured_one(name):
    """Without parameters, which are cached by reference, and statistics of a few numbers."""
    make, inputs = ZOO[name]
    layer = make() if name != "GRU" else nc.GRU(4, 5, rng=0)
    inputs = [np.concatenate([x] * 8).astype(np.float32) if x.dtype.kind == "f" else np.concatenate([x] * 8) for x in inputs]
    layer.forward(*inputs)
    own = {id(p.data) for p in layer.parameters()}
    measured = sum(a.nbytes for _, a in _arrays(list(layer._caches)) if (id(a) not in own and a.base is not None) or id(a) not in own)
    predicted = summary(layer, *(x.shape[1:] for x in inputs)).cache_bytes * len(inputs[0])
    assert predicted == pytest.approx(measured, rel=0.12, abs=1500)


def test_lenet():
    net = nc.Sequential(nc.Conv2d(1, 32, 5), nc.ReLU(), nc.MaxPool2d(2), nc.Flatten(), nc.Linear(4608, 10))
    found = net.summary((1, 28, 28))
    assert found.parameters == sum(p.size for p in net.parameters()) == 46922
    assert found.multiply_adds == 25 * 32 * 24 * 24 + 4608 * 10
    assert [line.output for line in found.lines] == [(32, 24, 24), (32, 24, 24), (32, 12, 12), (4608,), (10,)]
    assert "46,922" in str(found)
    assert max(map(len, str(found).splitlines())) < 130
    assert found._repr_html_().count("<tr>") == 7


def test_graph_and_errors():
    x = nc.Input((4,))
    h = nc.Linear(4, 3)(x)
    assert nc.Graph(x, nc.Add()(h, nc.ReLU()(h))).summary((4,)).multiply_adds == 12
    with pytest.raises(nc.ShapeError, match="Linear '1'"):
        nc.Sequential(nc.Linear(4, 3), nc.Linear(4, 3)).summary((4,))


def test_shapes_that_do_not_fit_the_network():
    net = nc.Sequential(nc.Linear(4, 3))
    for shapes in ((), (4,), ((4,), (4,))):
        with pytest.raises(nc.ArgumentError, match="summary takes 1 shape"):
            net.summary(*shapes)
