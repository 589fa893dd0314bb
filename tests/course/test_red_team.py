"""Every attack, with three conditions: no gain, nothing left behind, the next grade unchanged; as root and as an ordinary user."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import numpy as np
import pytest
import safetensors

import netcore
from netcore.course.inside.sandbox import NOBODY
from tests.course import attacks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")
ROOT = Path(netcore.__file__).parents[1]
NAMES = [*attacks.sources(), "hard-coded"]
USERS = ["root", "ordinary"] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["ordinary"]


@pytest.fixture(scope="module")
def outcomes():
    """What the red team's program printed, for each user; both run at the same time."""
    with tempfile.TemporaryDirectory(prefix="red-team-") as base:
        os.chmod(base, 0o755)  # pytest's own folders are for their owner only
        running = {user: start(user, Path(base) / user) for user in USERS}
        found = {}
        for user, process in running.items():
            out, errors = process.communicate(timeout=300)
            assert process.returncode == 0, errors.decode()
            found[user] = {line["name"]: line for line in map(json.loads, out.splitlines())}
        return found


def start(user, folder, program="red_team", *given, prepare=lambda root: None):
    (folder / "work").mkdir(parents=True)
    (folder / "work").chmod(0o777)
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    python, arguments = sys.executable, []
    if user == "ordinary" and os.geteuid() == 0:
        python = readable_tree(folder / "python", prepare)
        environment["PYTHONPATH"] = str(folder / "python" / "site")
        arguments = [str(NOBODY)]
    command = [python, "-m", f"tests.course.{program}", str(folder / "work"), *given, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=folder / "work")


def readable_tree(root, prepare=lambda root: None):
    """An interpreter with NumPy and netcore that any user may start, wherever ours lies."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    without = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "tkinter", "ensurepip", "lib2to3", "config-*", "*.a")
    shutil.copytree(sysconfig.get_path("stdlib"), root / "lib" / version, ignore=without)
    (root / "bin").mkdir()
    shutil.copy(os.path.realpath(getattr(sys, "_base_executable", sys.executable)), root / "bin" / version)
    site = root / "site"
    for package in (Path(module.__file__).parent for module in (np, netcore, safetensors)):
        shutil.copytree(package, site / package.name, ignore=without)
    if (libraries := Path(np.__file__).parents[1] / "numpy.libs").exists():
        shutil.copytree(libraries, site / "numpy.libs")
    (site / "tests").mkdir()
    (site / "tests" / "__init__.py").touch()
    shutil.copytree(ROOT / "tests" / "course", site / "tests" / "course")
    prepare(root)
    for path in [root, *root.rglob("*")]:
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return str(root / "bin" / version)


@pytest.mark.parametrize("user", USERS)
def test_the_solution_gets_full_marks_in_the_best_tier_that_needs_no_root(outcomes, user):
    record = outcomes[user]["control"]["record"]
    assert record["state"] == "graded", record
    assert record["score"] == record["max_score"] == 4
    assert record["isolation"]["tier"] == (3 if record["isolation"].get("bubblewrap") else 2)
    assert record["isolation"]["uid_drop"] == (user == "root")


def check(outcome):
    """The three conditions, and that nothing secret was told."""
    record = outcome["record"]
    assert record["state"] == "graded", record
    assert record["score"] == 0
    assert not outcome["left"], "processes or files are left behind"
    assert outcome["next"] == 4, "the next submission was graded otherwise"
    assert outcome["results_ok"], "the results are not what the grader wrote"
    told = json.dumps(record)
    assert "BREACH" not in told
    assert "(1, 7)" not in told, "a shape that only hidden cases have"
    assert "\\u001b" not in told


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", NAMES)
def test_attack(outcomes, user, name):
    check(outcomes[user][name])


@pytest.mark.parametrize("user", USERS)
def test_attacks_by_what_is_handed_in(outcomes, user):
    """handed_in.py: names, links, devices, zips and notebooks; no test of its own for each, because making them takes a while."""
    handed_in = [name for name in outcomes[user] if name.startswith("handed-in-")]
    assert len(handed_in) >= 25 + 2 * (user == "root")
    for name in handed_in:
        try:
            check(outcomes[user][name])
        except AssertionError as error:
            pytest.fail(f"{name}: {error}")
        assert outcomes[user][name]["took"] < 5, f"{name} keeps the grader busy"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("sleeps", "timeout"),
        ("loops-for-ever", "timeout"),
        ("memory-bomb", "memory"),
        ("segfaults", "killed"),
        ("_exit-at-import", "killed"),
        ("exit-at-import", "exception"),
        ("deep-json", "protocol"),
        ("nan", "nonfinite"),
        ("one-by-one", "wrong_shape"),
        ("other-dtype", "wrong_dtype"),
        ("recycled-memory-large", "wrong_value"),
    ],
)
@pytest.mark.parametrize("user", USERS)
def test_status(outcomes, user, name, status):
    found = {test["status"] for test in outcomes[user][name]["record"]["tests"]}
    assert found <= {status, "timeout"}  # the limits are tight, and the machine may be busy
