"""The C compiler of this machine, and exactly which of its files a build in the sandbox must see.

The compiler is asked itself: for its programs, for the folders of its headers, for the folders where its libraries lie. Of the
last only the libraries are shown, not what else is below them (there may be Python packages, with solutions in them).
"""

import functools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from netcore.errors import NetcoreError

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
CYTHON = "python -m pip install cython setuptools"
FLAGS = ["-O3", "-std=gnu11", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden", "-w"]


class ToolsMissing(NetcoreError):
    """Something that compiling needs is not on this machine; the message says what, and how to install it."""


def compiler() -> str:
    """The path of the C compiler, '' where there is none."""
    return next((path for name in ("cc", "gcc", "clang", "cl") if (path := shutil.which(name))), "")


def headers() -> Path | None:
    """The folder of Python.h."""
    folder = Path(sysconfig.get_path("include"))
    return folder if (folder / "Python.h").exists() else None


def require() -> None:
    """Raise ToolsMissing unless compiler, headers and Cython are here."""
    try:
        import Cython  # noqa: F401
    except ImportError:
        raise ToolsMissing(f"Cython is not installed: {CYTHON}")
    if not compiler() and sys.platform != "win32":
        raise ToolsMissing(f"there is no C compiler on this machine. {COMPILER.get(sys.platform, '')}")
    if headers() is None:
        raise ToolsMissing(f"Python's headers are not installed. {HEADERS.get(sys.platform, '')}")


@functools.cache
def seen() -> dict[str, Any]:
    """What the sandbox must show of the compiler: programs, folders (with all below), folders of libraries, PATH, and the command."""
    require()
    cc = os.path.realpath(compiler())
    programs = [cc]
    for name in ("cc1", "as", "ld", "collect2", "lto-wrapper"):
        found = _ask(cc, f"-print-prog-name={name}").strip()
        found = found if os.path.isabs(found) else shutil.which(found) or ""
        if os.path.exists(found):
            programs += [found, os.path.realpath(found)]
    searched = _ask(cc, "-print-search-dirs")
    private = re.findall(r"^install: (.*)$", searched, re.MULTILINE)
    private += [os.path.dirname(path) for path in programs if os.path.basename(path) in ("cc1", "collect2")]
    included = re.search(r"<\.\.\.> search starts here:\n(.*?)\nEnd of", _ask(cc, "-E", "-v", "-x", "c", os.devnull), re.DOTALL)
    private += included[1].split() if included else []
    libraries = (re.findall(r"^libraries: =?(.*)$", searched, re.MULTILINE) or [""])[0].split(":")
    libraries += [os.path.dirname(path) for program in programs for path in re.findall(r"(/\S+)", _run(["ldd", program]))]
    return {
        "programs": sorted(set(programs)),
        "folders": _real(private),
        "libraries": _real([*libraries, "/lib64", "/usr/lib64"]),
        "path": os.pathsep.join(sorted({os.path.dirname(program) for program in programs if os.path.basename(program) in ("as", "ld")})),
        "command": [cc, *FLAGS, "-fPIC", "-shared", *(["-fno-lto"] if "gcc" in cc else [])],
    }


def _real(folders: list[str]) -> list[str]:
    """Existing folders by their real paths, each once; never the root of a tree that holds more than a compiler's files."""
    found = {os.path.realpath(folder) for folder in folders if folder.strip() and os.path.isdir(folder)}
    return sorted(found - {"/", "/usr", "/opt", os.path.expanduser("~")})


def _ask(cc: str, *arguments: str) -> str:
    return _run([cc, *arguments])


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL)
    except OSError:
        return ""
    return done.stdout + done.stderr
