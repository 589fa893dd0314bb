"""Tier 3: bubblewrap around a child, where it is installed and may make namespaces; where not, grading goes on in tier 2."""

import shutil

import pytest

from netcore.course import assignment, box, grade, seeds, stage
from netcore.course.runtime import Runtime

LAYERS = assignment.find("layers")
KEY = bytes(range(32))
LOOKS = """
import os
seen = [p for p in ("/etc/passwd", "/usr/bin", "/usr/lib/python3", "/proc/self", "/sys", "/var/log") if os.access(p, os.F_OK)]
print("SEEN", seen, os.getppid())
"""


def graded(source, runtime, **options):
    return grade.grade(LAYERS, stage.Submission(source, seeds.digest(source.encode()), "layers.py"), runtime=runtime, **options)


@pytest.fixture(scope="module")
def boxed():
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    with Runtime() as runtime:
        if runtime.box(LAYERS.manifest) is None:
            pytest.skip("bubblewrap may make no namespaces here")
        yield runtime


def test_the_solution_gets_full_marks_in_tier_3(boxed):
    record = graded(LAYERS.solution, boxed, key=KEY)
    assert record["score"] == 50, record
    assert record["isolation"]["tier"] == 3
    assert record["isolation"]["landlock"] and record["isolation"]["seccomp"], "what tier 2 has stays inside"
    assert all(test["cpu_s"] > 0 and test["maxrss_mb"] > 10 for test in record["tests"])


def test_there_is_nothing_to_see(boxed):
    record = graded(LOOKS, boxed, tasks=["relu_forward"])
    assert "SEEN [] " in record["printed"], record


@pytest.mark.parametrize(
    ("source", "status"),
    [("import os\nos._exit(0)\n", "killed"), ("import ctypes\nctypes.string_at(0)\n", "killed"), ("keep = bytearray(2 << 30)\n", "memory")],
)
def test_an_end_is_called_what_it_is(boxed, source, status):
    assert graded(source, boxed, tasks=["relu_forward"])["tests"][0]["status"] == status


def test_without_bubblewrap_there_is_tier_2(monkeypatch):
    monkeypatch.setattr(box.shutil, "which", lambda name: None)
    with Runtime() as runtime:
        assert runtime.box(LAYERS.manifest) is None
        assert graded(LAYERS.solution, runtime, tasks=["relu_forward"])["isolation"]["tier"] <= 2


def test_a_bubblewrap_that_does_not_work_is_not_used(tmp_path, monkeypatch):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(box.shutil, "which", lambda name: str(broken))
    with Runtime() as runtime:
        assert runtime.box(LAYERS.manifest) is None
