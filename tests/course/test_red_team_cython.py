"""Attacks by source that has to be compiled, and by machine code; the same three conditions, as root and as an ordinary user.

Each has to be built, so that the suite runs those of which each stands for a kind; NETCORE_RED_TEAM=all runs every one.
"""

import json
import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from netcore.course import toolchain
from tests.course import attacks
from tests.course.test_red_team import USERS, start

ALL = list(attacks.sources("attacks_cython.txt"))
KINDS = ["include-secret", "incbin", "native"]
NAMES = ALL if os.environ.get("NETCORE_RED_TEAM") == "all" else KINDS


def can_build():
    try:
        toolchain.require()
    except toolchain.ToolsMissing:
        return False
    return sys.platform == "linux"


pytestmark = pytest.mark.skipif(not can_build(), reason="a sandboxed build needs Linux, a compiler, Python's headers and Cython")


@pytest.fixture(scope="module")
def outcomes():
    with tempfile.TemporaryDirectory(prefix="red-team-") as base:
        os.chmod(base, 0o755)
        running = {user: start(user, Path(base) / user, "red_team_cython", ",".join(NAMES), prepare=with_cython) for user in USERS}
        found = {}
        for user, process in running.items():
            out, errors = process.communicate(timeout=600)
            assert process.returncode == 0, errors.decode()
            found[user] = {line["name"]: line for line in map(json.loads, out.splitlines())}
        return found


def with_cython(root):
    """Cython and Python's headers, for an interpreter of its own."""
    import Cython

    home = Path(Cython.__file__).parent
    shutil.copytree(home, root / "site" / "Cython", ignore=shutil.ignore_patterns("__pycache__", "Tests", "Includes"))
    shutil.copytree(home / "Includes", root / "site" / "Cython" / "Includes", ignore=shutil.ignore_patterns("numpy", "posix"))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copytree(sysconfig.get_path("include"), root / "include" / version)


@pytest.mark.parametrize("user", USERS)
def test_the_solution_is_built_and_gets_full_marks_in_the_best_tier_that_needs_no_root(outcomes, user):
    record = outcomes[user]["control"]["record"]
    assert record["state"] == "graded", record
    assert record["score"] == record["max_score"] == 4
    assert record["isolation"]["tier"] >= 2


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", NAMES)
def test_attack(outcomes, user, name):
    outcome = outcomes[user][name]
    record = outcome["record"]
    assert record["state"] == "graded", record
    assert record["score"] == 0
    assert not outcome["left"], "processes or files are left behind"
    assert outcome["next"] == 2, "the next submission was graded otherwise"
    assert outcome["results_ok"], "the results are not what the grader wrote"
    told = json.dumps(record)
    assert "BREACH" not in told
    assert outcomes[user]["control"]["key"][:12] not in told


EXPECTED = {
    "include-secret": "exception",
    "extern-secret": "exception",
    "incbin": "exception",
    "directives": "wrong_value",
    "huge-binary": "exception",
    "forges-natively": "protocol",
    "thread-and-signals": "protocol",
    "native": "wrong_value",
    "compile-time-bomb": "timeout",
    "preprocessor-bomb": "exception",
    "int80": "killed",
}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", [name for name in NAMES if name in EXPECTED])
def test_status(outcomes, user, name):
    """It is what was meant to stop it that stopped it."""
    found = {test["status"] for test in outcomes[user][name]["record"]["tests"]}
    assert found <= {EXPECTED[name], "timeout"}, outcomes[user][name]["record"]["tests"][0]["message"]
