"""Looking on while it trains changes nothing of the training, and ends with it."""

import os
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import netcore as nc
from netcore import recipes
from netcore.cli import live as cli_live
from netcore.cli.live import LivePage
from netcore.explore import Live, live
from tests.explore.conftest import Client
from tests.explore.test_api import query

OPTIONS = {"data": "digits", "epochs": 3, "limit": 400, "filters": 4, "hidden": 16}


def trained(folder, watch=(), **settings):
    net = recipes.train(recipes.get("lenet", **OPTIONS), folder, watch=watch, **settings).net
    return net.state_dict()


def test_the_same_bits_with_and_without_a_page_that_asks_for_everything(tmp_path, monkeypatch):
    plain = trained(tmp_path / "plain")
    monkeypatch.setattr(live, "EVERY", 0.0)
    asked, told, done = [], [], threading.Event()

    def watch(page):
        client, image = Client(page.server), np.zeros((1, 8, 8), "<f4").tobytes()
        while not done.is_set():
            told.append(client.get("/api/training"))
            client.get("/api/step")
            asked.append(client.post("/api/image", image)["probabilities"])
            client.post("/api/unit" + query(layer=0, unit=1), image)
            if told[-1]["state"] == "finished":
                return

    threads = []

    def announce(data, net):
        page.begin(tmp_path / "live", recipes.get("lenet", **OPTIONS), data, net, None)
        threads.append(threading.Thread(target=watch, args=(page,)))
        threads[0].start()

    try:
        with LivePage(True, browser=False) as page:
            watched = trained(tmp_path / "live", page.watch, announce=announce)
    finally:
        done.set()
        threads[0].join(20)
    assert all(np.array_equal(plain[name], watched[name]) for name in plain)
    assert {"finished"} <= {one["state"] for one in told} and not page.server.thread.is_alive()
    assert len(told[-1]["history"]) == 3 and np.array_equal(told[-1]["filters"], watched["0.weight"])
    losses = told[-1]["losses"]
    assert len(losses) == told[-1]["step"] == losses[-1, 0]
    rows = [row["loss"] for row in told[-1]["history"]]
    assert losses[: len(losses) // 3, 1].mean() == pytest.approx(rows[0], rel=0.05)


def test_a_run_begun_with_it_goes_on_without_it_and_the_other_way_round(tmp_path):
    whole = trained(tmp_path / "whole")

    class Stop(nc.training.Callback):
        kept = False

        def after_batch(self, job):
            if job.step == 9:
                job.save()
                raise KeyboardInterrupt

    for name, first, second in (("a", [Live()], []), ("b", [], [Live()])):
        with pytest.raises(KeyboardInterrupt):
            trained(tmp_path / name, [*first, Stop()])
        resumed = trained(tmp_path / name, second, resume=True)
        assert all(np.array_equal(whole[key], resumed[key]) for key in whole)
        assert not second or (second[0].step > 9 and len(second[0].history) == 3 and np.isfinite(second[0].losses).all())


def test_a_long_training_keeps_a_short_list():
    watcher = Live()

    class Job:
        loss_sum, samples, step = 0.0, 0, 0

    for step in range(1, 10_001):
        Job.loss_sum, Job.samples, Job.step = Job.loss_sum + 2.0, Job.samples + 1, step
        watcher.after_batch(Job)
    assert len(watcher.losses) <= live.LONGEST + 1 and watcher.losses[-1][0] > 9_900
    assert {value for _, value in watcher.losses} == {2.0}


def start(folder, *options):
    environment = os.environ | {"PYTHONPATH": str(Path(nc.__file__).parents[1]), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from netcore.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "train", "mlp", "--run", str(folder), "--live", "--no-browser", "--threads", "1", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    for line in process.stdout:
        if "http://127.0.0.1:" in line:
            process.port = int(line.split("http://127.0.0.1:")[1].split("/")[0])
            return process
    raise AssertionError(process.communicate())


def test_nobody_looks_and_it_ends_at_once(tmp_path):
    process = start(tmp_path / "run", "--epochs", "1", "--limit", "100")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and "accuracy" in out and "Traceback" not in err


def test_a_page_follows_the_training_until_ctrl_c(page, tmp_path):
    process = start(tmp_path / "run", "--epochs", "100000", "--quiet")
    try:
        server = type("Server", (), {"url": f"http://127.0.0.1:{process.port}/"})
        page.open(Client(server), "")
        page.wait(lambda: "Training: epoch" in page.text(".answer"))
        before = page.text("main .chars"), page.script(PIXELS)
        page.wait(lambda: "batch by batch" in page.text() and "on held-out data" in page.text())
        page.wait(lambda: page.text("main .chars") != before[0] and page.script(PIXELS) != before[1])
        process.send_signal(2)
        page.wait(lambda: "Training was interrupted." in page.text(".answer"))
        _, err = process.communicate(timeout=30)
        assert process.returncode == 2 and "--resume" in err and "Traceback" not in err
        assert "--resume" in page.text("main .chars")
        time.sleep(1.2)  # it has stopped asking
        page.check()
    finally:
        process.kill()
        process.communicate()


PIXELS = "return document.querySelector('main [aria-label^=Filter]').toDataURL()"


def test_the_other_views_show_the_weights_as_they_change(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "EVERY", 0.0)
    monkeypatch.setattr(cli_live, "LINGERS", 0.0)
    found, image = [], np.full((1, 8, 8), 0.5, "<f4").tobytes()

    class Ask(nc.training.Callback):
        kept = False

        def after_batch(self, job):
            if job.step % 6 == 0:
                found.append(Client(page.server).post("/api/image", image)["probabilities"])

    with LivePage(True, browser=False) as page:
        recipe = recipes.get("lenet", **OPTIONS)
        recipes.train(recipe, watch=[*page.watch, Ask()], announce=lambda data, net: page.begin(tmp_path, recipe, data, net, None))
        assert len(found) > 2 and all(not np.array_equal(a, b) for a, b in pairwise(found[1:]))
