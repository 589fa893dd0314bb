"""The .ts format of the UCR and UEA archives: series of one or many channels, of equal or different lengths.

    # a comment                                 one line for each series, its channels separated by colons,
    @equalLength false                          the values of a channel by commas, the class last:
    @classLabel true 1 2 3                          0.1,0.2,0.3:5.0,5.5,6.0:2
    @data

Source: A. Bagnall et al., "The UEA multivariate time series classification archive", 2018. Read next: the layers that
take `lengths` (`netcore/layers/recurrent.py`).
"""

from pathlib import Path

import numpy as np

from netcore.data.dataset import Dataset
from netcore.data.files import problem, read_bytes


def load_ts(path: "Path | str", split: str = "") -> Dataset:
    """Read a .ts file of classified series.

    `x` is float32 (N, T, D), T the greatest length, shorter series padded by zeros at their end; `lengths` int64 (N,)
    says how many steps count; `y` int64 (N,) are indices into `classes`. `split` is what the file's name says unless
    it is given. Raises `DataError` for a damaged file, missing values, time stamps, and files without class labels.
    """
    path = Path(path)
    header, lines = parse_header(path, read_bytes(path, "a .ts file").decode("utf-8", "replace").splitlines())
    classes = tuple(header["classlabel"].split()[1:])
    series, labels = [], []
    for number, line in lines:
        *channels, label = line.split(":")
        if label.strip() not in classes:
            raise problem(f"{path}, line {number}", f"a class of {', '.join(classes)}", repr(label.strip()[:40]))
        series.append(parse_series(channels, f"{path}, line {number}"))
        labels.append(classes.index(label.strip()))
        if series[-1].shape[1] != series[0].shape[1]:
            expected, got = f"{series[0].shape[1]} channels, as before", f"{series[-1].shape[1]}"
            raise problem(f"{path}, line {number}", expected, got)
    if not series:
        raise problem(path, "series after @data", "none")
    lengths = np.array([len(s) for s in series])
    if header.get("equallength", "false") == "true" and lengths.min() != lengths.max():
        raise problem(path, "series of equal length, as its header says", f"{lengths.min()} to {lengths.max()} steps")
    x = np.zeros((len(series), lengths.max(), series[0].shape[1]), np.float32)
    for row, s in zip(x, series, strict=True):
        row[: len(s)] = s
    split = split or ("test" if path.stem.upper().endswith("TEST") else "train")
    return Dataset(x, np.array(labels), path.stem, split, classes, source=str(path), lengths=lengths)


def parse_header(path: Path, lines: list[str]) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """(what the @ lines say, the numbered lines of data)."""
    header: dict[str, str] = {}
    data: list[tuple[int, str]] | None = None
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        if data is not None:
            data.append((number, line))
        elif line.startswith("@"):
            key, _, value = line[1:].partition(" ")
            header[key.lower()] = value.strip() if key.lower() == "classlabel" else value.strip().lower()
            data = [] if key.lower() == "data" else None
        else:
            raise problem(f"{path}, line {number}", "a line that begins with # or @", repr(line[:40]))
    if data is None:
        raise problem(path, "a .ts file with a line @data", "none")
    if header.get("timestamps", "false") == "true":
        raise problem(path, "series without time stamps", "@timeStamps true", "resample them to equal steps")
    if not header.get("classlabel", "").lower().startswith("true "):
        got = f"@classLabel {header.get('classlabel', 'missing')}"
        raise problem(path, "classified series (@classLabel true ...)", got, "series without classes are not read")
    return header, data


def parse_series(channels: list[str], where: str) -> np.ndarray:
    """One series, float32 (T, D), of its channels' texts."""
    try:
        columns = [[float(value) for value in channel.split(",")] for channel in channels]
    except ValueError as error:
        raise problem(where, "numbers separated by commas", str(error), "missing values must be filled first") from None
    if len({len(column) for column in columns}) != 1:
        raise problem(
            where, "channels of one length", ", ".join(str(len(column)) for column in columns) or "no channel"
        )
    s = np.array(columns, np.float32).T
    if not np.isfinite(s).all():
        raise problem(where, "finite numbers", "NaN or infinity", "missing values must be filled first")
    return s
