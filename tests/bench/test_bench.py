"""The benchmark measures the same thing in every engine, reports it whole, notices regressions, and leaves no process behind."""

import copy
import importlib
import io
import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from bench import compare, kernels, ranks, report, sections, zoo
from bench.__main__ import main
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


def result(ratio=2.0):
    entry = {"kind": "step", "threads": 1, "flops": 1e9, "median": {"netcore": 0.01, "torch": 0.02}, "errors": {}, "ratio": ratio,
             "spread": [0.95 * ratio, 1.05 * ratio], "fastest": "torch", "ratios": [ratio], "share": 0.5}  # fmt: skip
    roof = {1: {"flops": 1e11, "bandwidth": {"memory": 1e10}}}
    scaling = [{"name": "channels", "threads": 1, "sizes": [8, 16], "seconds": [0.1, 0.2], "cliff": 1.1}]
    return {"environment": {"python": "3"}, "roofline": roof, "zoo": [entry | {"name": name} for name in ("mlp", "vgg")], "scaling": scaling,
            "ranks": [{"name": "mlp", "batch": 64, "measured": [0.004, 0.003], "predicted": [0.004, 0.0025],
                       "speed_up": dict.fromkeys(ranks.MORE, 3.5), "efficiency": dict.fromkeys(ranks.MORE, 0.75)}],
            "memory": [{"name": "mlp", "peak": {"netcore": 1000000, "torch": 3000000}}]}  # fmt: skip


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
    assert "| mlp | step | 1 | 10 | 20 | 2.00 | 1.90–2.10 | 50 % |" in text
    assert "| mlp | 1 | 3 |" in text
    assert "| mlp | 64 | 4 | 4 | 3 | 2.5 | 3.5 |" in text
    assert "roofline, 1 thread(s): 100 GFLOP/s; memory 10 GB/s" in text
    for name in ("zoo.png", "scaling.png", "ranks.png"):
        assert (tmp_path / name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    console = Console(width=100, record=True, file=io.StringIO())
    report.show(whole, console)
    assert "2.00" in console.export_text()


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
