"""idx files: right ones of every type, and every way to be wrong, each with its message."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from netcore.data import files
from netcore.data.idx import read_idx
from netcore.errors import DataError
from tests.data.conftest import idx_bytes

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
GOOD = idx_bytes(IMAGES)


def write(folder: Path, content: bytes, name: str = "f-idx3-ubyte") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize(
    ("code", "dtype"), [(8, "u1"), (9, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_type(tmp_path: Path, code: int, dtype: str, packed: bool) -> None:
    array = np.array([[1, 2, 3], [4, 5, 100]]).astype(dtype)
    content = idx_bytes(array, code)
    read = read_idx(write(tmp_path, gzip.compress(content) if packed else content), ndim=2)
    assert read.dtype == np.dtype(dtype).newbyteorder("=") and read.dtype.isnative
    assert np.array_equal(read, array)


def test_no_elements_and_gz_without_its_suffix(tmp_path: Path) -> None:
    assert read_idx(write(tmp_path, idx_bytes(np.zeros((0, 28, 28), np.uint8)))).shape == (0, 28, 28)
    assert np.array_equal(read_idx(write(tmp_path, GOOD, "named.gz")), IMAGES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (gzip.compress(b""), "an empty file"),
        (GOOD[:3], "expected an idx file .* got 00 00 08"),
        (b"\x89PNG" + GOOD, "expected an idx file .* got 89 50 4e 47"),
        (gzip.compress(b"hello, this is a text"), "expected an idx file .* got 68 65 6c 6c"),
        (b"\0\0\x07\x03" + GOOD[4:], "got 00 00 07 03"),
        (b"\0\0\x08\0" + GOOD[4:], "got 00 00 08 00"),
        (GOOD[:9], "3 sizes in the idx header, got a file that ends after 9 bytes"),
        (GOOD[:-1], r"24 bytes of elements for the sizes \(2, 3, 4\) in its header, got 23 \(truncated\)"),
        (GOOD + b"x", r"got 25 \(trailing bytes\)"),
        (GOOD[:4] + struct.pack(">3I", 10**6, 10**3, 10**3) + GOOD[16:], "expected 1000000000000 bytes"),
        (GOOD[:4] + struct.pack(">3I", *[2**32 - 1] * 3) + GOOD[16:], "truncated"),
        (b"\0\0\x08\xff" + b"\xff" * 4 * 255, "3 axes, got 255 axes"),
        (GOOD[:4] + struct.pack(">3I", 0, 2**32 - 1, 2**32 - 1), "sizes that an array can have"),
        (gzip.compress(GOOD)[:-10], "gzip stream that ends too early"),
        (gzip.compress(GOOD)[:12], "gzip stream that ends too early"),
        (gzip.compress(GOOD)[:-5] + b"\0\0\0\0\0", "damaged gzip stream"),
        (gzip.compress(GOOD) + b"trailing", "damaged gzip stream"),
        (b"\x1f\x8b" + b"\xff" * 40, "damaged gzip stream"),
        (b"\x1f\x8b", "gzip stream that ends too early|damaged gzip stream"),
    ],
)
def test_wrong_content(tmp_path: Path, content: bytes, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError, match=message) as caught:
        read_idx(path, ndim=3)
    assert str(path) in str(caught.value) and "; " in str(caught.value)


def test_wrong_axes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="1 axes, got 3 axes; images and labels may be exchanged"):
        read_idx(write(tmp_path, GOOD), ndim=1)


def test_wrong_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="no such file; check the path"):
        read_idx(tmp_path / "missing")
    with pytest.raises(DataError, match="got a directory; name the file inside it"):
        read_idx(tmp_path)
    with pytest.raises(DataError, match="zero byte"):
        read_idx("a\0b")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(DataError, match="no permission to read it; change its permissions"):
        read_idx(tmp_path / "f")


def test_an_unpacking_bomb_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LIMIT", 1000)
    with pytest.raises(DataError, match="got more than 1000 bytes"):
        read_idx(write(tmp_path, gzip.compress(bytes(10_000_000))))


def test_every_truncation_and_every_flipped_header_byte_is_a_data_error(tmp_path: Path) -> None:
    packed = gzip.compress(GOOD)
    for content in (GOOD, packed):
        for end in range(len(content)):
            with pytest.raises(DataError):
                read_idx(write(tmp_path, content[:end]), ndim=3)
    for at in range(16):
        for bit in range(8):
            content = bytearray(GOOD)
            content[at] ^= 1 << bit
            if (at, content[at]) == (2, 9):
                continue  # int8 in place of uint8: sound in itself, `load` refuses it
            with pytest.raises(DataError):
                read_idx(write(tmp_path, bytes(content)), ndim=3)
