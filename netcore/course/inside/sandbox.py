"""The child shuts itself in, before it sees the submission. Everything is probed and told; nothing is assumed.

Order: limits, another user (as root), not dumpable, no new privileges, Landlock, no capabilities, seccomp last, because it forbids the rest.

    tier 3   bubblewrap around tier 2 (../box.py)        hidden tests run
    tier 2   Landlock and seccomp                        hidden tests run
    tier 1   another user than the grader                hidden tests run
    tier 0   limits only (not Linux, or an old kernel)   visible tests only
"""

import ctypes
import os
import signal
import struct
import sys
from typing import Any

from netcore.course.inside import landlock, seccomp

NOBODY = 65534
PDEATHSIG, DUMPABLE, SUBREAPER, NO_NEW_PRIVS = 1, 4, 36, 38
NEWUSER, NEWPID = 0x10000000, 0x20000000


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> bool:
    return _libc().prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) == 0


def undumpable() -> bool:
    """Nobody of the same user may read this process's memory or trace it any more."""
    return sys.platform == "linux" and _prctl(DUMPABLE, 0)


def guard_children(stopped: bool = False) -> bool:
    """For the keeper: the next process it forks is the first of a PID namespace of its own (all die with it), where the
    kernel lets us; orphans come to the keeper; the keeper itself ends with the grader, at once where it may be `stopped`
    then, as in a race. True with a namespace."""
    if sys.platform != "linux":
        return False
    undumpable()
    _prctl(SUBREAPER, 1)
    unshare = _libc().unshare
    contained = unshare(NEWPID) == 0 or (os.geteuid() != 0 and unshare(NEWUSER | NEWPID) == 0)
    _prctl(PDEATHSIG, signal.SIGKILL if stopped else signal.SIGTERM)
    return contained


def enter(allowed: list[tuple[str, int]], seconds: int, memory_mb: int, kind: str = "run", file_mb: int = 0, pages: int = 0) -> dict[str, Any]:
    """Shut this process in for good: paths with their rights (landlock.py), limits, and which system calls (seccomp.py).
    `pages` of address space are ours already, where there is no /proc that says it. Returns what was achieved, with the tier."""
    facts: dict[str, Any] = {"limits": _limits(seconds, memory_mb, file_mb, pages)}
    if sys.platform == "linux":
        libc = _libc()
        facts["uid_drop"] = _drop()
        facts["undumpable"] = undumpable()
        _prctl(PDEATHSIG, signal.SIGKILL)
        if _prctl(NO_NEW_PRIVS, 1):
            facts["landlock"] = landlock.restrict(libc, allowed)
            _no_capabilities(libc)
            facts["seccomp"] = seccomp.install(libc, kind)
    facts["tier"] = 2 if facts.get("landlock") and facts.get("seccomp") else 1 if facts.get("uid_drop") else 0
    return facts


def _limits(seconds: int, memory_mb: int, file_mb: int, pages: int) -> bool:
    try:
        import resource
    except ImportError:
        return False
    wanted = {"RLIMIT_CORE": 0, "RLIMIT_CPU": seconds, "RLIMIT_FSIZE": file_mb << 20, "RLIMIT_NOFILE": 64}
    if sys.platform == "linux":
        if not pages:
            with open("/proc/self/statm") as file:
                pages = int(file.read().split()[0])
        wanted["RLIMIT_AS"] = pages * resource.getpagesize() + (memory_mb << 20)
    for name, value in wanted.items():
        hard = resource.getrlimit(getattr(resource, name))[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(getattr(resource, name), (value, value))
    return True


def _drop() -> bool:
    """As root, become nobody: limits and permissions do not bind root. False for an ordinary user, who stays one."""
    if os.geteuid() != 0:
        return False
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False
    return os.getresuid() == (NOBODY,) * 3


def _no_capabilities(libc: ctypes.CDLL) -> None:
    """A user namespace gives capabilities within it; they are given back."""
    libc.capset(struct.pack("<Ii", 0x20080522, 0), struct.pack("<6I", *[0] * 6))
