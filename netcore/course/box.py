"""Tier 3: bubblewrap around the child, where it is installed and the kernel lets it make namespaces.

    bwrap           a file system of its own: the run-time tree, the libraries that Python and NumPy have open, nothing else;
      │             no network, no other processes, no other host name or shared memory
      └ keeper      as without it, with Landlock and seccomp: they stay, this comes on top

Whether it works is tried with the very interpreter and packages of the tree; where anything goes wrong there is no box, and
the grade says tier 2. Source: bwrap(1), user_namespaces(7).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

LOOKS = """import sys; sys.path.append(sys.argv[1])
import {imports}
from netcore.course.inside import program, sandbox, wire
import os; dropped = sandbox._drop(); os.listdir(sys.argv[1])
print("dropped" if dropped else "same")
if os.path.exists("/proc/self"):
    mapped = {{line.split(maxsplit=5)[5].strip() for line in open("/proc/self/maps") if "/" in line}}
    print(open("/proc/self/statm").read().split()[0], *mapped, sep="\\n")
"""
LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1")
SECONDS = 20


class Box:
    """The words to put before a child's command. There is no /proc inside, so `pages` of address space are told to the child."""

    def __init__(self, bwrap: str, root: Path, libraries: list[str], pages: int) -> None:
        self.bwrap, self.root, self.libraries, self.pages = bwrap, str(root), libraries, pages

    def around(self, more: dict[str, Any] | None = None) -> list[str]:
        """`more` is what a child is told of a build: a built module may be read, a build sees its tools and one scratch folder."""
        more = more or {}
        seen = [self.root, *self.libraries, *([os.path.dirname(more["module"])] if more.get("module") else [])]
        words = [self.bwrap, "--die-with-parent", "--as-pid-1", *(f"--unshare-{what}" for what in ("ipc", "pid", "net", "uts", "cgroup-try"))]
        if os.geteuid() == 0:  # it must be able to become nobody, and for that to see other users
            words += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_KILL"]
        else:
            words += ["--unshare-user"]
        for name in ("/lib", "/lib32", "/lib64", "/bin"):
            if os.path.islink(name):
                words += ["--symlink", os.readlink(name), name]
        if tools := more.get("build"):
            seen += [*tools["programs"], *tools["folders"], *tools["libraries"]]
        scratch = [more["scratch"]] if tools else []
        for folder in sorted({str(above) for path in [*seen, *scratch] for above in Path(path).parents} - {"/"}):
            words += ["--perms", "0755", "--dir", folder]  # otherwise its own folders are for root alone
        for path in dict.fromkeys(seen):
            words += ["--ro-bind", path, path]
        for path in scratch:
            words += ["--bind", path, path]
        return [*words, "--dev", "/dev", "--remount-ro", "/", "--chdir", self.root]


def make(python: str, site: str, packages: tuple[str, ...]) -> Box | None:
    """A box for this tree, or None where there is none."""
    bwrap = shutil.which("bwrap")
    if sys.platform != "linux" or bwrap is None:
        return None
    root = Path(site).parent
    look = [python, "-I", "-S", "-B", "-c", LOOKS.format(imports=", ".join(("ctypes", *packages))), site]
    outside = _lines(look, root)
    if len(outside) < 3:
        return None
    box = Box(bwrap, root, _named(path for path in outside[2:] if not path.startswith(str(root))), int(outside[1]))
    return box if _lines([*box.around(), "--", *look], root) == outside[:1] else None


def _lines(command: list[str], folder: Path) -> list[str]:
    """What it prints; [] where it fails."""
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.decode().split("\n")[:-1]


def _named(paths: Any) -> list[str]:
    """Libraries by their real names and by the links beside them, by which the loader knows them; and the loader's own list."""
    found = []
    for path in sorted(set(paths)):
        if ".so" in os.path.basename(path) and os.path.isfile(path):
            beside = os.scandir(os.path.dirname(path))
            links = [each.path for each in beside if each.is_symlink() and os.path.realpath(each.path) == os.path.realpath(path)]
            found += [path, *sorted(links)]
    loaders = (path for path in (*LOADERS, "/etc/ld.so.cache") if os.path.isfile(path))
    return found + [os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) for path in loaders]
