"""Classic time series: small csv files with the columns `time,value`.

`x` is the series, float32 (T,), `times` the years, float64 (T,). The first 80 % are for training, the last 20 % for
testing, never shuffled: a forecast may only look back. Read next: `windows.py`.
"""

from pathlib import Path

import numpy as np

from netcore.data.files import problem, read_bytes

SPLITS = ("train", "test", "all")


def read_series(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(times, values) of a csv file with the header `time,value`; float64 and float32. Raises `DataError`."""
    expected = "a csv file with the columns time,value"
    lines = read_bytes(path, expected).decode("ascii", "replace").split()
    if not lines or lines[0] != "time,value":
        raise problem(path, expected, f"the first line {lines[0] if lines else ''!r}")
    try:
        rows = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    except ValueError as error:
        raise problem(path, expected, f"a line that is no pair of numbers ({error})") from None
    if rows.ndim != 2 or rows.shape[1] != 2 or not np.isfinite(rows).all():
        raise problem(path, expected, f"rows of shape {rows.shape}, or values that are not finite")
    return rows[:, 0], rows[:, 1].astype(np.float32)


def part(split: str, steps: int) -> slice:
    """The split as a slice: the boundary stands at the whole number just under 80 %."""
    return {"train": slice(0, steps * 4 // 5), "test": slice(steps * 4 // 5, None)}.get(split, slice(None))
