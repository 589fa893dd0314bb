"""CIFAR-10 in its three pickle-free forms: six binary files, their archive, and an .npz file.

    binary record   1 byte label (0..9), 1024 bytes red, 1024 green, 1024 blue, each plane row by row: 3073 bytes
    archive         cifar-10-binary.tar.gz, the six files of 10,000 records in a folder cifar-10-batches-bin
    npz             cifar10_lossless_*.npz with x_train, y_train, x_test, y_test; images uint8 (N, 32, 32, 3)

The Python version of the data set is pickled: reading it would run code, so netcore does not.
Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009. Read next: `datasets.py`.
"""

import os
import tarfile
from pathlib import Path

import numpy as np

from netcore.data.files import FETCH_AGAIN, LIMIT, opened, problem, read_bytes
from netcore.data.npz import read_npz
from netcore.errors import DataError

RECORD = 1 + 3 * 32 * 32
BATCHES = {"train": tuple(f"data_batch_{k}.bin" for k in range(1, 6)), "test": ("test_batch.bin",)}
FOLDERS = ("cifar10", "cifar-10", "cifar10/cifar-10-batches-bin", "cifar-10-batches-bin", ".")
ARCHIVE = "cifar-10-binary.tar.gz"
Arrays = tuple[np.ndarray, np.ndarray]  # uint8 (N, 3, 32, 32), int64 (N,)


def locate_cifar10(roots: list[Path], split: str) -> list[Path]:
    """The files of a split in the first folder that has one of the three forms; an empty list if none has."""
    for folder in (root / name for root in roots for name in FOLDERS):
        batches = [folder / name for name in BATCHES[split]]
        if any(map(os.path.exists, batches)):
            return batches
        if os.path.exists(folder / ARCHIVE):
            return [folder / ARCHIVE]
        if found := sorted(folder.glob("cifar10_lossless_*.npz")):
            return found[-1:]
    return []


def read_cifar10(paths: list[Path], split: str) -> Arrays:
    """The images and labels of a split from the files that `locate_cifar10` found."""
    if paths[0].suffix == ".bin":
        return join([parse_batch(read_bytes(path, "a CIFAR-10 batch"), path) for path in paths])
    return (read_lossless if paths[0].suffix == ".npz" else read_archive)(paths[0], split)


def join(batches: list[Arrays]) -> Arrays:
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def parse_batch(content: bytes, path: "Path | str") -> Arrays:
    """The records of one binary file; `path` is only for messages."""
    if not content or len(content) % RECORD:
        raise problem(
            path,
            f"a CIFAR-10 batch (a multiple of {RECORD} bytes)",
            f"{len(content)} bytes (truncated, or another file)",
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    return records[:, 1:].reshape(-1, 3, 32, 32), check_labels(records[:, 0], path)


def check_labels(labels: np.ndarray, path: "Path | str", classes: int = 10) -> np.ndarray:
    """Labels as int64; each must be in 0..classes-1."""
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        at = int(np.argmax((labels < 0) | (labels >= classes)))
        raise problem(
            path,
            f"labels in 0..{classes - 1}",
            f"{labels[at]} at {at}",
            f"it is another file or damaged: {FETCH_AGAIN}",
        )
    return labels.astype(np.int64)


def read_archive(path: Path, split: str) -> Arrays:
    """The batches of a split, straight from the archive: nothing is unpacked on disk."""
    expected = f"the archive of CIFAR-10's binary version with {', '.join(BATCHES[split])}"
    found = {}
    with opened(path, expected) as stream:
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for entry in archive:
                    name = Path(entry.name).name
                    if name in BATCHES[split] and entry.isfile() and entry.size <= LIMIT:
                        file = archive.extractfile(entry)
                        found[name] = parse_batch(b"" if file is None else file.read(), f"{path}[{name}]")
        except DataError:
            raise
        except (tarfile.TarError, ValueError) as error:
            raise problem(path, expected, f"a damaged archive ({error})") from None
    if missing := [name for name in BATCHES[split] if name not in found]:
        raise problem(
            path, expected, f"no {', '.join(missing)}", "take the binary version, not the Python or Matlab one"
        )
    return join([found[name] for name in BATCHES[split]])


def read_lossless(path: Path, split: str) -> Arrays:
    """The .npz form: images (N, 32, 32, 3) are turned to (N, 3, 32, 32)."""
    arrays = read_npz(path, (f"x_{split}", f"y_{split}"))
    images, labels = arrays[f"x_{split}"], arrays[f"y_{split}"]
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (32, 32, 3):
        raise problem(path, f"x_{split} as uint8 (N, 32, 32, 3)", f"{images.dtype} {images.shape}")
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise problem(path, f"y_{split} as {len(images)} integers", f"{labels.dtype} {labels.shape}")
    return images.transpose(0, 3, 1, 2), check_labels(labels, path)
