"""The .ts format: equal and different lengths, one channel and many, and every way to be wrong."""

from pathlib import Path

import numpy as np
import pytest

from netcore.data import load_ts
from netcore.errors import DataError

HEAD = "#comment\n@problemName X\n@timeStamps false\n@equalLength false\n@classLabel true b a\n@data\n"
GOOD = HEAD + "1,2,3:4,5,6:a\n\n7,8:9,10:b\n"


def write(folder: Path, text: str, name: str = "X_TEST.ts") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_padding_lengths_and_labels(tmp_path: Path) -> None:
    d = load_ts(write(tmp_path, GOOD))
    assert d.x.tolist() == [[[1, 4], [2, 5], [3, 6]], [[7, 9], [8, 10], [0, 0]]] and d.x.dtype == np.float32
    assert d.lengths.tolist() == [3, 2] and d.lengths.dtype == np.int64
    assert d.y.tolist() == [1, 0] and d.classes == ("b", "a") and (d.name, d.split) == ("X_TEST", "test")
    assert load_ts(write(tmp_path, GOOD, "X_TRAIN.ts")).split == "train"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        ("hello\n", r"line 1: expected a line that begins with # or @, got 'hello'"),
        ("@problemName X\n", "a line @data"),
        (HEAD, "expected series after @data, got none"),
        (HEAD.replace("@timeStamps false", "@timeStamps true") + "1:a", "without time stamps"),
        (HEAD.replace("@classLabel true b a", "@classLabel false") + "1", "classified series"),
        (HEAD.replace("@classLabel true b a", "@targetLabel true") + "1:3.5", "@classLabel missing"),
        (HEAD + "1,2:c", r"line 7: expected a class of b, a, got 'c'"),
        (HEAD + "1,x:a", "numbers separated by commas, got could not convert"),
        (HEAD + "1,?:a", "missing values must be filled first"),
        (HEAD + "1,nan:a", "finite numbers"),
        (HEAD + "1,2:3:a", "channels of one length, got 2, 1"),
        (HEAD + "a", "channels of one length, got no channel"),
        (HEAD + "1,2:a\n1,2:3,4:a", "line 8: expected 1 channels, as before, got 2"),
        (
            HEAD.replace("@equalLength false", "@equalLength true") + "1,2:a\n1:b",
            "equal length, as its header says, got 1 to 2",
        ),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_ts(write(tmp_path, text))
    assert "X_TEST.ts" in str(caught.value)


def test_japanese_vowels(big: Path) -> None:
    d = load_ts(big / "timeseries" / "JapaneseVowels_TRAIN.ts")
    assert d.x.shape == (270, 26, 12) and (d.lengths.min(), d.lengths.max()) == (7, 26)
    assert np.bincount(d.y).tolist() == [30] * 9
    assert all((x[n:] == 0).all() and (x[n - 1] != 0).any() for x, n in zip(d.x, d.lengths, strict=True))
    assert d.x[0, 0, 0] == np.float32(1.860936)
