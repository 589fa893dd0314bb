"""The tree that a child sees: an interpreter, the standard library, the allowed packages; the engine is not in it.

Made once per grader in a folder of its own, from links where the file system allows and copies where not. An operator that
is absent cannot be called, whatever a submission tries. The folder is locked while its grader lives; what a killed grader
left behind is removed by the next one of the same user.
"""

import contextlib
import importlib.util
import os
import shutil
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from netcore.course.box import Box
from netcore.course.box import make as make_box
from netcore.course.manifest import Manifest
from netcore.errors import ArgumentError

PREFIX = "netcore-course-"
DAY = 86_400.0
LEFT_OUT = shutil.ignore_patterns(
    "site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "pydoc_data", "config-*", "*.a"
)
PACKAGE = Path(__file__).resolve().parent.parent
ENGINE = "*"  # as a module of netcore: the whole engine, for children of the grader's own


class Runtime:
    """Run-time trees, one for each set of allowed packages; a context manager that removes them.
    `boxed=False` leaves bubblewrap out, which saves a student's own checks a third of a second."""

    def __init__(self, boxed: bool = True) -> None:
        _remove_stale()
        self.folder, self._lock = _fresh()
        self._making = threading.Lock()
        self._made: dict[tuple[Any, ...], tuple[str, str]] = {}
        self._boxed = boxed
        self._boxes: dict[tuple[Any, ...], Box | None] = {}
        self.built: dict[str, Any] = {}  # what build.py made, by the digest of its source
        self.building: dict[str, threading.Lock] = {}

    def __enter__(self) -> "Runtime":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def tree(self, manifest: Manifest) -> tuple[str, str]:
        """The interpreter to start and the folder of packages to give it."""
        key = (manifest.packages, manifest.netcore)
        with self._making:
            if key not in self._made:
                self._made[key] = _build(self.folder / f"tree{len(self._made)}", manifest)
            return self._made[key]

    def box(self, manifest: Manifest) -> Box | None:
        """What goes around each child of this tree, where that works here; tried once."""
        python, site = self.tree(manifest)
        key = (manifest.packages, manifest.netcore)
        with self._making:
            if key not in self._boxes:
                self._boxes[key] = make_box(python, site, manifest.packages) if self._boxed else None
            return self._boxes[key]


def _build(root: Path, manifest: Manifest) -> tuple[str, str]:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library, site = root / "lib" / version, root / "site"
    python = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    if sys.platform == "linux":
        _copy(Path(sysconfig.get_path("stdlib")), library)
        _put(python, root / "bin" / version)
        started = root / "bin" / version
    else:
        started = python
    site.mkdir(parents=True)
    for name in manifest.packages:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise ArgumentError(f"the assignment allows the package {name!r}, which is not installed")
        home = Path(spec.submodule_search_locations[0])
        _copy(home, site / name)
        if (libraries := home.parent / f"{name}.libs").is_dir():
            _copy(libraries, site / libraries.name)
    if ENGINE in manifest.netcore:
        _copy(PACKAGE, site / "netcore", "course", "cli", "embedded")
    stub = '"""What a submission may use of netcore; the engine itself is not here."""\n'
    for folder in ("netcore", "netcore/course"):
        (site / folder).mkdir(parents=True, exist_ok=True)
        if not (site / folder / "__init__.py").exists():
            (site / folder / "__init__.py").write_text(stub)
    _copy(PACKAGE / "course" / "inside", site / "netcore" / "course" / "inside")
    for module in (module for module in manifest.netcore if module != ENGINE):
        _put(PACKAGE / f"{module}.py", site / "netcore" / f"{module}.py")
    return str(started), str(site)


def _copy(source: Path, target: Path, *without: str) -> None:
    def left_out(folder: str, names: list[str]) -> set[str]:
        return LEFT_OUT(folder, names) | {name for name in names if name in without}

    shutil.copytree(source, target, ignore=left_out, copy_function=_put, ignore_dangling_symlinks=True)


def _put(source: str | Path, target: str | Path) -> None:
    """A link to the file where that works and anybody may read it, otherwise a copy. Windows removes no name of a library that is
    in use, and NumPy's are, here."""
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    source = os.path.realpath(source)
    if os.name == "posix" and os.stat(source).st_mode & 0o004:
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)
    os.chmod(target, 0o755 if os.access(source, os.X_OK) else 0o644)


def _place() -> str:
    """The folder for temporary files; as root, whose children become another user, one that others may pass through."""
    usual = tempfile.gettempdir()
    if os.name != "posix" or os.geteuid() != 0:
        return usual
    for place in (usual, "/tmp", "/var/tmp"):
        if all(os.path.isdir(each) and os.stat(each).st_mode & 0o001 for each in (place, *map(str, Path(place).absolute().parents))):
            return place
    raise ArgumentError(f"{usual} is closed to other users, and as root the grader runs submissions as one; set TMPDIR to a folder that is not")


def _fresh() -> tuple[Path, int | None]:
    """A folder that is locked before it has a name by which another grader would look for what is left behind."""
    hidden = Path(tempfile.mkdtemp(prefix="." + PREFIX, dir=_place()))
    handle = _locked(hidden / "lock")
    hidden.chmod(0o755)
    return hidden.rename(hidden.with_name(hidden.name[1:])), handle


def _locked(path: Path) -> int | None:
    """A lock on the file, held while the process lives; None where another holds it, or there are no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _remove_stale() -> None:
    """What a killed grader left. Where there are no locks, whatever is older than a day, in a folder that is the user's own."""
    for folder in Path(_place()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            if os.name != "posix":
                if time.time() - folder.lstat().st_mtime > DAY:
                    shutil.rmtree(folder, ignore_errors=True)
                continue
            mine = folder.lstat().st_uid == os.geteuid() and not folder.is_symlink()
            if mine and (folder / "lock").exists() and (handle := _locked(folder / "lock")) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(handle)
