"""Files for the tests of `netcore.data`: the large data sets where they are, and small ones made on the spot."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def big() -> Path:
    """The folder with the full data sets: NETCORE_DATA, or ../shared/data beside the repository."""
    named = os.environ.get("NETCORE_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the full data sets are not here ({folder}); name their folder by NETCORE_DATA")
    return folder


@pytest.fixture(autouse=True)
def no_surroundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, big_requested: bool
) -> None:
    """No test sees the user's cache, or NETCORE_DATA unless it asks for the full data sets."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path_factory.mktemp("appdata")))
    if not big_requested:
        monkeypatch.delenv("NETCORE_DATA", raising=False)


@pytest.fixture
def big_requested(request: pytest.FixtureRequest) -> bool:
    return "big" in request.fixturenames


def idx_bytes(array: np.ndarray, code: int = 8) -> bytes:
    """An array in the idx format."""
    return struct.pack(f">4B{array.ndim}I", 0, 0, code, array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder: Path, train: int = 12, test: int = 5, packed: bool = True) -> dict[str, np.ndarray]:
    """A little data set in MNIST's form."""
    rng, made = np.random.default_rng(0), {}
    folder.mkdir(parents=True, exist_ok=True)
    for split, n in (("train", train), ("t10k", test)):
        for kind, array in (
            ("images-idx3", rng.integers(0, 256, (n, 28, 28)).astype(np.uint8)),
            ("labels-idx1", rng.integers(0, 10, n).astype(np.uint8)),
        ):
            content = idx_bytes(array)
            made[f"{split}-{kind}"] = array
            path = folder / f"{split}-{kind}-ubyte{'.gz' if packed else ''}"
            path.write_bytes(gzip.compress(content) if packed else content)
    return made
