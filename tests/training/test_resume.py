"""A training that is killed at any moment goes on to the same bits; a damaged or half-written checkpoint is never used."""

import contextlib
import json
import random
import resource
import subprocess
import time

import numpy as np
import pytest

import netcore as nc
from netcore.errors import CheckpointError
from netcore.training import Average, Callback, EarlyStopping, Run, fit
from tests.training.support import parts, start, weights

FILES = ("model.safetensors", "best.safetensors", "metrics.jsonl", "result.json")
TRAININGS = {
    "mlp": {"limit": 700, "epochs": 3, "ema": 0.9},
    "char-lstm": {"limit": 3000, "epochs": 2, "hidden": 16, "embedding": 8, "steps": 8},
}


@pytest.mark.parametrize("name", TRAININGS)
def test_killed_at_random_moments(name, tmp_path):
    options = TRAININGS[name]
    began = time.monotonic()
    whole = start(tmp_path / "whole", name, False, **options)
    _, errors = whole.communicate()
    assert whole.returncode == 0, errors
    duration = time.monotonic() - began
    dice, kills = random.Random(), 0
    for attempt in range(12):
        process = start(tmp_path / "killed", name, True, **options)
        try:
            _, errors = process.communicate(timeout=dice.uniform(0.4, 1.0) * duration if attempt < 6 else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            continue
        assert process.returncode == 0, errors
        break
    for file in FILES:
        assert (tmp_path / "killed" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes(), f"{file} differs after {kills} kills"
    assert not list((tmp_path / "killed").rglob("*.part"))


class Killed(Exception):
    pass


class Stop(Callback):
    def __init__(self, at):
        self.at = at

    def after_batch(self, job):
        if job.step == self.at:
            raise Killed


def train(folder, resume, stop=None, per="batch"):
    """A training in this process, which breaks off after step `stop`."""
    net, loss, optimizer, loader, val = parts()
    schedule = nc.CosineAnnealingLR(optimizer, 15) if per == "batch" else nc.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
    callbacks = [Average(0.8), EarlyStopping(patience=1), Stop(stop)]
    run = Run(folder, save_every=1)
    history = fit(net, loss, optimizer, loader, val, 3, schedule=schedule, callbacks=callbacks, run=run, resume=resume)
    return weights(net), history


def interrupted(folder, at, per="batch"):
    """A training that breaks off after step `at`; then another one that resumes."""
    with contextlib.suppress(Killed):
        train(folder, False, at, per)
    return train(folder, True, None, per)


@pytest.mark.parametrize("per", ["batch", "epoch"])
def test_every_step_is_a_good_place_to_stop(per, tmp_path):
    expected, history = interrupted(tmp_path / "whole", None, per)
    for at in (1, 2, 5, 6, 9, 10, 11, 15):
        got, rows = interrupted(tmp_path / str(at), at, per)
        assert np.array_equal(got, expected), f"broken off at step {at}"
        assert rows == history
        assert (tmp_path / str(at) / "metrics.jsonl").read_text() == (tmp_path / "whole" / "metrics.jsonl").read_text()


def test_a_torn_line_of_metrics_is_repaired(tmp_path):
    interrupted(tmp_path, 12)
    whole = (tmp_path / "metrics.jsonl").read_text()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "los')
    net, loss, optimizer, loader, val = parts()
    before = weights(net)
    with pytest.raises(CheckpointError, match="of another training"):  # it has callbacks, this one has none
        fit(net, loss, optimizer, loader, val, 3, run=Run(tmp_path), resume=True)
    assert np.array_equal(weights(net), before)
    train(tmp_path, True)
    assert (tmp_path / "metrics.jsonl").read_text() == whole
    assert [json.loads(line)["epoch"] for line in whole.splitlines()] == list(range(1, len(whole.splitlines()) + 1))


def test_leftovers_of_a_killed_write_are_cleared(tmp_path):
    interrupted(tmp_path, 7)
    leftover = tmp_path / "checkpoints" / ".step-00000099.safetensors.abc.part"
    leftover.write_bytes(b"half")
    train(tmp_path, True)
    assert not leftover.exists()
    assert len(list((tmp_path / "checkpoints").iterdir())) == 2


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "text"])
def test_a_damaged_checkpoint_is_an_error_that_names_it(damage, tmp_path):
    net, loss, optimizer, loader, _ = parts()
    fit(net, loss, optimizer, loader, run=Run(tmp_path, save_every=2))
    newest = Run(tmp_path).checkpoints()[-1]
    content = bytearray(newest.read_bytes())
    content[-100] ^= 0xFF
    newest.write_bytes({"truncate": content[:-7], "flip": content, "empty": b"", "text": b"no checkpoint"}[damage])
    before = weights(net)
    with pytest.raises(CheckpointError, match=newest.name):
        fit(net, loss, optimizer, loader, epochs=2, run=Run(tmp_path), resume=True)
    assert np.array_equal(weights(net), before)
    newest.unlink()  # as the message says: the one before serves
    fit(net, loss, optimizer, loader, epochs=2, run=Run(tmp_path), resume=True)


def test_a_folder_that_is_taken(tmp_path):
    net, loss, optimizer, loader, _ = parts()
    fit(net, loss, optimizer, loader, run=tmp_path)
    with pytest.raises(CheckpointError, match="holds checkpoints already"):
        fit(net, loss, optimizer, loader, run=tmp_path)
    with pytest.raises(CheckpointError, match="resume needs a run"):
        fit(net, loss, optimizer, loader, resume=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot make the run's folder"):
        fit(net, loss, optimizer, loader, run=tmp_path / "file" / "run")


def test_disk_full_keeps_the_old_checkpoint(tmp_path):
    """A limit on file sizes stands for a full disk: the write fails half-way."""
    net, loss, optimizer, loader, _ = parts()
    fit(net, loss, optimizer, loader, run=tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "checkpoints").iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8000, hard))
    try:
        with pytest.raises(CheckpointError, match=r"cannot write .*; what was there before is unchanged"):
            fit(net, loss, optimizer, loader, epochs=2, run=Run(tmp_path, save_every=1), resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path: path.read_bytes() for path in (tmp_path / "checkpoints").iterdir()} == before
    assert not list(tmp_path.rglob("*.part"))
    fit(net, loss, optimizer, loader, epochs=2, run=Run(tmp_path), resume=True)
