"""`load(name)`: one way to every data set, embedded, in a folder, or downloaded.

| names                                           | where from                                                         |
|-------------------------------------------------|--------------------------------------------------------------------|
| digits, fashion-mnist-mini                      | embedded: images and labels                                        |
| persuasion                                      | embedded: a novel for character models                             |
| sunspots, nile, airline, lynx                   | embedded: time series                                              |
| mnist, fashion-mnist, cifar10, tiny-shakespeare | a folder (`root=`, or NETCORE_DATA, or the cache), else downloaded |
| text:PATH                                       | any UTF-8 text file                                                |

Read next: `dataset.py` (what comes back), `registry.py` (where files are looked for), `loader.py` (minibatches).
"""

from pathlib import Path
from typing import Any

import numpy as np

from netcore.checks import one_of
from netcore.data import cifar, files, registry, text, timeseries
from netcore.data.catalogue import Entry
from netcore.data.dataset import Dataset
from netcore.data.download import fetch_file
from netcore.data.files import problem
from netcore.data.idx import parse_idx

DIGITS_TRAIN = 1437  # the last 360 of the 1,797 digits (20 %) are for testing


def load(name: str, split: str = "train", root: "Path | str | None" = None, *, download: bool = True) -> Dataset:
    """Load one split of a data set by name.

    `split` is 'train' or 'test' for images; for text 'train', 'validation' (or 'test', the same) or 'all'; for series
    'train', 'test' or 'all'. `root` is the folder that holds the files (default: the one that NETCORE_DATA names, then
    the user's cache); what is missing is downloaded, unless `download` is false. Returns a `Dataset`: images are
    float32 (N, C, H, W) in [0, 1] with int64 labels, texts int64 tokens, series float32 (T,).
    Raises `ArgumentError` for an unknown name or split, `DataError` for files that are missing, damaged or wrong.

    >>> load("digits")
    Dataset(name='digits', split='train', ...)
    """
    if isinstance(name, str) and name.startswith("text:"):
        return text.load_text(_text_path(name.removeprefix("text:"), root), split, name=name)
    e = registry.entry(name)
    splits = {"images": ("train", "test"), "text": text.SPLITS, "series": timeseries.SPLITS}[e.kind]
    one_of("split", split, splits)
    facts: dict[str, Any] = {"name": e.name, "split": split, "licence": e.licence, "source": e.source}
    if e.kind == "text":
        return text.load_text(_path(e, 0, root, download, check=True), **facts)
    if e.kind == "series":
        times, values = timeseries.read_series(_path(e, 0, root, download, check=True))
        part = timeseries.part(split, len(values))
        return Dataset(values[part], times=times[part], **facts)
    if name == "digits":
        images, labels, scale = *_digits(_path(e, 0, root, download, check=True), split), 16
    elif name == "cifar10":
        images, labels, scale = *_cifar10(e, split, root, download), 255
    else:
        images, labels, scale = *_idx_pair(e, split, root, download), 255
    return Dataset(np.true_divide(images, scale, dtype=np.float32, order="C"), labels, classes=e.classes, **facts)


def _path(e: Entry, index: int, root: "Path | str | None", download: bool, check: bool = False) -> Path:
    """The path of the entry's file number `index`, downloaded where it is missing."""
    file = e.files[index]
    path = registry.locate(e, file, root)
    if path is None and download and not e.embedded:
        path = fetch_file(e, file, root)
    if path is None:
        todo = f"put it there, name its folder by root= or NETCORE_DATA, or run `netcore data fetch {e.name}`"
        searched = f"nothing in {', '.join(map(str, registry.folders(e, root)))}"
        raise problem(e.name, file.name, searched, "install netcore-nn again" if e.embedded else todo)
    if check:
        registry.check(e, file, registry.read(e, file, path), path)
    return path


def _idx_pair(e: Entry, split: str, root: "Path | str | None", download: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (N, 1, H, W) and labels int64 (N,) of a data set in MNIST's form."""
    arrays = []
    for index, ndim in ((0, 3), (1, 1)) if split == "train" else ((2, 3), (3, 1)):
        file, path = e.files[index], _path(e, index, root, download)
        content = registry.read(e, file, path)
        array = parse_idx(content, path, ndim)
        if array.dtype != np.uint8:
            raise problem(path, "elements of type uint8 (08)", str(array.dtype))
        if ndim == 3 and array.shape[1:] != e.shape[1:]:
            raise problem(path, f"images of {e.shape[1]}x{e.shape[2]}", f"{array.shape[1]}x{array.shape[2]}")
        registry.check(e, file, content, path)
        arrays.append(array if ndim == 3 else cifar.check_labels(array, path, len(e.classes)))
    images, labels = arrays
    if len(images) != len(labels):
        raise problem(
            path, f"{len(images)} labels, one for each image", f"{len(labels)}", "take both files from one source"
        )
    return images[:, None], labels


def _digits(path: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 1, 8, 8) with values 0..16, and labels; in the file's order, so that writers differ between splits."""
    rows = np.loadtxt(files.read_bytes(path, "the digits").decode("ascii").splitlines(), delimiter=",")
    rows = rows[:DIGITS_TRAIN] if split == "train" else rows[DIGITS_TRAIN:]
    return rows[:, :64].reshape(-1, 1, 8, 8), rows[:, 64].astype(np.int64)


def _cifar10(e: Entry, split: str, root: "Path | str | None", download: bool) -> tuple[np.ndarray, np.ndarray]:
    paths = cifar.locate_cifar10(files.roots(root), split) or [_path(e, 0, root, download)]
    return cifar.read_cifar10(paths, split)


def _text_path(path: str, root: "Path | str | None") -> Path:
    """The path as it stands, or below the folder of data sets."""
    plain = Path(path).expanduser()
    below = [base / path for base in files.roots(root)] if path and not plain.exists() else []
    return next((p for p in below if p.exists()), plain)
