"""Arrays in files: safetensors, written so that a file is whole or not there.

    nc.save("net.safetensors", net);    net.load_state_dict(nc.load("net.safetensors"))

A file is written under another name in the same folder, flushed to the disk, and then renamed over the old one; a crash
or a full disk leaves the old file as it was. The format is that of PyTorch's and others' safetensors files. What reads and
writes is imported where it is used: `import netcore` does without.
"""

import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netcore.errors import CheckpointError

MAX_HEADER = 100_000_000  # bytes; the format's own limit


def save(path: str | os.PathLike[str], net: Any, metadata: Mapping[str, str] | None = None) -> None:
    """Write the state of a layer, or a dict of arrays, to a safetensors file, atomically. `metadata` is a dict of text."""
    from safetensors.numpy import save as encoded

    state = net.state_dict() if hasattr(net, "state_dict") else net
    if not isinstance(state, Mapping):
        raise CheckpointError(f"save takes a layer or a dict of arrays, got {type(net).__name__}")
    arrays = {str(name): np.array(value, order="C", copy=True) for name, value in state.items()}
    for name, value in arrays.items():
        if value.dtype.kind not in "fiub":
            raise CheckpointError(f"{name} is {value.dtype}; a checkpoint holds arrays of numbers")
        if value.dtype.byteorder == ">":
            arrays[name] = value.astype(value.dtype.newbyteorder("="))
    write_atomically(Path(path), encoded(arrays, metadata=dict(metadata) if metadata else None))


def load(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file, by name. A file that is missing, truncated or of another kind raises CheckpointError."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as decoded

    try:
        return decoded(_read(path))
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{os.fspath(path)} is no safetensors file, or a damaged one ({error}); restore it from a copy or save anew") from None


def load_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """The text that `save` stored beside the arrays."""
    import json

    load(path)  # says what is wrong with a damaged file
    content = _read(path)
    (size,) = struct.unpack("<Q", content[:8])
    return dict(json.loads(content[8 : 8 + min(size, MAX_HEADER)]).get("__metadata__") or {})


def _read(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read {os.fspath(path)}: {error.strerror or error}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """The whole content under `path`, or an error and the old file."""
    import tempfile

    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        raise CheckpointError(f"cannot write {path}: {error.strerror or error}; what was there before is unchanged") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    """The process's mask for new files, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Flush a rename to the disk, where the system lets a folder be opened."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
