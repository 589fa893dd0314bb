"""Arrays out of an .npz file that never unpickle anything and never trust a header.

An .npz file is a zip archive of .npy files; an .npy file is a magic number, a header with dtype, order and shape, and
the elements. `numpy.load` allocates what the header claims; here the claim is compared with the bytes that are there.

Source: numpy.lib.format, "NumPy array format", versions 1.0 to 3.0. Read next: `cifar.py`.
"""

import io
import math
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from netcore.data.files import LIMIT, opened, problem
from netcore.errors import DataError


def read_npz(path: "Path | str", names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The named arrays of an .npz file. Raises `DataError`, also for one that holds pickled objects."""
    expected = f"an .npz file with the arrays {', '.join(names)}"
    with opened(Path(path), expected) as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                there = {name[:-4] for name in archive.namelist() if name.endswith(".npy")}
                if missing := [name for name in names if name not in there]:
                    raise problem(
                        path, expected, f"no {', '.join(missing)} (it has {', '.join(sorted(there)) or 'nothing'})"
                    )
                return {name: parse_npy(member(archive, name, path), f"{path}[{name}]") for name in names}
        except DataError:
            raise
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError) as error:
            raise problem(path, expected, f"a damaged archive ({error})") from None


def member(archive: zipfile.ZipFile, name: str, path: "Path | str") -> bytes:
    with archive.open(f"{name}.npy") as file:
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise problem(path, f"an array {name} of at most {LIMIT} bytes", "more", "check that this is the right file")
    return content


def parse_npy(content: bytes, where: str) -> np.ndarray:
    """The array in the content of an .npy file; `where` is only for messages."""
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read_header(stream)
    except ValueError as error:
        raise problem(where, "an array in the .npy format", f"a damaged header ({error})") from None
    if dtype.hasobject:
        raise problem(where, "numbers", "pickled objects, which netcore never reads", "save plain numeric arrays")
    due, there = math.prod(shape) * dtype.itemsize, len(content) - stream.tell()
    if there != due:
        raise problem(where, f"{due} bytes of elements for the shape {shape} in its header", f"{there}")
    try:
        return np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape, order="F" if fortran else "C")
    except ValueError:
        raise problem(where, "a shape that an array can have", f"{shape}") from None
