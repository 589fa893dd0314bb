"""Every recipe trains an epoch on embedded data, is opened again from its folder, and measures the same."""

import json
from itertools import pairwise

import numpy as np
import pytest

import netcore as nc
from netcore import recipes
from netcore.errors import ArgumentError, CheckpointError
from netcore.recipes.images import moments
from netcore.recipes.running import measure
from netcore.recipes.sampling import sample
from netcore.training import Run

SMALL = {
    "char-lstm": {"limit": 3000, "hidden": 16},
    "char-gru": {"limit": 3000, "hidden": 16},
    "char-rnn": {"limit": 3000, "hidden": 16},
    "adding": {"limit": 100, "lag": 10},
    "copy": {"limit": 100, "lag": 5},
    "resnet": {"limit": 64, "width": 4},
    "cnn": {"limit": 64, "width": 4},
}


@pytest.mark.parametrize("name", recipes.names())
def test_train_open_measure(name, tmp_path):
    recipe = recipes.get(name, epochs=1, **SMALL.get(name, {"limit": 100}))
    result = recipes.train(recipe, tmp_path)
    assert np.isfinite(list(result.test.values())).all()
    assert len(result.history) == 1
    opened, facts, net = recipes.open_run(tmp_path)
    assert opened == recipe
    assert not net.training
    for mine, theirs in zip(net.state_dict().items(), result.net.state_dict().items(), strict=True):
        assert mine[0] == theirs[0] and np.array_equal(mine[1], theirs[1])
    nc.manual_seed(opened.seed)
    data = opened.prepare()
    assert json.loads(json.dumps(data.facts)) == facts
    assert measure(net, opened.task(net), data.test) == result.test
    assert json.loads((tmp_path / "result.json").read_text())[data.test_name] == result.test
    again = recipes.train(recipe, tmp_path, resume=True)  # nothing is left to do
    assert again.test == result.test and again.history == result.history


def test_gradients_of_the_networks_with_code_of_their_own():
    nc.manual_seed(1)
    adding = recipes.get("adding", hidden=3, lag=4)
    nc.gradcheck(adding.network({}), np.random.default_rng(0).standard_normal((2, 4, 2)))


def test_recurrent_recipes_take_each_cell():
    for cell, kind in (("lstm", nc.LSTM), ("gru", nc.GRU), ("rnn", nc.RNN)):
        for name, options in (("series-lstm", {}), ("row-lstm", {}), ("adding", {"lag": 6}), ("copy", {"lag": 3})):
            result = recipes.train(recipes.get(name, cell=cell, epochs=1, limit=60, hidden=6, **options))
            assert [type(layer) for layer in result.net.layers() if isinstance(layer, (nc.LSTM, nc.GRU, nc.RNN))] == [kind]
            assert np.isfinite(list(result.test.values())).all()
    for name in ("series-lstm", "row-lstm", "adding", "copy"):
        with pytest.raises(ArgumentError, match="cell"):
            recipes.get(name, cell="lsmt")


@pytest.mark.parametrize(("layers", "sizes"), [(0, [64, 5]), (1, [64, 1000, 5]), (3, [64, 1000, 500, 250, 5])])
def test_an_autoencoder_is_plain_or_deep(layers, sizes):
    net = recipes.get("autoencoder", layers=layers, code=5).network({"shape": [1, 8, 8]})
    assert [p.shape for p in net["encoder"].parameters() if p.data.ndim == 2] == [(b, a) for a, b in pairwise(sizes)]
    assert net.output_shape((1, 8, 8)) == (1, 8, 8)
    with pytest.raises(ArgumentError, match="layers must be one of 0, 1, 2, 3, got 4"):
        recipes.get("autoencoder", layers=4)


def test_the_copy_task_judges_the_last_steps_alone():
    """Whatever is said before counts for nothing, in the loss, its gradient and the score; the right symbols score 1."""
    from netcore.recipes.copying import Copying, copy_task

    x, y = copy_task(40, 7, np.random.default_rng(0))
    assert x.shape == (40, 13, 5) and (x[:, 3:10] == 0).all() and (x[:, 10:, 4] == 1).all()
    assert np.array_equal(x[:, :3].argmax(axis=2), y[:, -3:])
    nc.manual_seed(0)
    recipe = recipes.get("copy", lag=7, hidden=6)
    task = Copying(recipe.network({}))
    guesses = np.random.default_rng(1).standard_normal((40, 13, 4))
    right = np.eye(4)[np.where(y < 0, 0, y)]
    assert task.score(right, y) == 40 and 0 < task.score(guesses, y) < 20
    loss = nc.CrossEntropyLoss()
    whole = loss.forward(guesses, y)
    dy = loss.backward()
    assert whole == pytest.approx(nc.CrossEntropyLoss().forward(guesses[:, -3:], y[:, -3:])) and (dy[:, :-3] == 0).all()
    nc.gradcheck(recipe.network({}), x[:2, :6].astype(np.float64))


def test_the_character_model_has_the_right_gradient():
    recipe = recipes.get("char-lstm", hidden=5, embedding=3, layers=2, dropout=0.0)
    nc.manual_seed(1)
    net = recipe.network({"symbols": "abcd"}).astype(np.float64)
    tokens, target = np.array([[0, 1, 3], [2, 2, 0]]), np.array([[1, 3, 2], [2, 0, 1]])
    loss = nc.CrossEntropyLoss()

    def value() -> float:
        return loss.forward(net.forward(tokens)[0], target)

    value()
    net.backward(loss.backward())
    rng = np.random.default_rng(0)
    for name, parameter in net.named_parameters():
        direction = rng.standard_normal(parameter.shape)
        analytic = float(np.sum(parameter.grad * direction))
        parameter.data += 1e-6 * direction
        above = value()
        parameter.data -= 2e-6 * direction
        below = value()
        parameter.data += 1e-6 * direction
        assert (above - below) / 2e-6 == pytest.approx(analytic, rel=1e-5, abs=1e-8), name


def test_the_elbo_is_in_nats_per_image():
    """By hand: the sum over pixels and dimensions, the mean over images; its gradient too."""
    recipe = recipes.get("vae", hidden=6, code=2, beta=0.7)
    nc.manual_seed(1)
    net = recipe.network({"shape": [1, 3, 3]}).astype(np.float64)
    x = np.random.default_rng(0).random((4, 1, 3, 3))
    task = recipe.task(net)

    def value() -> float:
        net["latent"].rng = np.random.default_rng(5)
        found = task.train((x, None))[0]
        return found

    total = value()
    gradients = {name: p.grad.copy() for name, p in net.named_parameters()}
    net["latent"].rng = np.random.default_rng(5)
    logits = net.forward(x)
    code = net["encoder"].forward(x)
    mean, log_var = code[:, :2], code[:, 2:]
    bce = np.sum(np.logaddexp(0, logits) - x * logits, axis=(1, 2, 3))
    kl = 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=1)
    assert total == pytest.approx(float(np.mean(bce + 0.7 * kl)))
    for name, parameter in net.named_parameters():
        flat = parameter.data.reshape(-1)
        flat[0] += 1e-6
        above = value()
        flat[0] -= 2e-6
        below = value()
        flat[0] += 1e-6
        assert (above - below) / 2e-6 == pytest.approx(gradients[name].reshape(-1)[0], rel=1e-4, abs=1e-6), name


def test_kl_by_dimension_sums_to_the_kl():
    result = recipes.train(recipes.get("vae", epochs=1, limit=100))
    task = recipes.get("vae").task(result.net)
    kl = task.kl_by_dimension(result.data.test)
    assert kl.shape == (20,) and kl.sum() == pytest.approx(result.test["kl"])
    assert np.count_nonzero(kl > 0.01) == pytest.approx(result.test["active_units"])


def test_pixels_are_standardised_by_the_training_set():
    x = np.random.default_rng(0).random((2500, 1, 3, 3), np.float32)
    assert moments(x) == pytest.approx((x.mean(dtype=np.float64), x.std(dtype=np.float64)), rel=1e-6)


def test_what_a_run_keeps(tmp_path):
    recipe = recipes.get("mlp", epochs=2, limit=100)
    recipes.train(recipe, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["recipe"] == "mlp" and config["options"]["seed"] == 1 and config["environment"]["netcore"]
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 2
    with pytest.raises(CheckpointError, match="holds a run already"):
        recipes.train(recipe, tmp_path)
    with pytest.raises(CheckpointError, match=r"begun with lr=0\.003, not 0\.1"):
        recipes.train(recipes.get("mlp", epochs=2, limit=100, lr=0.1), tmp_path, resume=True)
    with pytest.raises(CheckpointError, match="is a run of 'mlp', not of 'lenet'"):
        recipes.train(recipes.get("lenet"), tmp_path, resume=True)


def test_same_seed_same_bits():
    runs = [recipes.train(recipes.get("lenet", epochs=1, limit=60, seed=seed)).net.state_dict() for seed in (3, 3, 4)]
    assert all(np.array_equal(runs[0][name], runs[1][name]) for name in runs[0])
    assert not np.array_equal(runs[0]["0.weight"], runs[2]["0.weight"])


def test_sampling_is_stateful_and_repeatable(tmp_path):
    recipes.train(recipes.get("char-gru", epochs=1, limit=2000, hidden=8), tmp_path)
    _, facts, net = recipes.open_run(tmp_path)
    vocabulary = nc.data.Vocabulary(facts["symbols"])
    first, second = ("".join(sample(net, vocabulary, 30, "She ", 0.9, rng)) for rng in (7, 7))
    assert first == second and len(first) == 30
    greedy = "".join(sample(net, vocabulary, 5, "She ", 0))
    tokens = vocabulary.encode("She " + greedy)
    logits, _ = net.forward(tokens[None, :])  # at once what was written one by one
    assert vocabulary.decode(logits[0, 3:-1].argmax(axis=1)) == greedy


def test_unknown_names_and_wrong_data():
    with pytest.raises(ArgumentError, match="did you mean 'lenet'"):
        recipes.get("le-net")
    with pytest.raises(ArgumentError, match="has no option 'widht'"):
        recipes.get("cnn", widht=3)
    wrong = (("mlp", "sunspots", "no labelled images"), ("char-lstm", "digits", "no text"), ("series-lstm", "digits", "no time series"))
    for name, data, message in wrong:
        with pytest.raises(ArgumentError, match=message):
            recipes.get(name, data=data).prepare()
    with pytest.raises(ArgumentError, match="batch_size"):
        recipes.get("mlp", batch_size=0)
    with pytest.raises(CheckpointError, match="there is no folder"):
        recipes.open_run("no/such/run")


def test_a_run_that_has_not_ended_gives_its_newest_checkpoint(tmp_path):
    recipes.train(recipes.get("mlp", epochs=1, limit=100), Run(tmp_path))
    (tmp_path / "model.safetensors").unlink()
    recipes.open_run(tmp_path)
    for path in (tmp_path / "checkpoints").iterdir():
        path.unlink()
    with pytest.raises(CheckpointError, match="holds no weights yet"):
        recipes.open_run(tmp_path)
