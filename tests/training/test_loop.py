"""fit is the loop that a student would write by hand, and nothing else; callbacks, schedules, averages, evaluation."""

import numpy as np
import pytest

import netcore as nc
from netcore.errors import ArgumentError, TrainingError
from netcore.training import Average, EarlyStopping, KeepBest, LanguageModel, Regression, StopAt, evaluate, fit
from tests.training.support import parts, task, weights


def test_fit_is_the_loop_written_by_hand():
    net, loss, optimizer, train, _ = parts()
    history = fit(net, loss, optimizer, train, epochs=2)
    other, loss, optimizer, train, _ = parts()
    for _ in range(2):
        for x, y in train:
            optimizer.zero_grad()
            loss.forward(other.forward(x), y)
            other.backward(loss.backward())
            optimizer.step()
    assert np.array_equal(weights(net), weights(other))
    assert history[1]["loss"] < history[0]["loss"]
    assert [row["step"] for row in history] == [5, 10]


def test_evaluation_does_not_change_the_training():
    first, loss, optimizer, train, val = parts()
    fit(first, loss, optimizer, train, val, epochs=2)
    second, loss, optimizer, train, _ = parts()
    fit(second, loss, optimizer, train, epochs=2)
    assert np.array_equal(weights(first), weights(second))


def test_evaluate_is_the_mean_over_all_samples_in_eval_mode():
    net, loss, _, train, _ = parts()
    x, y = train.x, train.y
    net.train()
    found = evaluate(net, task(net), nc.data.DataLoader(x, y, batch_size=33))  # the last batch is smaller
    assert net.training and net.pending == 0
    logits = net.eval()(x)
    assert found["val_loss"] == pytest.approx(loss.forward(logits, y), rel=1e-6)
    assert found["val_accuracy"] == pytest.approx(float(np.mean(logits.argmax(1) == y)))


@pytest.mark.parametrize("per", ["batch", "epoch"])
def test_a_schedule_is_stepped_after_every(per):
    net, loss, optimizer, train, _ = parts()
    schedule = nc.ExponentialLR(optimizer, 0.5)
    history = fit(net, loss, optimizer, train, epochs=2, schedule=schedule, schedule_per=per)
    assert schedule.t == (10 if per == "batch" else 2)
    assert history[-1]["lr"] == pytest.approx(5e-3 * 0.5 ** (10 if per == "batch" else 1))


def test_plateau_gets_the_validation_loss():
    net, loss, optimizer, train, val = parts()
    schedule = nc.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    history = fit(net, loss, optimizer, train, val, epochs=3, schedule=schedule)
    assert schedule.best == min(row["val_loss"] for row in history)


def test_clipping_bounds_the_step():
    net, loss, _, train, _ = parts()
    before = weights(net)
    fit(net, loss, nc.SGD(net.parameters(), lr=1.0), train, epochs=1, clip=1e-3)
    assert np.linalg.norm(weights(net) - before) <= 5 * 1.01e-3  # five steps, each of norm lr * clip at most


def test_early_stopping_puts_the_best_weights_back():
    net, loss, optimizer, train, val = parts()
    seen = []

    class Watch(KeepBest):
        def after_epoch(self, job, metrics):
            seen.append((metrics["val_loss"], weights(job.net)))
            optimizer.lr = 0.5 if job.epoch >= 2 else optimizer.lr  # spoil it

        def finish(self, job):
            pass

    history = fit(net, loss, optimizer, train, val, epochs=30, callbacks=[Watch(), EarlyStopping(patience=2)])
    best = min(range(len(seen)), key=lambda i: seen[i][0])
    assert len(history) == best + 1 + 3
    assert np.array_equal(weights(net), seen[best][1])


def test_stop_at():
    net, loss, optimizer, train, val = parts()
    history = fit(net, loss, optimizer, train, val, epochs=50, callbacks=[StopAt("val_accuracy", 0.5, "max")])
    assert history[-1]["val_accuracy"] >= 0.5 > history[0]["val_accuracy"]
    with pytest.raises(ArgumentError, match="no metric is called 'val_acuracy'"):
        fit(net, loss, optimizer, train, val, callbacks=[StopAt("val_acuracy", 0.5, "max")])


def test_average_is_the_formula():
    net, loss, optimizer, train, _ = parts()
    trail = []

    class Trail(Average):
        def after_batch(self, job):
            super().after_batch(job)
            trail.append(weights(job.net).astype(np.float64))

    callback = Trail(0.5)
    fit(net, loss, optimizer, train, epochs=1, callbacks=[callback])
    expected = trail[0]
    for t, w in enumerate(trail):
        d = min(0.5, (1 + t) / (10 + t))
        expected = d * expected + (1 - d) * w
    assert np.allclose(weights(net), expected, atol=1e-6)


def test_average_leaves_the_training_alone():
    first, loss, optimizer, train, val = parts()
    last = []

    class Raw(Average):
        def finish(self, job):
            if job.step == 10:
                last.append(weights(job.net))

    fit(first, loss, optimizer, train, val, epochs=2, callbacks=[Raw(0.0)])
    second, loss, optimizer, train, val = parts()
    fit(second, loss, optimizer, train, val, epochs=2)
    assert np.array_equal(last[-1], weights(second))


def test_a_loss_that_is_not_finite_names_the_layer(tmp_path):
    net, loss, optimizer, train, _ = parts()
    net[4].weight.data[0, 0] = np.inf
    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) at epoch 1, step 1; .*'4\.weight'"), np.errstate(all="ignore"):
        fit(net, loss, optimizer, train, run=tmp_path / "run")
    assert "4.weight" in (tmp_path / "run" / "notes.txt").read_text()


def test_a_target_that_is_not_finite():
    net = nc.Sequential(nc.Linear(3, 1))
    loader = nc.data.DataLoader(np.ones((4, 3), np.float32), np.full((4, 1), np.nan, np.float32))
    with pytest.raises(TrainingError, match="it is the loss or the target"):
        fit(net, nc.MSELoss(), nc.SGD(net.parameters(), 0.1), loader, task=Regression(net, nc.MSELoss()))


@pytest.mark.parametrize("epochs", [0, -1, 1.5, "3"])
def test_epochs_must_be_a_number_of_epochs(epochs):
    net, loss, optimizer, train, _ = parts()
    with pytest.raises(ArgumentError, match="epochs"):
        fit(net, loss, optimizer, train, epochs=epochs)


def test_truncated_backpropagation_carries_values_and_cuts_gradients():
    """Chunk by chunk with the state handed on gives the same outputs as the whole; memory does not grow."""
    from netcore.recipes.language import CharacterModel

    nc.manual_seed(3)
    net = CharacterModel(nc.LSTM(4, 8, return_state=True), 5, 4, 0.0)
    tokens = np.random.default_rng(0).integers(0, 5, 61)
    model = LanguageModel(net, nc.CrossEntropyLoss())
    whole = evaluate(net, model, nc.data.TextLoader(tokens, batch_size=2, steps=30))
    parts = evaluate(net, model, nc.data.TextLoader(tokens, batch_size=2, steps=7))
    assert parts["val_loss"] == pytest.approx(whole["val_loss"], rel=1e-6)
    assert whole["val_bits_per_character"] == pytest.approx(whole["val_loss"] / np.log(2))
    net.train()
    for chunk in nc.data.TextLoader(tokens, batch_size=2, steps=7):
        model.train(chunk)
        assert all(layer.pending == 0 for layer in net.layers())
    assert model.state[0].shape == (1, 2, 8)


def test_progress_is_quiet_off_a_terminal(capfd):
    net, loss, optimizer, train, val = parts()
    fit(net, loss, optimizer, train, val)
    assert capfd.readouterr() == ("", "")
    fit(net, loss, optimizer, train, val, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "epoch 1/1  loss" in err and "accuracy" in err and "/s" in err


def test_kl_in_nats_beside_a_mean_over_pixels_is_told():
    """Two terms on two scales: the code would collapse without a word."""
    net = nc.Sequential(nc.Linear(4, 4), nc.Gaussian(2), nc.Linear(2, 4))
    with pytest.warns(UserWarning, match="MSELoss is a mean over pixels.*take nc.training.Variational"):
        nc.training.Reconstruction(net, nc.MSELoss())
    nc.training.Variational(net)
    nc.training.Reconstruction(net, nc.BCEWithLogitsLoss(reduction="sum"))
    nc.training.Reconstruction(nc.Sequential(nc.Linear(4, 4), nc.Gaussian(2, beta=0), nc.Linear(2, 4)), nc.MSELoss())
