"""`load` from folders: layouts, mixed-up files, wrong shapes and labels, subsets; and the facts of the full sets."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from netcore.data import describe, load, verify
from netcore.errors import ArgumentError, DataError
from tests.data.conftest import idx_bytes, write_mnist


@pytest.mark.parametrize("folder", ["mnist", "MNIST/raw", "."])
@pytest.mark.parametrize("packed", [False, True])
def test_layouts(tmp_path: Path, folder: str, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    made = write_mnist(tmp_path / folder, packed=packed)
    train = load("mnist", root=tmp_path)
    assert np.array_equal(train.x, made["train-images-idx3"][:, None] / np.float32(255))
    assert np.array_equal(train.y, made["train-labels-idx1"]) and train.y.dtype == np.int64
    monkeypatch.setenv("NETCORE_DATA", str(tmp_path))
    assert load("mnist", "test").x.shape == (5, 1, 28, 28)


def test_names_with_a_dot(tmp_path: Path) -> None:
    write_mnist(tmp_path, packed=False)
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert len(load("mnist", root=tmp_path)) == 12


def test_the_cache_is_the_last_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    write_mnist(tmp_path / "netcore" / "data" / "mnist")
    assert len(load("mnist", download=False)) == 12
    write_mnist(tmp_path / "named" / "mnist", train=3)
    monkeypatch.setenv("NETCORE_DATA", str(tmp_path / "named"))
    assert len(load("mnist", download=False)) == 3


def test_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"mnist: expected train-images-idx3-ubyte.gz, got nothing in .*NETCORE_DATA"):
        load("mnist", root=tmp_path, download=False)
    with pytest.raises(DataError, match="a folder with data sets, got no such folder; check root="):
        load("mnist", root=tmp_path / "none")
    monkeypatch.setenv("NETCORE_DATA", str(tmp_path / "none"))
    with pytest.raises(DataError, match="got no such folder; check NETCORE_DATA"):
        load("mnist")
    assert len(load("nile")) == 80  # embedded
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="got a file"):
        load("mnist", root=tmp_path / "file")
    with pytest.raises(ArgumentError, match="root must be the path of a folder"):
        load("mnist", root=7)  # type: ignore[arg-type]
    assert [ok for _, ok, message in verify("mnist", tmp_path) if "not found in" in message] == [False] * 4


@pytest.mark.parametrize(
    ("file", "array", "message"),
    [
        ("train-images-idx3", np.zeros((12, 14, 14), np.uint8), "images of 28x28, got 14x14"),
        ("train-images-idx3", np.zeros(12, np.uint8), "3 axes, got 1 axes"),
        ("train-labels-idx1", np.zeros((12, 28, 28), np.uint8), "1 axes, got 3 axes"),
        ("train-labels-idx1", np.zeros(11, np.uint8), "12 labels, one for each image, got 11"),
        ("train-labels-idx1", np.array([0] * 11 + [10], np.uint8), "labels in 0..9, got 10 at 11"),
    ],
)
def test_wrong_arrays(tmp_path: Path, file: str, array: np.ndarray, message: str) -> None:
    write_mnist(tmp_path)
    (tmp_path / f"{file}-ubyte.gz").write_bytes(gzip.compress(idx_bytes(array)))
    with pytest.raises(DataError, match=message) as caught:
        load("mnist", root=tmp_path)
    assert file in str(caught.value)


def test_wrong_type_of_elements(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(idx_bytes(np.zeros((12, 28, 28), ">f4"), 0x0D))
    with pytest.raises(DataError, match="elements of type uint8"):
        load("mnist", root=tmp_path)


def test_files_of_another_data_set_are_recognised(big: Path) -> None:
    with pytest.raises(DataError, match=r"got train-images-idx3-ubyte.gz of 'fashion-mnist'; keep each data set"):
        load("mnist", root=big / "fashion-mnist")
    assert "(it is train-images-idx3-ubyte.gz of 'fashion-mnist')" in verify("mnist", big / "fashion-mnist")[0][2]


def test_an_altered_file_of_the_right_size_is_refused(big: Path, tmp_path: Path) -> None:
    labels = bytearray(gzip.decompress((big / "mnist" / "t10k-labels-idx1-ubyte.gz").read_bytes()))
    labels[100] = (labels[100] + 1) % 10
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(labels)
    (tmp_path / "t10k-images-idx3-ubyte.gz").symlink_to(big / "mnist" / "t10k-images-idx3-ubyte.gz")
    with pytest.raises(DataError, match="damaged or altered"):
        load("mnist", "test", root=tmp_path)


def test_facts_of_mnist(big: Path) -> None:
    train, test = load("mnist", root=big), load("mnist", "test", root=big)
    assert train.x.shape == (60_000, 1, 28, 28) and test.x.shape == (10_000, 1, 28, 28)
    assert abs(train.x.mean(dtype=np.float64) - 0.1307) < 5e-5
    assert abs(train.x.std(dtype=np.float64) - 0.3081) < 5e-5
    assert train.y[:5].tolist() == [5, 0, 4, 1, 9] and test.y[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_facts_of_the_others(big: Path) -> None:
    fashion = load("fashion-mnist", "test", root=big)
    assert (np.bincount(fashion.y) == 1000).all() and fashion.classes[fashion.y[0]] == "Ankle boot"
    shakespeare = load("tiny-shakespeare", root=big)
    assert len(shakespeare) == 1_003_854 and len(shakespeare.vocabulary) == 65
    assert shakespeare.vocabulary.decode(shakespeare.x[:14]) == "First Citizen:"
    assert all(ok for name in ("mnist", "fashion-mnist", "tiny-shakespeare") for _, ok, _ in verify(name, big))
    assert all(row["found"] for row in describe(big))


def test_pca_of_mnist_leaves_the_known_error(big: Path) -> None:
    """30 components fitted on the training images leave 13.866 on the test images (per image, summed over pixels)."""
    train, test = (load("mnist", split, root=big).x.reshape(-1, 784).astype(np.float64) for split in ("train", "test"))
    mean = train.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov(train.T))
    codes = vectors[:, -30:]
    rest = (test - mean) - (test - mean) @ codes @ codes.T
    assert abs((rest**2).sum(axis=1).mean() - 13.866) < 5e-4
