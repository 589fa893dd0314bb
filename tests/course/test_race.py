"""The leaderboard: the grader's clock, children that are stopped when it is not their turn, answers of the timed calls compared."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import netcore
from netcore.course import formats, grade, race, runtime, scaffold, stage
from netcore.course.assignment import Assignment
from netcore.course.spawn import InfraError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are stopped and pinned on Linux")
RACES = '''

def race_rows(case, rng):
    """Rows"""
    x = rng.standard_normal((400, 300), np.float32)
    case.output("y", case.call("scale", x), x.shape)
'''
ENGINE = """
import numpy as np
from netcore import functional as F

def scale(x):
    assert F.relu_forward(x)[0].min() == 0
    return x / np.sqrt((x * x).sum(axis=1, keepdims=True))

def nothing(shape):
    return np.zeros(shape, np.float32)
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("race") / "toy"
    scaffold.make("toy", folder)
    manifest = (folder / "assignment.toml").read_text()
    (folder / "assignment.toml").write_text(manifest.replace("case_seconds", 'races = ["rows"]\ncase_seconds', 1))
    with open(folder / "checks.py", "a") as file:
        file.write(RACES)
    (folder / "engine.py").write_text(ENGINE)
    with runtime.Runtime() as tree:
        yield Assignment(folder), tree


def raced(toy, source, **options):
    assignment, tree = toy
    return grade.grade(assignment, stage.Submission(source, "", "toy.py"), runtime=tree, **options)


def test_a_slow_submission_is_told_so_and_its_points_stay(toy):
    slow = toy[0].solution.replace("return x /", "for _ in range(100): x = x * 1\n    return x /")
    [row] = raced(toy, slow)["leaderboard"]
    assert row["status"] == "ok" and row["own_s"] > 0 and row["times_naive"] < 0.8
    assert race.overall([row])["times_naive"] == row["times_naive"]
    assert "leaderboard" not in raced(toy, toy[0].solution.replace("axis=1", "axis=0"))
    assert "leaderboard" not in raced(toy, slow, tasks=["scale"]) and "leaderboard" not in raced(toy, slow, races=False)


def test_answers_of_the_timed_calls_are_compared(toy):
    """Right in the checks, and a table of answers, or zeros, where it is timed: no time."""
    assignment, _ = toy
    lazy = (
        assignment.solution.replace("return x /", "if x.size > 1000:\n        return kept.setdefault(0, x / length)\n    return x /")
        + "\nkept = {}\n"
    )
    [row] = raced(toy, lazy)["leaderboard"]
    assert row == {"id": "rows", "name": "Rows", "status": "wrong_value"}
    assert race.overall([row]) == {} and formats.gradescope({"tests": [], "score": 1.0, "leaderboard": [row]})["leaderboard"] == []
    crashing = assignment.solution.replace("return x /", "if x.size > 1000:\n        import os; os._exit(0)\n    return x /")
    assert raced(toy, crashing)["leaderboard"][0]["status"] == "killed"


def test_who_is_not_asked_does_not_run(toy):
    """A thread that burns the processor to slow the others down is stopped with its process."""
    assignment, tree = toy
    burning = "import threading, itertools\nthreading.Thread(target=lambda: [None for _ in itertools.count()][0], daemon=True).start()\n"
    burning = burning.replace("[None for _ in itertools.count()][0]", "sum(0 for _ in itertools.count())")
    runner = race.Runner(assignment.manifest, burning + assignment.solution, tree, {})
    time.sleep(0.6)
    runner.close()
    assert runner.child.used[0] < 0.5  # what starting takes; a thread of its own would have doubled it


def test_inputs_are_new_in_every_round_and_gradescope_gets_a_board(toy):
    assignment, tree = toy
    record = raced(toy, assignment.solution)
    board = formats.gradescope(record)["leaderboard"]
    assert [line["order"] for line in board] == ["desc", "desc"] and board[1]["name"] == "Rows"
    plain = {who: race.Runner(assignment.manifest, assignment.solution, tree, {}) for who in ("own", "naive", "engine")}
    try:
        answers, best = race._run(assignment, "rows", plain, b"key", "")
    finally:
        for runner in plain.values():
            runner.close()
    assert len({case.arrays[0].tobytes() for case, _ in answers}) == race.REPEATS
    assert np.isfinite(best["own"]) and not np.isfinite(best["transfer"])  # the solution has no `nothing`


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def below(pid):
    found = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*found, *(deeper for each in found for deeper in below(each))]


def gone(pids):
    end = time.monotonic() + 10
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < end, "stopped for ever"
        time.sleep(0.02)


def test_a_grader_killed_while_all_are_stopped_leaves_none_of_them(toy):
    """A stopped process hears of nothing but SIGKILL."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom netcore.course import race, runtime\nfrom netcore.course.assignment import Assignment\n"
        "toy = Assignment(Path(sys.argv[1]))\nrunner = race.Runner(toy.manifest, toy.solution, runtime.Runtime(boxed=False), {'cpu': 0})\n"
        "print('stopped', flush=True)\nsys.stdin.read()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(netcore.__file__).parents[1])}
    with subprocess.Popen([sys.executable, "-c", program, str(toy[0].folder)], stdin=-1, stdout=-1, env=environment) as grader:
        assert grader.stdout.readline() == b"stopped\n"
        children = below(grader.pid)
        assert len(children) == 2  # the keeper, and the child
        grader.kill()
    gone(children)


def test_all_are_closed_also_when_one_cannot_be(toy, monkeypatch):
    assignment = toy[0]
    closed, close = [], race.Runner.close

    def failing(runner):
        close(runner)
        closed.append(runner.child.process.pid)
        if len(closed) == 1:
            raise InfraError("a child could not be ended")

    monkeypatch.setattr(race.Runner, "close", failing)
    record = raced(toy, assignment.solution)
    assert record["state"] == "graded" and "could not be ended" in record["leaderboard_message"] and len(closed) == 3
    gone(closed)


def test_a_child_that_goes_on_for_a_moment_ends_when_it_is_told(toy):
    """Told to stop, go on and end at once, many times."""
    assignment, tree = toy
    for _ in range(25):
        runner = race.Runner(assignment.manifest, assignment.solution, tree, {})
        began = time.monotonic()
        runner.close()
        assert time.monotonic() - began < 5
