"""The idx format of MNIST: a magic number, the sizes, the elements.

    byte 0, 1   zero
    byte 2      type: 0x08 uint8, 0x09 int8, 0x0B int16, 0x0C int32, 0x0D float32, 0x0E float64
    byte 3      number of axes, then one big-endian 32-bit size for each
    the rest    the elements, big-endian, last axis fastest

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "File formats".
Read next: `datasets.py`, which makes data sets of such files.
"""

import math
import struct
from pathlib import Path

import numpy as np

from netcore.data.files import problem, read_bytes

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: "Path | str", ndim: int | None = None) -> np.ndarray:
    """Read one idx file, plain or gzip-compressed, into an array of the type it names (native byte order).

    `ndim` is the number of axes that must be there (3 for images, 1 for labels). Raises `DataError`.
    """
    return parse_idx(read_bytes(path, "an idx file"), path, ndim)


def parse_idx(content: bytes, path: "Path | str", ndim: int | None = None) -> np.ndarray:
    """The array in the content of an idx file; `path` is only for messages."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES or content[3] == 0:
        raise problem(
            path, "an idx file (first bytes 00 00, a type, a number of axes)", f"{content[:4].hex(' ') or 'nothing'}"
        )
    dtype, axes = np.dtype(TYPES[content[2]]), content[3]
    if ndim is not None and axes != ndim:
        raise problem(path, f"an idx file with {ndim} axes", f"{axes} axes", "images and labels may be exchanged")
    start = 4 + 4 * axes
    if len(content) < start:
        raise problem(path, f"{axes} sizes in the idx header", f"a file that ends after {len(content)} bytes")
    sizes = struct.unpack_from(f">{axes}I", content, 4)
    due, there = math.prod(sizes) * dtype.itemsize, len(content) - start
    if there != due:
        kind = "truncated" if there < due else "trailing bytes"
        raise problem(path, f"{due} bytes of elements for the sizes {sizes} in its header", f"{there} ({kind})")
    try:
        array = np.frombuffer(content, dtype, offset=start).reshape(sizes)
    except ValueError:  # a size of 0 beside others whose product no array can have, or too many axes
        raise problem(path, "sizes that an array can have", f"{sizes}") from None
    return array.astype(dtype.newbyteorder("="), copy=False)
