"""CIFAR-10 in its three forms, made small; and every way to be wrong."""

import io
import pickle
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from netcore.data import load, verify
from netcore.data.cifar import RECORD
from netcore.data.npz import read_npz
from netcore.errors import DataError

rng = np.random.default_rng(1)
BATCHES = {f"data_batch_{k}.bin": rng.integers(0, 256, (3, RECORD), np.uint8) for k in range(1, 6)}
BATCHES["test_batch.bin"] = rng.integers(0, 256, (4, RECORD), np.uint8)
for batch in BATCHES.values():
    batch[:, 0] %= 10
TRAIN = np.concatenate([BATCHES[f"data_batch_{k}.bin"] for k in range(1, 6)])


def write_binary(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in BATCHES.items():
        (folder / name).write_bytes(content.tobytes())


def write_archive(path: Path, names: tuple[str, ...] = tuple(BATCHES)) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = BATCHES[name].size
            archive.addfile(info, io.BytesIO(BATCHES[name].tobytes()))


def write_npz(path: Path, **changes: np.ndarray) -> None:
    images = TRAIN[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    arrays = {"x_train": images, "y_train": TRAIN[:, 0], "x_test": images[:2], "y_test": TRAIN[:2, 0]}
    np.savez_compressed(path, **(arrays | changes))


@pytest.mark.parametrize("form", ["cifar10", "cifar10/cifar-10-batches-bin", ".", "archive", "npz"])
def test_forms(tmp_path: Path, form: str) -> None:
    if form == "archive":
        write_archive(tmp_path / "cifar-10-binary.tar.gz")
    elif form == "npz":
        write_npz(tmp_path / "cifar10_lossless_few.npz")
    else:
        write_binary(tmp_path / form)
    d = load("cifar10", root=tmp_path)
    assert d.x.shape == (15, 3, 32, 32) and d.x.dtype == np.float32 and d.x.flags.c_contiguous
    assert np.array_equal(d.x.reshape(15, -1), TRAIN[:, 1:] / np.float32(255)) and np.array_equal(d.y, TRAIN[:, 0])
    assert len(load("cifar10", "test", root=tmp_path)) == (2 if form == "npz" else 4)
    report = verify("cifar10", tmp_path)
    assert form == "archive" or (len(report) == 2 and all("sound" in message for _, ok, message in report if ok))


def test_wrong_binary(tmp_path: Path) -> None:
    write_binary(tmp_path)
    (tmp_path / "data_batch_3.bin").unlink()
    with pytest.raises(DataError, match=r"data_batch_3.bin: expected a CIFAR-10 batch, got no such file"):
        load("cifar10", root=tmp_path)
    (tmp_path / "data_batch_3.bin").write_bytes(bytes(RECORD + 1))
    with pytest.raises(DataError, match=r"multiple of 3073 bytes\), got 3074 bytes"):
        load("cifar10", root=tmp_path)
    (tmp_path / "data_batch_3.bin").write_bytes(b"\x0a" * RECORD)
    with pytest.raises(DataError, match=r"labels in 0..9, got 10 at 0"):
        load("cifar10", root=tmp_path)
    (tmp_path / "data_batch_3.bin").write_bytes(b"")
    with pytest.raises(DataError, match="an empty file"):
        load("cifar10", root=tmp_path)
    assert not verify("cifar10", tmp_path)[0][1]


def test_wrong_archive(tmp_path: Path) -> None:
    path = tmp_path / "cifar-10-binary.tar.gz"
    write_archive(path, ("data_batch_1.bin",))
    with pytest.raises(DataError, match=r"got no data_batch_2.bin, .*take the binary version"):
        load("cifar10", root=tmp_path)
    write_archive(path)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"no archive" * 100, b""):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz"):
            load("cifar10", root=tmp_path)


def npy(shape: str, content: bytes, dtype: str = "|u1") -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (117 - len(header)) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy("(1000000, 1000000)", b"abc"), r"expected 1000000000000 bytes .* got 3"),
        (npy("(2,)", b"abc"), "expected 2 bytes .* got 3"),
        (npy("(1,)", pickle.dumps({}), "|O"), "pickled objects, which netcore never reads"),
        (b"\x93NUMPY", "damaged header"),
        (b"rubbish rubbish", "damaged header"),
        (npy("(-1, 3)", b"abc"), "expected|damaged"),
        (npy("'ab'", b"abc"), "damaged header"),
        (npy("(0, 4611686018427387904, 8)", b""), "a shape that an array can have"),
        (npy("(3,)", b"abc", "zz"), "damaged header"),
    ],
)
def test_wrong_npy(tmp_path: Path, content: bytes, message: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", content)
    with pytest.raises(DataError, match=message):
        read_npz(tmp_path / "a.npz", ("a",))


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.array([{}, print], object))
    with pytest.raises(DataError, match="pickled objects"):
        read_npz(tmp_path / "a.npz", ("a",))


def test_npz_in_fortran_order_and_wrong_ones(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", a=np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    assert np.array_equal(read_npz(tmp_path / "f.npz", ("a",))["a"], np.arange(6.0).reshape(2, 3))
    with pytest.raises(DataError, match=r"got no b \(it has a\)"):
        read_npz(tmp_path / "f.npz", ("a", "b"))
    whole = (tmp_path / "f.npz").read_bytes()
    for content in (whole[:-30], b"PK\x03\x04 no", b"", whole[:60] + b"\0" * 20 + whole[80:]):
        (tmp_path / "f.npz").write_bytes(content)
        with pytest.raises(DataError, match=r"f\.npz"):
            read_npz(tmp_path / "f.npz", ("a",))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": np.zeros((15, 3, 32, 32), np.uint8)}, r"uint8 \(N, 32, 32, 3\)"),
        ({"x_train": np.zeros((15, 32, 32, 3), np.float32)}, r"got float32"),
        ({"y_train": np.zeros(14, np.uint8)}, "y_train as 15 integers"),
        ({"y_train": np.zeros(15)}, "got float64"),
        ({"y_train": np.full(15, -1)}, "labels in 0..9, got -1 at 0"),
    ],
)
def test_wrong_lossless(tmp_path: Path, changes: dict[str, np.ndarray], message: str) -> None:
    write_npz(tmp_path / "cifar10_lossless_x.npz", **changes)
    with pytest.raises(DataError, match=message):
        load("cifar10", root=tmp_path)


def test_the_lossless_subset(big: Path) -> None:
    d = load("cifar10", root=big)
    assert d.x.shape == (4000, 3, 32, 32) and d.classes[d.y[0]] == "frog"  # the first image of data_batch_1
    assert len(load("cifar10", "test", root=big)) == 1000
