"""What this machine has and what it lacks for the assignments: Python, NumPy, isolation, and for `kernels` a compiler."""

import importlib.util
import platform
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netcore.course import assignment as assignments
from netcore.course.runtime import Runtime
from netcore.course.spawn import Child, InfraError

COMPILER = {
    "linux": "Debian and Ubuntu: sudo apt install build-essential; Fedora: sudo dnf install gcc; Arch: sudo pacman -S base-devel",
    "darwin": "xcode-select --install",
    "win32": "install the Build Tools for Visual Studio, with the workload for C++",
}
HEADERS = {
    "linux": "Debian and Ubuntu: sudo apt install python3-dev; Fedora: sudo dnf install python3-devel",
    "darwin": "install Python from python.org or with Homebrew; both bring the headers",
    "win32": "install Python from python.org; it brings the headers",
}


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `advice` says what to do where it is not good."""

    name: str
    good: bool
    found: str
    advice: str = ""
    optional: bool = False


def examine() -> list[Finding]:
    """All findings; only what `optional` is not, must be good for `check` to work."""
    cc = next((path for name in ("cc", "gcc", "clang", "cl") if (path := shutil.which(name))), "")
    header = Path(sysconfig.get_path("include")) / "Python.h"
    kernels = "; only needed for the assignment kernels"
    return [
        Finding("Python", sys.version_info >= (3, 11), platform.python_version(), "Python 3.11 or newer is needed"),
        Finding("NumPy", True, np.__version__),
        _isolation(),
        Finding("C compiler", bool(cc), cc or f"none found{kernels}", COMPILER.get(sys.platform, "install a C compiler"), True),
        Finding("Python's headers", header.exists(), str(header) if header.exists() else f"none found{kernels}", HEADERS.get(sys.platform, ""), True),
        Finding(
            "Cython", (found := importlib.util.find_spec("Cython") is not None), "here" if found else f"none{kernels}", "pip install cython", True
        ),
    ]


def _isolation() -> Finding:
    """Start a child as a check would, and ask how it is shut in."""
    try:
        with Runtime() as runtime:
            child = Child(assignments.find("layers").manifest, "", runtime, 20)
            child.close()
    except (InfraError, OSError) as error:
        return Finding("sandbox", False, f"a child process cannot be started: {error}", "please report this with the line above")
    facts = child.facts
    layers = [word for word, on in _layers(facts) if on]
    found = f"tier {facts['tier']}: {', '.join(layers)}"
    return Finding("sandbox", facts["tier"] >= 1, found, "enough for visible checks; hidden tests want Linux with Landlock and seccomp", True)


def _layers(facts: dict[str, object]) -> list[tuple[str, object]]:
    names = {"landlock": "Landlock", "seccomp": "seccomp", "uid_drop": "another user", "pid_namespace": "PID namespace", "limits": "limits"}
    return [(name, facts.get(key)) for key, name in names.items()]
