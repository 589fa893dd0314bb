"""Bytes from files, and every way in which a file can be wrong, told in one sentence.

A message names the file, says what was expected, what came, and what to do. Nothing is allocated because a header
claims so: the content is read first, up to a limit, and the claim is compared with its length. Gzip is recognised by
its first two bytes, not by the suffix, because browsers unpack files and keep their names.

Read next: `idx.py`, the simplest format on top of this.
"""

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netcore.errors import ArgumentError, DataError

LIMIT = 1 << 30  # bytes of content: four times the largest file that netcore knows
STEP = 1 << 20
FETCH_AGAIN = "fetch the file again (`netcore data fetch`) or take it from its source"


def problem(path: "Path | str", expected: str, got: str, todo: str = FETCH_AGAIN) -> DataError:
    """The one form of message: file, expectation, finding, remedy."""
    return DataError(f"{path}: expected {expected}, got {got}; {todo}")


@contextmanager
def opened(path: Path, expected: str) -> Iterator[io.BufferedIOBase]:
    """The content of a plain or gzip-compressed file; what goes wrong inside the block becomes a `DataError`."""
    if "\0" in str(path):
        raise problem(repr(str(path)), expected, "a path with a zero byte", "check the path")
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not packed:
                yield file
            else:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield unpacked
    except FileNotFoundError:
        raise problem(path, expected, "no such file", "check the path, NETCORE_DATA or root=") from None
    except IsADirectoryError:
        raise problem(path, expected, "a directory", "name the file inside it") from None
    except PermissionError:
        if Path(path).is_dir():  # what Windows says of a directory
            raise problem(path, expected, "a directory", "name the file inside it") from None
        raise problem(path, expected, "no permission to read it", "change its permissions or copy it") from None
    except EOFError:
        raise problem(path, expected, "a gzip stream that ends too early (a truncated file)") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise problem(path, expected, f"a damaged gzip stream ({error})") from None
    except OSError as error:
        raise problem(path, expected, f"an error of the system ({error})", "check the disk") from None


def read_bytes(path: "Path | str", expected: str, limit: int | None = None) -> bytes:
    """The whole content of a file, unpacked where it is gzip-compressed.

    Raises `DataError` for a file that is missing, empty, unreadable, truncated, damaged or larger than `limit` bytes.
    """
    limit = LIMIT if limit is None else limit
    content = bytearray()
    with opened(Path(path), expected) as stream:
        while step := stream.read(STEP):
            content += step
            if len(content) > limit:
                raise problem(path, expected, f"more than {limit} bytes", "check that this is the right file")
    if not content:
        raise problem(path, expected, "an empty file")
    return bytes(content)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def cache_dir() -> Path:
    """Where downloads go: the user's cache folder, `netcore/data` in it."""
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "netcore" / "data"


def roots(root: "Path | str | None" = None) -> list[Path]:
    """The folders to search: `root` alone if given, else the one that NETCORE_DATA names, then the cache."""
    if root is not None:
        return [folder(root, "root= (or --data-dir)")]
    named = os.environ.get("NETCORE_DATA")
    return ([folder(named, "NETCORE_DATA")] if named else []) + [cache_dir()]


def folder(path: "Path | str", where: str) -> Path:
    """A folder that was named by `where` and must be there."""
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"root must be the path of a folder, got {path!r}")
    path = Path(path).expanduser()
    if not os.path.isdir(path):
        got = "a file" if os.path.exists(path) else "no such folder"
        raise problem(path, "a folder with data sets", got, f"check {where}")
    return path
