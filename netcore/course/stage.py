"""Take from what was handed in exactly the file that the manifest names, as text; nothing is unpacked or executed.

A submission is a Python file, a notebook, a folder or a zip. Links, devices and pipes are not followed or opened, also where they
are put in place while we look, sizes are capped before anything is read, and a zip's entries are read one by one up to the cap,
so that none can inflate.
"""

import io
import os
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from netcore.course import handout, seeds
from netcore.course.assignment import Assignment
from netcore.errors import DataError

NOTEBOOK_BYTES = 8 << 20  # of the file; its outputs may hold pictures. What is in its cells is limited as a source is
ZIP_BYTES = 16 << 20
ENTRIES = 10_000  # in a zip; listing a million takes a gigabyte
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others may ask for gigabytes before they give a byte
UNREADABLE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


@dataclass(frozen=True)
class Submission:
    """The one source file, and the digest of what it was made from."""

    source: str
    sha256: str
    came_as: str
    both: bool = False  # file and notebook were changed; the file counts


def stage(path: str | Path, assignment: Assignment) -> Submission:
    """The submission at `path`; DataError says why there is none."""
    path, manifest = Path(path), assignment.manifest
    wanted = {manifest.file: manifest.max_bytes, manifest.notebook: max(manifest.max_bytes, NOTEBOOK_BYTES)}
    if path.is_symlink() or not path.exists():
        raise DataError(f"{path.name}: there is no such file or folder" if not path.exists() else f"{path.name} is a link")
    if path.is_dir():
        found = _from_folder(path, wanted)
    elif path.suffix.lower() == ".zip":
        found = _from_zip(path, wanted)
    else:
        name = manifest.notebook if path.suffix.lower() == ".ipynb" else manifest.file
        data = regular(path, wanted[name])
        found = {name: data} if data is not None else {}
    sources = {name: _text(data, name, manifest.max_bytes) for name, data in found.items()}
    if not sources:
        raise DataError(f"{path.name} holds neither {manifest.file} nor {manifest.notebook}")
    gaps = handout.with_gaps(assignment.source)
    untouched = {manifest.file: gaps, manifest.notebook: handout.from_notebook(handout.notebook(gaps, manifest.compiled))}
    changed = [name for name in wanted if name in sources and sources[name] != untouched[name]]
    chosen = (changed or list(sources))[0]
    return Submission(sources[chosen], seeds.digest(found[chosen]), chosen, len(changed) > 1)


def _text(data: bytes, name: str, limit: int) -> str:
    try:
        text = data.decode("utf-8-sig")
        source = handout.from_notebook(text) if name.endswith(".ipynb") else text.replace("\r\n", "\n")
        size = len(source.encode())  # JSON can write halves of characters, which are no text
    except UnicodeError:
        raise DataError(f"{name} is not a text in UTF-8")
    if size > limit:
        raise DataError(f"the code in {name} is larger than {limit >> 10} kB")
    return source


def _from_folder(path: Path, wanted: dict[str, int]) -> dict[str, bytes]:
    """The wanted files of the folder that is here now: who swaps it for a link afterwards has swapped it in vain."""
    if os.open not in os.supports_dir_fd:
        return {name: data for name, limit in wanted.items() if (data := regular(path / name, limit)) is not None}
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return {}
    try:
        return {name: data for name, limit in wanted.items() if (data := regular(path / name, limit, folder)) is not None}
    finally:
        os.close(folder)


def regular(path: Path, limit: int, folder: int | None = None) -> bytes | None:
    """The bytes of a regular file that is no link; None where there is none. `folder`: an open one, in which it lies."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        around = os.stat(path.parent) if folder is None else os.fstat(folder)
        handle = os.open(path, flags) if folder is None else os.open(path.name, flags, dir_fd=folder)
    except OSError:
        return None
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode) or (about.st_nlink > 1 and about.st_uid != around.st_uid):  # a hard link to somebody else's file
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise DataError(f"{path.name} is larger than {limit >> 10} kB{_smaller(path.name)}")
    return data


def _smaller(name: str) -> str:
    """What to do about a file that is too large."""
    if name.lower().endswith(".ipynb"):
        return "; clear its outputs, or let `netcore course submit` pack the code alone"
    return "; `netcore course submit` packs exactly what is to be handed in" if name.lower().endswith(".zip") else ""


def _from_zip(path: Path, wanted: dict[str, int]) -> dict[str, bytes]:
    """The wanted files at the top of the zip, or in the one folder that platforms put around them."""
    found: dict[str, bytes] = {}
    data = regular(path, ZIP_BYTES)
    if data is None:
        return found
    if data.count(b"PK\x01\x02") > ENTRIES:  # each entry of its list begins so
        raise DataError(f"{path.name} lists more than {ENTRIES} files{_smaller(path.name)}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in sorted(archive.infolist(), key=lambda info: info.filename.count("/")):
                parts = PurePosixPath(info.filename).parts
                link = stat.S_ISLNK(info.external_attr >> 16)
                if not parts or parts[-1] not in wanted or parts[-1] in found or len(parts) > 2 or ".." in parts or link or info.is_dir():
                    continue
                if info.compress_type not in METHODS:
                    raise DataError(f"{path.name} is packed by a method that is not taken; pack it as any zip is, or with `netcore course submit`")
                limit = wanted[parts[-1]]
                with archive.open(info) as file:
                    data = file.read(limit + 1)
                if len(data) > limit:
                    raise DataError(f"{parts[-1]} is larger than {limit >> 10} kB{_smaller(parts[-1])}")
                found[parts[-1]] = data
    except DataError:
        raise
    except UNREADABLE as error:
        raise DataError(f"{path.name} cannot be read as a zip: {error}")
    return found
