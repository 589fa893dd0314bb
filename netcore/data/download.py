"""Downloads that can be interrupted: mirrors, checksums, resumed files, a progress bar.

pooch does the book-keeping (a temporary file, moved to its name only when it is whole and right); it lets its caller
bring the function that moves the bytes, and that is the `ResumingDownloader` of `resume.py`. A file is hashed before it
gets its name; one with the wrong hash is thrown away and the next mirror is asked.

Read next: `resume.py`, then `catalogue.py`, which has the mirrors and the hashes.
"""

import logging
from http.client import HTTPException
from pathlib import Path

from netcore.data import files, registry
from netcore.data.catalogue import Entry, File
from netcore.data.resume import ResumingDownloader
from netcore.errors import DataError


def fetch(name: str, root: "Path | str | None" = None, progress: bool | None = None) -> list[Path]:
    """Bring all files of a data set into a folder, unless they are there; return their paths.

    `root` is made if it is missing (default: the user's cache). `progress` shows a bar (None: in a terminal).
    Raises `ArgumentError` for an unknown name, `DataError` if pooch is missing or no mirror gives the right file.
    """
    e = registry.entry(name)
    if root is not None and not e.embedded:
        make_folder(Path(root).expanduser())
    return [registry.locate(e, file, root) or fetch_file(e, file, root, progress) for file in e.files]


def fetch_file(e: Entry, file: File, root: "Path | str | None" = None, progress: bool | None = None) -> Path:
    """Download one file of a data set from the first mirror that gives it, checked, into its folder."""
    try:
        import pooch
    except ImportError:
        raise DataError(
            f"{e.name}: {file.name} is not here and pooch, which downloads it, is not installed; "
            f"pip install 'netcore-nn[data]', or put the file in a folder and name it by root= or NETCORE_DATA"
        ) from None
    folder = (files.cache_dir() if root is None else Path(root).expanduser()) / e.folders[0]
    make_folder(folder)
    logging.getLogger("pooch").setLevel(logging.WARNING)
    failures = []
    for url in (template.format(file=file.name) for template in e.urls):
        mover = ResumingDownloader(folder / f".{file.name}.part", lambda path: wrong_hash(file, path), progress)
        try:
            known = file.sha256 if file.packed else None  # pooch can only hash a file as it is
            return Path(pooch.retrieve(url, known, file.name, folder, downloader=mover))
        except (OSError, HTTPException, ValueError) as error:  # ValueError: DataError, and pooch's wrong hash
            failures.append(f"{url}: {error}")
    raise DataError(
        f"{e.name}: no mirror gave {file.name} ({'; '.join(failures) or 'it has none'}); check the network and try "
        f"again (what arrived is kept), or put the file into {folder}"
    )


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.problem(folder, "a folder to write to", str(error), "name another one by root=") from None


def wrong_hash(file: File, path: Path) -> str | None:
    """What is wrong with a downloaded file, or None."""
    try:
        digest = files.sha256(path.read_bytes() if file.packed else files.read_bytes(path, file.name))
    except DataError as error:
        return str(error)
    return None if digest == file.sha256 else f"its SHA-256 is {digest}, expected {file.sha256}"
