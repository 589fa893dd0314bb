"""From a submission in Cython to a module: for a grade in the sandbox, for the student's own use right here.

`module` builds in the sandbox (inside/compiling.py), each source once; what was built goes into a folder that its child may
read. `local` is `netcore course build`: Cython and setuptools, as for any extension module; it is the student's own code.
"""

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netcore.course import seeds, stage, toolchain
from netcore.course.inside.sandbox import NOBODY
from netcore.course.manifest import Manifest
from netcore.course.runtime import Runtime
from netcore.course.spawn import Child, InfraError, Reply
from netcore.errors import NetcoreError

LARGEST = 16 << 20  # of a built module
PROBE = "def probe():\n    return 1\n"
_lock = threading.Lock()


@dataclass(frozen=True)
class Built:
    """A module's path, or the reply that all cases get; `facts` says how the build was shut in."""

    path: str = ""
    failed: Reply | None = None
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def setup(self) -> dict[str, Any]:
        """What a child must be told."""
        return {"module": self.path} if self.path else {}


def built(manifest: Manifest, source: str, runtime: Runtime) -> Built:
    """What a child needs beside the source: a module where the file is Cython, otherwise nothing."""
    return module(manifest, source, runtime) if manifest.compiled else Built()


def module(manifest: Manifest, source: str, runtime: Runtime) -> Built:
    """Build once for each source and grader. Raises ToolsMissing or InfraError where this machine cannot build at all: that must
    never become a grade, so whatever does not compile is compared with something that must."""
    mark = seeds.digest(f"{manifest.file}\0{source}".encode())
    make = _sandboxed if sys.platform == "linux" else _unprotected
    with _lock:
        one = runtime.building.setdefault(mark, threading.Lock())
    with one:
        if mark not in runtime.built:
            runtime.built[mark] = make(manifest, source, runtime, mark)
        made = runtime.built[mark]
    if made.failed is not None and source != PROBE and (ours := module(manifest, PROBE, runtime).failed):
        raise InfraError(f"nothing can be compiled on this machine: {ours.message}")
    return made


def _sandboxed(manifest: Manifest, source: str, runtime: Runtime, mark: str) -> Built:
    tools = toolchain.seen()
    kit = dataclasses.replace(manifest, packages=("Cython", "numpy"), case_seconds=manifest.build_seconds + 5)
    _, site = runtime.tree(kit)
    with _lock:
        include = _headers(Path(site).parent)
    command = [*tools["command"], *(f"-I{folder}" for folder in include)]
    scratch = Path(tempfile.mkdtemp(prefix="build-", dir=runtime.folder))
    try:
        if os.geteuid() == 0:
            os.chown(scratch, NOBODY, NOBODY)
            scratch.chmod(0o711)  # in a box root has no rights over what is nobody's
        setup = {"build": tools | {"command": command}, "scratch": str(scratch), "build_seconds": manifest.build_seconds}
        child = Child(kit, source, runtime, manifest.build_seconds + 5, setup)
        child.close()
        if child.failed is not None:
            return Built(failed=child.failed, facts=child.facts)
        data = stage.regular(scratch / "module.so", LARGEST)
        if data is None:
            return Built(failed=Reply("exception", "the compiler made no module"), facts=child.facts)
        return Built(_kept(runtime, manifest, mark, data), facts=child.facts)
    except NetcoreError as error:
        if isinstance(error, toolchain.ToolsMissing):
            raise
        return Built(failed=Reply("memory", f"the compiled {error}"), facts=child.facts)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _headers(tree: Path) -> list[str]:
    """Python's headers, and NumPy's, in the tree that a build may read, whoever may read them where they lie; and the module `cython`."""
    import numpy as np

    target = tree / "include"
    if not target.exists():
        shutil.copytree(toolchain.headers() or "", target, copy_function=shutil.copyfile)
        for path in [target, *target.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        (tree / "site" / "cython.py").write_text("from Cython.Shadow import *\n")
    inside = Path(np.get_include()).relative_to(Path(np.__file__).parent)
    return [str(target), str(tree / "site" / "numpy" / inside)]


def _kept(runtime: Runtime, manifest: Manifest, mark: str, data: bytes) -> str:
    """The module in a folder of its own, ours, which a child may read."""
    folder = runtime.folder / "built" / mark[:32]
    folder.mkdir(parents=True)
    path = folder / (Path(manifest.file).stem + (".pyd" if os.name == "nt" else ".so"))
    path.write_bytes(data)
    for each, mode in ((folder.parent, 0o711), (folder, 0o755), (path, 0o755)):
        each.chmod(mode)
    return str(path)


def _unprotected(manifest: Manifest, source: str, runtime: Runtime, mark: str) -> Built:
    """Where there is no sandbox: as the student builds; recorded as tier 0, so that hidden tests are refused."""
    folder = Path(tempfile.mkdtemp(prefix="build-", dir=runtime.folder))
    (folder / manifest.file).write_text(source, encoding="utf-8")
    try:
        data = local(folder / manifest.file, manifest.build_seconds).read_bytes()
    except BuildError as error:
        return Built(failed=Reply("exception", f"it does not compile: {error}"), facts={"tier": 0})
    return Built(_kept(runtime, manifest, mark, data), facts={"tier": 0})


class BuildError(NetcoreError):
    """The file does not compile; the message is the first error with its line."""


def local(file: Path, seconds: float = 600.0) -> Path:
    """Build `file` into a module beside it, with the compiler that Python itself was made for. No sandbox: it is your own code."""
    toolchain.require()
    script = Path(__file__).with_name("inside") / "compile_here.py"
    command = [sys.executable, str(script), file.name, *([] if os.name == "nt" else toolchain.FLAGS)]
    try:
        done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, timeout=seconds, check=False, errors="replace")
    except subprocess.TimeoutExpired:
        raise BuildError("compiling it takes too long")
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(file.parent / "build")
    if done.returncode:
        from netcore.course.inside.compiling import complaint

        raise BuildError(complaint(done.stdout + done.stderr, file.name).removeprefix("it does not compile: "))
    return file.with_name(file.stem + (sysconfig.get_config_var("EXT_SUFFIX") or ".so"))
