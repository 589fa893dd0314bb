"""The pipes of a child, where they can be waited for and where they cannot; and a whole check without what Windows lacks."""

import os
import select
import subprocess
import sys
import threading
import time

import pytest

from netcore.course import assignment, grade, pipes, seeds, stage
from netcore.course.inside import main_path
from netcore.course.runtime import Runtime

LAYERS = assignment.find("layers")
BOTH = [pipes.Threaded, *([pipes.Selected] if os.name == "posix" else [])]


def soon(seconds=20.0):
    return time.monotonic() + seconds


@pytest.fixture(params=BOTH, ids=lambda kind: kind.__name__)
def talking(request):
    """Starts a program and gives its pipes."""
    running = []

    def start(program):
        process = subprocess.Popen(
            [sys.executable, "-c", f"import os, sys, time\n{program}"], stdin=-1, stdout=-1, stderr=-1, bufsize=0, start_new_session=True
        )
        running.append(process)
        return process, request.param(process.stdin, process.stdout, process.stderr)

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_more_than_a_pipe_holds_goes_there_and_back_while_it_prints(talking):
    size = 3_000_000
    process, found = talking(
        f"os.write(2, b'x' * 500_000)\ngot = b''\nwhile len(got) < {size}: got += os.read(0, 1 << 20)\n"
        "os.write(2, b'y' * 500_000)\nwhile got: got = got[os.write(1, got):]\n"
    )
    data = os.urandom(size)
    found.send(data, soon())
    assert found.receive(size, soon()) == data
    with pytest.raises(pipes.Closed):
        found.receive(1, soon())
    process.wait()
    found.close()
    assert found.printed == b"x" * pipes.PRINTED


def test_no_byte_beyond_what_was_asked_for_is_taken(talking):
    process, found = talking("os.write(1, b'abcdef'); os.read(0, 1)")
    assert [found.receive(2, soon()), found.receive(3, soon())] == [b"ab", b"cde"]
    found.send(b"!", soon())
    process.wait()
    assert os.read(process.stdout.fileno(), 10) == b"f"
    found.close()


def test_every_wait_has_an_end(talking):
    process, found = talking("time.sleep(60)")
    began = time.monotonic()
    for wait in (lambda: found.receive(1, soon(0.2)), lambda: found.send(bytes(10_000_000), soon(0.2)), lambda: found.receive(1, soon(-1))):
        with pytest.raises(pipes.TimeUp):
            wait()
    process.kill()
    process.wait()
    found.close()
    assert time.monotonic() - began < 10
    assert not [thread for thread in threading.enumerate() if thread.daemon and "(run)" in thread.name], "a transfer still waits"


def test_nobody_reads_any_more(talking):
    process, found = talking("os.close(0)")
    process.wait()
    with pytest.raises(pipes.Closed):
        found.send(bytes(10_000_000), soon())
    found.close()
    found.close()  # twice does no harm


@pytest.fixture
def as_on_windows(monkeypatch):
    """Without what is missing there: forks, waiting for pipes or for a process's numbers, signals to groups, locks, users."""
    monkeypatch.setattr(pipes, "of_child", pipes.Threaded)
    for name in ("set_blocking", "wait4", "killpg", "fork"):
        monkeypatch.delattr(os, name)
    monkeypatch.setattr(select, "select", None)
    with Runtime(boxed=False) as runtime:
        main = main_path(runtime.tree(LAYERS.manifest)[1])
        with open(main) as file:
            text = file.read()
        os.unlink(main)  # it is a link to ours
        with open(main, "w") as file:
            file.write(text.replace("import os\n", "import os\nfor name in ('fork', 'getppid', 'setsid'): delattr(os, name)\n", 1))
        yield runtime


def checked(source, runtime, **options):
    return grade.grade(LAYERS, stage.Submission(source, seeds.digest(source.encode()), "layers.py"), runtime=runtime, **options)


@pytest.mark.skipif(os.name != "posix", reason="this is what Windows does anyway")
def test_a_check_where_there_are_neither_forks_nor_ready_pipes(as_on_windows):
    record = checked(LAYERS.solution, as_on_windows)
    assert record["state"] == "graded", record
    assert all(test["status"] == "ok" for test in record["tests"] if not test["hidden"])
    wrong = checked(LAYERS.solution.replace("db = dy.sum(axis=0)", "db = dy.mean(axis=0)"), as_on_windows, tasks=["linear_backward"])
    assert "a sum is due" in wrong["tests"][0]["mistake"]


@pytest.mark.skipif(os.name != "posix", reason="this is what Windows does anyway")
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import os; os._exit(0)", "killed"),
        ("while True: pass", "timeout"),
        ("import os, time; os.closerange(0, 9); time.sleep(60)", "killed"),
        ("def (", "exception"),
        ("import os\nfor _ in range(100): os.write(1, b'x' * 100_000)\nos.write(1, b'end')", "missing"),
    ],
)
def test_what_goes_wrong_is_called_so_there_too(as_on_windows, monkeypatch, code, status):
    monkeypatch.setattr(LAYERS, "manifest", __import__("dataclasses").replace(LAYERS.manifest, case_seconds=2.0))
    record = checked(code, as_on_windows, tasks=["relu_forward"])
    assert record["tests"][0]["status"] == status, record
