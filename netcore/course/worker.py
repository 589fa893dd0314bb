"""What a process that grades keeps between two submissions: assignments read from their folders, and one run-time tree.

A worker of a process pool ends by `os._exit`, which runs no `atexit` functions but does run multiprocessing's own; so the tree
is removed by those. And it outlives a pool that is killed: it holds both ends of the pipe on which it waits for work, so it
would wait for ever, with its tree locked and with the terminal or pipe it was given open. Here it watches who its parent is.
"""

import functools
import multiprocessing
import os
import threading
import time
from multiprocessing import util
from pathlib import Path

from netcore.course.assignment import Assignment
from netcore.course.runtime import Runtime

ALONE = 70  # exit code of a worker whose pool is gone
_lock = threading.Lock()
_runtimes: dict[int, Runtime] = {}


@functools.cache
def assignment(folder: Path) -> Assignment:
    return Assignment(folder)


def runtime() -> Runtime:
    """One run-time tree per process (a fork does not use its parent's), removed at its end."""
    with _lock:
        if os.getpid() not in _runtimes:
            _runtimes.clear()  # what a fork knows of its parent's
            made = _runtimes[os.getpid()] = Runtime()
            util.Finalize(None, made.close, exitpriority=10)
            if multiprocessing.parent_process() is not None:
                threading.Thread(target=_end_with, args=(os.getppid(), made), daemon=True).start()
        return _runtimes[os.getpid()]


def _end_with(parent: int, made: Runtime) -> None:
    """Leave nothing and go when the parent has gone; a child that is being graded ends with us."""
    while os.getppid() == parent:
        time.sleep(0.5)
    made.close()
    os._exit(ALONE)
