"""Find, check and describe the data sets of the catalogue.

    entry(name) -> Entry            locate(entry, file, roots) -> Path | None     read(entry, file, path) -> bytes
    verify(name, root) -> [(file, ok, message)]          describe(root) -> [a dict for each data set]

The rule of checksums: a file as long as the original must be the original, bit for bit. A file of another length that
is sound in its format is taken as what it says it is (a subset, say), unless it is one of another known data set.
Read next: `download.py` (`fetch`), `datasets.py` (`load`).
"""

import difflib
import os
from pathlib import Path

from netcore.data import cifar, files
from netcore.data.catalogue import ENTRIES, Entry, File
from netcore.data.files import problem, read_bytes
from netcore.errors import ArgumentError, DataError

EMBEDDED = Path(__file__).parent / "embedded"
KNOWN = {file.sha256: f"{file.name} of {e.name!r}" for e in ENTRIES for file in e.files}


def names() -> list[str]:
    """The names that `load` knows."""
    return [e.name for e in ENTRIES]


def entry(name: str) -> Entry:
    """The catalogue's entry. Raises `ArgumentError` with the names there are."""
    for e in ENTRIES:
        if e.name == name:
            return e
    near = difflib.get_close_matches(str(name).lower().replace("_", "-"), names(), 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ArgumentError(
        f"no data set is called {name!r}; {hint}known: {', '.join(names())}, and text:PATH for any text file"
    )


def folders(e: Entry, root: "Path | str | None" = None) -> list[Path]:
    """The folders that may hold a data set: the package's own for an embedded one, else below the roots."""
    bases = [EMBEDDED] if e.embedded else files.roots(root)
    return [base / folder for base in bases for folder in e.folders]


def locate(e: Entry, file: File, root: "Path | str | None" = None) -> Path | None:
    """Where a file of a data set is, also without .gz and with a dot (train-images.idx3-ubyte), or None."""
    plain = file.name.removesuffix(".gz")
    variants = (file.name, plain, plain.replace("-idx", ".idx"), plain.replace("-idx", ".idx") + ".gz")
    for folder in folders(e, root):
        for variant in variants:
            if os.path.exists(folder / variant):  # unlike Path.exists, false for a folder that may not be read
                return folder / variant
    return None


def read(e: Entry, file: File, path: Path) -> bytes:
    """The content of a file of a data set, unpacked."""
    return read_bytes(path, f"{file.name} of {e.name!r}")


def check(e: Entry, file: File, content: bytes, path: "Path | str") -> None:
    """Raise `DataError` where the rule of checksums is broken."""
    digest = files.sha256(content)
    if digest == file.sha256:
        return
    if digest in KNOWN:
        raise problem(path, f"{file.name} of {e.name!r}", KNOWN[digest], "keep each data set in a folder of its own")
    if len(content) == file.size:
        raise problem(path, f"{file.name} of {e.name!r} with SHA-256 {file.sha256}", f"{digest} (damaged or altered)")


def verify(name: str, root: "Path | str | None" = None) -> list[tuple[str, bool, str]]:
    """Compare every file of a data set with its checksum: (file, ok, message) for each; nothing is downloaded.

    >>> verify("nile")
    [('nile.csv', True, 'SHA-256 dcbd6201… as it should be')]
    """
    e = entry(name)
    if name == "cifar10" and (other := _other_cifar10(root)):
        return other
    return [(file.name, *_verify_file(e, file, root)) for file in e.files]


def _verify_file(e: Entry, file: File, root: "Path | str | None") -> tuple[bool, str]:
    try:
        if (path := locate(e, file, root)) is None:
            searched = ", ".join(map(str, folders(e, root)))
            return False, f"not found in {searched}; `netcore data fetch {e.name}` brings it"
        digest = files.sha256(path.read_bytes() if file.packed else read(e, file, path))
    except (DataError, OSError) as error:
        return False, str(error)
    if digest == file.sha256:
        return True, f"SHA-256 {digest[:8]}… as it should be"
    also = f" (it is {KNOWN[digest]})" if digest in KNOWN else ""
    return False, f"{path}: SHA-256 {digest}{also}, expected {file.sha256}"


def _other_cifar10(root: "Path | str | None") -> list[tuple[str, bool, str]]:
    """The report on CIFAR-10 where it is here in a form other than its archive; such forms have no known checksum."""
    report = []
    for split in ("train", "test"):
        paths = cifar.locate_cifar10(files.roots(root), split)
        if paths and paths[0].name != cifar.ARCHIVE:
            what = ", ".join(path.name for path in paths)
            try:
                images, _ = cifar.read_cifar10(paths, split)
                report.append((what, True, f"{len(images)} sound {split} images; no checksum is known for this form"))
            except DataError as error:
                report.append((what, False, str(error)))
    return report


def here(e: Entry, root: "Path | str | None" = None) -> bool:
    """Whether `load` would find all files of a data set without downloading."""
    if e.name == "cifar10":
        return all(cifar.locate_cifar10(files.roots(root), split) for split in ("train", "test"))
    return all(locate(e, file, root) is not None for file in e.files)


def describe(root: "Path | str | None" = None) -> list[dict[str, object]]:
    """What `netcore data list` shows: for each data set its facts, and whether it is here (`found`)."""
    shown = ("name", "kind", "title", "shape", "classes", "licence", "source", "embedded")
    return [
        {k: getattr(e, k) for k in shown} | {"bytes": sum(file.size for file in e.files), "found": here(e, root)}
        for e in ENTRIES
    ]
