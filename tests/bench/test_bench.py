"""The benchmark measures the same thing in every engine, reports it whole, notices regressions, and leaves no process behind."""

import copy
import importlib
import io
import itertools
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from bench import compare, goals, kernels, overhead, ranks, readme, report, sections, work, zoo
from bench.__main__ import main
from bench.peers import LIBRARY, NAMES
from bench.turns import ROOT, Engine, in_turns, summary
from netcore.backend import FAMILIES
from netcore.distributed import Network
from tests.support import assert_close

SMALL = {
    "dense": zoo.Row("dense", zoo.mlp(9, 7, 10), 4, (9,)),
    "images": zoo.Row("images", (*zoo.BY_NAME["lenet"].layers[:3], ("flatten",), ("linear", 4608, 10)), 2, (1, 28, 28)),
    "decoder": zoo.Row("decoder", (("conv", 1, 4, 3, 2, 1), ("relu",), ("deconv", 4, 1, 4, 2, 1), ("sigmoid",)), 3, (1, 12, 12), "input"),
    "text": zoo.Row("text", (("embedding", 11, 5), ("lstm", 5, 6), ("lstm", 6, 6), ("linear", 6, 11)), 3, (7,), "symbols", 11),
    "sequence": zoo.Row("sequence", (("lstm", 4, 6), ("last",), ("linear", 6, 10)), 3, (7, 4)),
    "residual": zoo.Row(
        "residual",
        (("conv", 3, 4, 3, 1, 1), ("norm", 4), ("relu",), ("block", 4, 4, 1), ("block", 4, 6, 2), ("mean",), ("linear", 6, 10)),
        4, (3, 8, 8),
    ),
}  # fmt: skip


@pytest.mark.parametrize("peer", ["torch", "jax"])
@pytest.mark.parametrize("name", SMALL)
def test_every_engine_computes_the_same(name, peer):
    """Three training steps from the same weights on the same batch: the same losses, the same parameters after Adam."""
    pytest.importorskip(peer, reason=f"{peer} is not installed")
    ours, theirs = (importlib.import_module(f"bench.peers.{one}").Peer(SMALL[name]) for one in ("netcore", peer))
    for _ in range(3):
        assert ours.step() == pytest.approx(theirs.step(), rel=2e-5)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        if name != "residual" or mine.ndim > 1:  # a bias in front of a norm has no gradient, and Adam makes steps of its rounding errors
            assert_close(mine, other, 2e-3)


@pytest.mark.parametrize("row", zoo.ROWS, ids=lambda row: row.name)
def test_rows_have_the_layers_and_sizes_that_they_say(row):
    shapes = [value.shape for value in zoo.weights(row.layers)]
    net = importlib.import_module("bench.peers.netcore").build(row.layers)
    assert [p.shape for layer in net for p in layer.parameters()] == shapes
    assert sections.multiply_adds(row) > row.batch


@pytest.mark.parametrize("case", [*kernels.CASES[:-11:7], *kernels.CASES[-11:]], ids=lambda case: case.name)
def test_kernel_cases_run(case):
    built = kernels.calls(case)["netcore"]()
    built()
    built()
    assert case.flops > 0 or case.nbytes > 0


def test_every_family_of_kernels_is_measured():
    names = [case.name for case in kernels.CASES]
    assert set(kernels.FAMILIES) == set(FAMILIES)
    assert all(any(name.startswith(start) for name in names) for start in kernels.FAMILIES.values())


def test_an_engine_that_dies_or_fails_is_reported_and_the_others_go_on():
    engine = Engine("netcore", 1)
    assert "KeyError" in engine.ask("build", "step", "no such row")["error"]
    assert engine.ask("build", "step", "tinylstm") is None
    assert 0 < engine.ask("time", 0.01) < 1
    engine.process.kill()
    engine.process.wait()
    assert "died with exit code -9" in engine.ask("time", 0.01)["error"]
    engine.close()


@pytest.mark.parametrize("peer", NAMES)
def test_every_engine_has_what_the_worker_asks_it_for(peer):
    pytest.importorskip(LIBRARY[peer], reason=f"{LIBRARY[peer]} is not installed")
    module = importlib.import_module(f"bench.peers.{peer.replace('-', '_')}")
    assert callable(module.threads)
    assert set(module.versions()) & {"netcore", "torch", "jax"}
    assert all(callable(getattr(module.Peer, name)) for name in ("step", "infer", "parameters"))


def test_an_engine_says_its_last_words():
    engine = Engine("no-such-engine", 1)
    assert "ModuleNotFoundError" in engine.ask("versions")["error"]
    engine.close()


def test_turns_leave_no_process_behind():
    found = in_turns(["netcore"], 1, "step", "tinylstm", 3, 0.01)
    assert len(found["netcore"]["seconds"]) == 3
    left = subprocess.run(["ps", "-ef"], capture_output=True, text=True, check=True).stdout
    assert "bench.worker" not in left


def test_the_ratio_is_to_the_fastest_other_engine_turn_by_turn():
    seconds = {"netcore": [1.0, 2.0, 1.0], "torch": [3.0, 6.0, 4.0], "jax": [9.0, 9.0, 9.0]}
    found = {peer: {"seconds": values} for peer, values in seconds.items()} | {"x": {"error": "none"}}
    entry = summary(found)
    assert entry["fastest"] == "torch"
    assert entry["ratios"] == [3.0, 3.0, 4.0]
    assert entry["ratio"] == 3.0
    assert entry["spread"] == [3.0, 4.0]
    assert entry["errors"] == {"x": "none"}


ROOF = {"flops": 1e11, "copy": [[1 << 20, 2e10], [1 << 30, 1e10]], "update": [[1 << 20, 4e10], [1 << 30, 2e10]]}


def result(ratio=2.0):
    entry = {"kind": "step", "threads": 1, "flops": 1e9, "median": {"netcore": 0.01, "torch": 0.02}, "errors": {}, "ratio": ratio,
             "spread": [0.95 * ratio, 1.05 * ratio], "fastest": "torch", "ratios": [ratio], "share": 0.5}  # fmt: skip
    entry |= {"goal": "2.0 x", "met": ratio >= 2}
    roof = {1: ROOF}
    scaling = [{"name": "channels", "threads": 1, "sizes": [8, 16], "seconds": [0.1, 0.2], "cliff": 1.1}]
    return {"environment": {"python": "3"}, "roofline": roof, "zoo": [entry | {"name": name} for name in ("mlp", "vgg")], "scaling": scaling,
            "ranks": [{"name": "mlp", "batch": 64, "measured": [0.004, 0.003], "predicted": [0.004, 0.0025],
                       "speed_up": dict.fromkeys(ranks.MORE, 3.5), "efficiency": dict.fromkeys(ranks.MORE, 0.75)}],
            "overhead": [{"name": "ReLU", "forward": 2.5e-6, "backward": 3.5e-6, "met": True}],
            "memory": [{"name": "mlp", "peak": {"netcore": 1000000, "torch": 3000000}, "met": True}]}  # fmt: skip


def test_compare_finds_what_became_slower_by_more_than_the_noise(tmp_path):
    before, after = result(), result()
    after["zoo"][0] |= {"ratio": 1.96}  # within the noise of five percent
    after["zoo"][1] |= {"ratio": 1.5, "spread": [1.45, 1.55]}
    found = compare.changes(before, after)
    assert [(one["name"], one["regression"]) for one in found] == [("mlp", False), ("vgg", True)]
    for name, content in (("a", before), ("b", after)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    a, b = str(tmp_path / "a.json"), str(tmp_path / "b.json")
    assert CliRunner().invoke(main, ["compare", a, b]).exit_code == 1
    assert CliRunner().invoke(main, ["compare", b, a]).exit_code == 0
    assert CliRunner().invoke(main, ["compare", a, str(tmp_path / "none.json")]).exit_code == 2


def test_the_report_is_whole(tmp_path):
    whole = copy.deepcopy(result())
    report.write(whole, tmp_path)
    assert json.loads((tmp_path / "bench.json").read_text())["zoo"] == whole["zoo"]
    text = (tmp_path / "bench.md").read_text()
    assert "| mlp | step | 1 | 10 | 20 | 2.00 | 1.90–2.10 | 50 % | 2.0 x | yes |" in text
    assert "| mlp | 1.0 | 3.0 | yes |" in text
    assert "| ReLU | 2.5 | 3.5 | yes |" in text
    assert "| mlp | 64 | 4 | 4 | +0 % | 3 | 2.5 | -17 % |" in text
    assert "roofline, 1 thread(s): 100 GFLOP/s; copy, GB/s: 20 (1 MiB), 10 (1024 MiB)" in text
    for name in ("zoo.png", "scaling.png", "ranks.png"):
        assert (tmp_path / name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    for width, spread in ((80, False), (120, True)):  # at 80 no cell is cut or wrapped
        console = Console(width=width, record=True, file=io.StringIO())
        report.show(whole, console)
        shown = console.export_text()
        assert ("1.90–2.10" in shown) is spread
        assert "…" not in shown
        assert re.search(r"^mlp +step +1 +10 +20 +2\.00 ", shown, re.MULTILINE)


def test_a_run_in_pieces_is_joined():
    before, now = result(), result(3.0)
    now["zoo"], now["roofline"] = now["zoo"][1:], {2: ROOF}
    found = report.joined(json.loads(json.dumps(before)), now)
    assert [(entry["name"], entry["ratio"]) for entry in found["zoo"]] == [("mlp", 2.0), ("vgg", 3.0)]
    assert set(found["roofline"]) == {"1", "2"}
    assert len(found["memory"]) == 1


def test_the_readme_holds_every_row_and_where_it_falls_short():
    measured = result()
    line = {"what": "Conv2d 0 backward (direct dw)", "part": 0.4, "share": 0.61}
    measured["zoo"][1] |= {"met": False, "where": [line, {"what": "Python between the layers", "part": 0.03, "share": None}]}
    page = "a\n<!-- measured: rows -->\nstale\n<!-- end of rows -->\nb <!-- measured: summary --><!-- end of summary -->\n"
    new = readme.filled(page, measured)
    assert "stale" not in new
    assert new.startswith("a\n<!-- measured: rows -->")
    assert "1 of 2 networks reach their goal" in new
    assert "- **vgg step, 1 thread**: Conv2d 0 backward (direct dw) 40 %, at 61 % of its roofline; Python between the layers 3 %." in new
    assert "| mlp | **2.00** |" in new
    assert "| vgg | 2.00 |" in new
    assert readme.filled(new, measured) == new
    for name in readme.PAGES:  # the pages have the places
        assert readme.filled((ROOT / name).read_text(), measured) != (ROOT / name).read_text()


def test_the_work_of_a_step_is_what_it_must_do():
    """By hand: no gradient for the first layer's input, nothing for an embedding, a quarter of the products by Winograd."""
    dense = 64 * (784 * 128 + 128 * 10)
    assert work.of_row(zoo.BY_NAME["mlp"], "infer").flops == 2 * dense
    step = work.of_row(zoo.BY_NAME["mlp"], "step")
    assert step.flops == 6 * dense - 2 * 64 * 784 * 128
    assert step.parameters == 784 * 128 + 128 + 128 * 10 + 10
    tokens = 50 * 50 * (4 * 128 * (64 + 128) + 4 * 128 * (128 + 128) + 128 * 65)
    assert work.of_row(zoo.BY_NAME["char128"], "step").flops == 6 * tokens  # the embedding below waits for the input's gradient
    rows = 100 * 28 * 4 * 128  # an LSTM that comes first is spared dx, not the gradient of its state
    assert work.of_row(zoo.BY_NAME["rowmnist"], "step").flops == 6 * (rows * (28 + 128) + 100 * 128 * 10) - 2 * rows * 28
    first, second = 16 * 16 * 27 * 16, 16 * 16 * 16 * 32
    row = zoo.Row("", (("conv", 3, 16, 3, 1, 1), ("conv", 16, 32, 3, 1, 1)), 2, (3, 16, 16))
    assert work.of_row(row, "step").flops == 2 * (4 * first + 6 * second * 9 / 4)
    blocks = zoo.Row("", (("conv", 3, 4, 3, 1, 1), ("block", 4, 6, 2)), 1, (3, 8, 8))
    assert work.of_row(blocks, "infer").flops == 2 * (64 * 27 * 4 + 16 * 36 * 6 + 16 * 54 * 6 + 16 * 4 * 6)
    best = work.Work(1e9, (1 << 20) / 16).seconds(ROOF)
    assert best == pytest.approx({"arithmetic": 0.01, "update": 28 * (1 << 20) / 16 / 4e10})


@pytest.mark.parametrize(
    ("fastest", "roofline", "netcore", "goal", "met"),
    [
        (10.0, 2.0, 4.0, "2.0 x", True), (10.0, 2.0, 6.0, "2.0 x", False),
        (10.0, 4.5, 5.0, "85 %", True), (10.0, 4.5, 5.5, "85 %", False),  # 5 / 0.85 is more than half of 10
    ],
)  # fmt: skip
def test_the_goal_is_twice_as_fast_unless_the_roofline_forbids_it(fastest, roofline, netcore, goal, met):
    entry = {"median": {"netcore": netcore, "torch": fastest}, "fastest": "torch", "ratio": fastest / netcore}
    entry |= {"roofline": roofline, "share": roofline / netcore}
    assert goals.of_row(entry) == {"goal": goal, "met": met}


def test_goals_of_single_kernels():
    entry = {"median": {"netcore": 4.0, "torch": 5.0}, "fastest": "torch", "ratio": 1.25, "roofline": 1.0, "share": 0.82}
    found = {case.group + case.name: goals.of_case(case, entry) for case in kernels.CASES}
    assert found["LSTM forwardLSTM forward: 8x20, 16 to 16"] == {"goal": "1.5 x", "met": False}
    assert found["memoryrelu: 64x32x28x28"]["met"]
    assert not found["productproduct 128x128x128"]["met"]
    assert found["conv yconv y: 64x64x14x14 to 64, 1x1"] == {"goal": "1.0 x", "met": True}
    assert found["conv dwconv dw: 64x64x32x32 to 64, 3x3"] == {"goal": "1.5 x", "met": False}


def test_ranks_are_predicted_from_what_fewer_rows_took(monkeypatch):
    """Exact where every step takes 1 ms and 0.1 ms a row, packing 0.5 ms more, two neighbours half as long again."""
    asked = []

    def step(name, ranks, batch, how="alone"):
        asked.append((ranks, batch, how))
        company = 1.5 if ranks == 2 else 1.0
        seconds = company * (1e-3 + 1e-4 * batch / ranks + (5e-4 if how == "shared" else 0))
        return {"seconds": seconds, "bytes": 4e6, "latency": 1e-5, "bandwidth": 1e10}

    monkeypatch.setattr(ranks, "asked", step)
    entry = ranks.entry("lenet")  # batch 64
    assert entry["predicted"][0] == pytest.approx(entry["measured"][0])
    assert (2, 64, "shared") in asked
    network = Network(1e-5, 1e10)
    at_the_end = network.sum_seconds(2, 4e6 / 4)  # the last of four buckets cannot overlap
    assert entry["predicted"][1] == pytest.approx(1.5 * (1.5e-3 + 3.2e-3) + at_the_end)
    assert entry["predicted"][1] == pytest.approx(entry["measured"][1] + at_the_end)
    assert all(a >= b for a, b in itertools.pairwise(entry["efficiency"].values()))


def test_calls_of_every_common_layer_are_timed(monkeypatch):
    monkeypatch.setattr(overhead, "CALLS", 2)
    found = {entry["name"]: entry for entry in overhead.measured()}
    assert {"Linear", "ReLU", "Conv2d", "MaxPool2d", "BatchNorm2d", "LSTM", "CrossEntropyLoss", "Adam, a parameter"} <= set(found)
    assert all(entry["forward"] > 0 for entry in found.values())


def test_a_measurement_of_ranks():
    pytest.importorskip("mpi4py", reason="mpi4py is not installed", exc_type=ImportError)
    found = ranks.asked("tinylstm", 2, 8, "shared")
    assert 0 < found["seconds"] < 1
    assert found["latency"] > 0
    assert found["bandwidth"] > 0


def test_from_the_command_line(tmp_path):
    arguments = ["run", "zoo", "--rows", "tinylstm", "--peers", "torch", "--quick", "--turns", "1", "--out", str(tmp_path)]
    command = [sys.executable, "-m", "bench", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "bench.json").read_text())
    assert {entry["kind"] for entry in found["zoo"]} == {"step", "infer"}
    assert all(np.isfinite(entry["median"]["netcore"]) for entry in found["zoo"])
    assert CliRunner().invoke(main, ["run", "zoo", "--rows", "lenett"]).exit_code == 2
