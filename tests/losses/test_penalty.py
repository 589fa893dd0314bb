"""Penalties: values from their definitions, gradients by differences, and what they do to a network."""

import numpy as np
import pytest

import netcore as nc
from netcore.layers import penalties
from netcore.training import pretrain
from netcore.training.pretrain import blocks

RNG = np.random.default_rng(0)
TERMS = {"sparsity": (lambda: nc.Sparsity(0.1), RNG.uniform(0.05, 0.95, (7, 4))),
         "decorrelation": (nc.Decorrelation, RNG.standard_normal((7, 4))),
         "activity": (nc.Activity, RNG.standard_normal((7, 4)))}  # fmt: skip


@pytest.mark.parametrize("name", TERMS)
def test_gradients_agree_with_differences(name):
    make, h = TERMS[name]
    assert nc.gradcheck(make(), h).checked == h.size
    term = make()
    term.forward(h.astype(np.float32))
    assert term.backward().dtype == np.float32
    with pytest.raises(nc.PhaseError, match="call forward"):
        term.backward()
    assert term.forward(np.zeros((0, 4))) == 0


def test_values_are_their_definitions():
    h = TERMS["sparsity"][1]
    mean = h.mean(axis=0)
    kl = sum(0.1 * np.log(0.1 / m) + 0.9 * np.log(0.9 / (1 - m)) for m in mean)
    assert nc.Sparsity(0.1).forward(h) == pytest.approx(kl)
    covariance = np.cov(h.T, bias=True)
    assert nc.Decorrelation().forward(h) == pytest.approx(0.5 * (np.sum(covariance**2) - np.sum(np.diag(covariance) ** 2)))
    with pytest.raises(nc.ArgumentError, match="Sigmoid before it"):
        nc.Sparsity().forward(h * 2)
    for wrong in (0, 1, 1.5):
        with pytest.raises(nc.ArgumentError, match="rho"):
            nc.Sparsity(wrong)


def check_total(layer, x, inner=None):
    """Gradients of Σ y · g + value, as backward has them, against differences in random directions, for input and parameters."""
    g = RNG.standard_normal(layer.forward(x).shape)
    layer.reset()

    def total():
        y = layer.forward(x)
        layer.reset()
        return float(np.sum(y * g)) + penalties(layer)

    layer.forward(x)
    dx = layer.backward(g)
    for array, gradient in [(x, dx), *((p.data, p.grad) for p in layer.parameters())]:
        v = RNG.standard_normal(array.shape)
        array += 1e-6 * v
        above = total()
        array -= 2e-6 * v
        below = total()
        array += 1e-6 * v
        assert np.sum(gradient * v) == pytest.approx((above - below) / 2e-6, rel=1e-6, abs=1e-8)


def test_penalised_adds_its_share_of_the_gradient():
    for make, h in TERMS.values():
        check_total(nc.Penalised(make(), weight=0.7), h.copy())


def test_contractive_penalty_is_the_norm_of_the_jacobian():
    layer = nc.Contractive(5, 4, weight=0.3, rng=0).astype(np.float64)
    x = RNG.standard_normal((6, 5))
    layer.forward(x)
    squares = 0.0
    for i in range(5):
        step = np.zeros(5)
        step[i] = 1e-6
        squares += np.sum(((nc.functional.sigmoid_forward((x + step) @ layer.weight.data.T + layer.bias.data)[0]
                            - nc.functional.sigmoid_forward((x - step) @ layer.weight.data.T + layer.bias.data)[0]) / 2e-6) ** 2)  # fmt: skip
    assert layer.value == pytest.approx(0.3 * squares / 6, rel=1e-6)
    check_total(layer, x)


def test_a_network_of_penalties():
    net = nc.Sequential(nc.Contractive(5, 4, weight=0.3, rng=0), nc.Penalised(nc.Sparsity(0.2), 0.5), nc.Linear(4, 3, rng=1)).astype(np.float64)
    check_total(net, RNG.standard_normal((6, 5)))


def test_the_kl_of_a_variational_code_joins_the_gradient():
    """β KL by differences with the noise held: the penalty that `Gaussian` adds."""
    layer = nc.Gaussian(3, beta=0.7)
    x, g = RNG.standard_normal((5, 6)), RNG.standard_normal((5, 3))

    def total(inputs):
        layer.rng = np.random.default_rng(4)
        layer.reset()
        return float(np.sum(layer.forward(inputs) * g)) + 0.7 * float(layer.kl.sum())

    total(x)
    dx, v = layer.backward(g), RNG.standard_normal(x.shape)
    assert np.sum(dx * v) == pytest.approx((total(x + 1e-6 * v) - total(x - 1e-6 * v)) / 2e-6, rel=1e-6)


def test_tied_weights_are_one_parameter():
    nc.manual_seed(0)
    encoder = nc.Sequential(nc.Flatten(), nc.Linear(6, 4), nc.Tanh(), nc.Linear(4, 2))
    net = nc.Sequential(encoder=encoder, decoder=nc.mirror(encoder, (2, 3), tied=True))
    assert len(net.parameters()) == 6
    assert nc.gradcheck(net, RNG.standard_normal((5, 2, 3))).checked > 50
    loose = nc.Sequential(encoder=encoder, decoder=nc.mirror(encoder, (2, 3)))
    state = {name: value.T if name in ("decoder.0.weight", "decoder.2.weight") else value for name, value in net.state_dict().items()}
    loose.load_state_dict(state)
    x = RNG.standard_normal((5, 2, 3)).astype(np.float32)
    y = net.forward(x)
    np.testing.assert_allclose(y, loose.forward(x), rtol=1e-5, atol=1e-6)
    with pytest.raises(nc.ArgumentError, match="takes the weights of a Linear, got Tanh"):
        nc.TiedLinear(nc.Tanh())
    with pytest.raises(nc.ShapeError, match="the source's outputs"):
        nc.TiedLinear(nc.Linear(4, 2)).forward(np.ones((1, 4), np.float32))


def test_penalties_do_what_they_are_for():
    """Trained with each, the code is sparser, less correlated, or steadier than without."""
    x = np.repeat(RNG.random((20, 6)), 4, axis=0).astype(np.float32)

    def train(*code):
        nc.manual_seed(1)
        net = nc.Sequential(*(layer() for layer in code), nc.Linear(8, 6))
        optimizer, loss = nc.Adam(net.parameters(), lr=0.02), nc.MSELoss()
        for _ in range(150):
            optimizer.zero_grad()
            loss.forward(net.forward(x), x)
            net.backward(loss.backward(), input_grad=False)
            optimizer.step()
        net.eval()
        return net[0].forward(x) if isinstance(net[0], nc.Contractive) else net[:2].forward(x), net

    plain, _ = train(lambda: nc.Linear(6, 8), nc.Sigmoid)
    sparse, _ = train(lambda: nc.Linear(6, 8), nc.Sigmoid, lambda: nc.Penalised(nc.Sparsity(0.05), 0.1))
    assert sparse.mean() < 0.5 * plain.mean()
    spread, _ = train(lambda: nc.Linear(6, 8), nc.Sigmoid, lambda: nc.Penalised(nc.Decorrelation(), 10.0))
    assert nc.Decorrelation().forward(spread) < 0.3 * nc.Decorrelation().forward(plain)
    _, free = train(lambda: nc.Contractive(6, 8, weight=0.0))
    _, steady = train(lambda: nc.Contractive(6, 8, weight=0.1))
    change = [np.linalg.norm(net[0].forward(x + np.float32(0.01)) - net[0].forward(x)) for net in (free, steady)]
    assert change[1] < 0.5 * change[0]


def test_pretraining_goes_up_block_by_block():
    nc.manual_seed(0)
    encoder = nc.Sequential(nc.Flatten(), nc.Linear(12, 8), nc.Tanh(), nc.Linear(8, 3))
    before = encoder.state_dict()
    x = (RNG.random((200, 2)) @ RNG.random((2, 12))).reshape(200, 3, 4).astype(np.float32)
    losses = pretrain(encoder, x, epochs=30, lr=1e-2, batch_size=20, rng=0)
    assert blocks(encoder) == [(0, 3), (3, 4)]
    assert len(losses) == 2
    assert losses[0] < 0.02 * x.var()
    assert all(not np.array_equal(before[name], value) for name, value in encoder.state_dict().items())
    assert encoder[1].weight.name == "1.weight"
    with pytest.raises(nc.ArgumentError, match="no layer with weights"):
        pretrain(nc.Sequential(nc.Tanh()), x)
