"""Several processes against one: the same weights, a rank that is killed, a resumed run with another number of ranks."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import netcore as nc
from netcore.distributed.buckets import GradientBuckets
from netcore.distributed.group import rows_of
from netcore.distributed.model import Network, predicted_step
from netcore.parameter import Parameter

pytest.importorskip("mpi4py", reason="the extra mpi is not installed")
ROOT = Path(__file__).resolve().parents[2]
MPIEXEC = Path(sys.executable).with_name("mpiexec")


def start(ranks, *arguments):
    """Run the job on so many ranks; its exit code and what it printed."""
    command = [sys.executable, "-m", "tests.distributed.job", *map(str, arguments)]
    if ranks > 1:
        command = [str(MPIEXEC), "-n", str(ranks), *command]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def trained(ranks, problem, folder, *arguments):
    out = folder / f"{problem}-{ranks}.safetensors"
    done = start(ranks, problem, out, *arguments)
    assert done.returncode == 0, done.stderr
    return nc.load(out)


def assert_same(found, expected):
    """To 1e-12 of each array's scale: the ranks' sums are added in another order, that is all."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert np.abs(found[name] - value).max() <= 1e-12 * max(1, np.abs(value).max()), name


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    return {problem: trained(1, problem, folder) for problem in ("images", "text")}


@pytest.mark.parametrize("ranks", [2, 4])
@pytest.mark.parametrize("problem", ["images", "text"])
def test_the_same_weights_as_one_process(problem, ranks, alone, tmp_path):
    """`images` ends each epoch with a batch of three rows, fewer than four ranks; `text` carries its state."""
    assert_same(trained(ranks, problem, tmp_path), alone[problem])


@pytest.mark.parametrize(("before", "after"), [(2, 4), (4, 2), (2, 1)])
@pytest.mark.parametrize("problem", ["images", "text"])
def test_a_killed_rank_ends_the_job_and_another_number_of_ranks_goes_on(problem, before, after, alone, tmp_path):
    run = tmp_path / "run"
    done = start(before, problem, tmp_path / "none.safetensors", run, "--kill-at=7")
    assert done.returncode != 0
    assert "KILLED" in (done.stdout + done.stderr).upper()
    assert not (tmp_path / "none.safetensors").exists()
    assert (run / "checkpoints" / "step-00000006.safetensors").exists()
    assert_same(trained(after, problem, tmp_path, run, "--resume"), alone[problem])


def test_a_rank_that_fails_ends_all_with_one_message(tmp_path):
    done = start(2, "images", tmp_path / "out.safetensors", "-", "--fail")
    assert done.returncode != 0
    assert "rank 1 of 2 ends the training: this rank has had enough" in done.stderr


def test_train_distributed_from_the_command_line(tmp_path):
    run = tmp_path / "run"
    train = ["netcore", "train", "mlp", "--data", "digits", "--epochs", "2", "--distributed", "--run", str(run)]
    command = [str(MPIEXEC), "-n", "2", sys.executable, "-m", *train]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("2 processes") + done.stdout.count("2, with") == 1  # one voice
    assert {path.name for path in run.iterdir()} >= {"config.json", "metrics.jsonl", "model.safetensors", "result.json"}
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 2


class Alone:
    """A group of one that notes when sums begin."""

    rank, size = 0, 1

    def __init__(self):
        self.sums = []

    def gather(self, value):
        return [value]

    def start_sum(self, array):
        self.sums.append(array.size)
        return self

    def Wait(self):
        pass


def test_sums_begin_while_the_backward_phase_goes_on():
    """From the second step on: the last layer's bucket leaves before the first layer's gradient is there."""
    params = [Parameter(np.zeros(size)) for size in (3, 5, 7)]
    group = Alone()
    buckets = GradientBuckets(params, group, bucket_bytes=1)
    for step in range(2):
        group.sums = []
        begun = []
        buckets.begin(4)
        for parameter in reversed(params):
            parameter.grad = None
            parameter.accumulate(np.full(parameter.size, 2.0))
            begun.append(len(group.sums))
        assert begun == ([0, 0, 0] if step == 0 else [1, 2, 3])
        buckets.finish(4)
        assert group.sums == [7, 5, 3]
        assert all((parameter.grad == 2).all() for parameter in params)


def test_a_parameter_that_is_used_once_more_is_noticed():
    parameter = Parameter(np.zeros(3), name="w")
    buckets = GradientBuckets([parameter], Alone())
    buckets.begin(1)
    parameter.accumulate(np.ones(3))
    buckets.finish(1)
    buckets.begin(1)
    parameter.accumulate(np.ones(3))
    with pytest.raises(nc.TrainingError, match="parameter w was used more often than in the first step"):
        parameter.accumulate(np.ones(3))


def test_rows_are_cut_evenly_and_completely():
    for parts in (1, 2, 3, 7):
        for rows in (0, 1, 3, 8, 100):
            cuts = [rows_of(parts, part, rows) for part in range(parts)]
            assert [i for cut in cuts for i in range(cut.start, cut.stop)] == list(range(rows))
            assert max(cut.stop - cut.start for cut in cuts) - min(cut.stop - cut.start for cut in cuts) <= 1


def test_the_cost_model_at_its_limits():
    """One rank pays no sum; a free network scales with the rows; a slow one ends at the time of its sums."""
    step = {"rows": 4096, "nbytes": 8e6, "fixed": 1e-4, "per_row": 1e-4}
    assert predicted_step(Network(1e-6, 1e9), 1, **step) == pytest.approx(1e-4 + 0.4096)
    assert predicted_step(Network(0, np.inf), 64, **step) == pytest.approx(1e-4 + 0.0064)
    slow = Network(1e-6, 1e7)
    assert predicted_step(slow, 1000, **step) == pytest.approx(slow.sum_seconds(1000, 8e6), rel=0.01)
    assert slow.sum_seconds(1000, 8e6) == pytest.approx(2 * 10 * 1e-6 + 2 * 0.999 * 0.8)
