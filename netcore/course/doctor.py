"""What this machine has and what it lacks for the assignments: Python, NumPy, isolation, and for `kernels` a compiler."""

import importlib.util
import platform
import sys
from dataclasses import dataclass

import numpy as np

from netcore.course import assignment as assignments
from netcore.course import build, toolchain
from netcore.course.runtime import Runtime
from netcore.course.spawn import Child, InfraError


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
    cc, header = toolchain.compiler(), toolchain.headers()
    kernels = "; only needed for the assignment kernels"
    return [
        Finding("Python", sys.version_info >= (3, 11), platform.python_version(), "Python 3.11 or newer is needed"),
        Finding("NumPy", True, np.__version__),
        _isolation(),
        Finding("C compiler", bool(cc), cc or f"none found{kernels}", toolchain.COMPILER.get(sys.platform, "install a C compiler"), True),
        Finding("Python's headers", header is not None, str(header or f"none found{kernels}"), toolchain.HEADERS.get(sys.platform, ""), True),
        *(
            Finding(name, (found := importlib.util.find_spec(name) is not None), "here" if found else f"none{kernels}", toolchain.CYTHON, True)
            for name in ("Cython", "setuptools")
        ),
        *_builds(),
    ]


def _builds() -> list[Finding]:
    """Where all parts are here: do they work together? A function of one line is built, as `check` would build it."""
    try:
        toolchain.require()
        with Runtime() as runtime:
            built = build.module(assignments.find("kernels").manifest, build.PROBE, runtime)
    except toolchain.ToolsMissing:
        return []
    except (InfraError, OSError) as error:
        return [Finding("a build", False, str(error), "the parts are here and do not work together; please report the line above", True)]
    said = built.failed.message if built.failed else f"works, in tier {built.facts.get('tier', 0)}"
    return [Finding("a build", built.failed is None, said, "please report the line above", True)]


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
    names = {
        "landlock": "Landlock",
        "seccomp": "seccomp",
        "bubblewrap": "bubblewrap",
        "uid_drop": "another user",
        "pid_namespace": "PID namespace",
        "limits": "limits",
    }
    return [(name, facts.get(key)) for key, name in names.items()]
