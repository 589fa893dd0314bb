"""Text files as tokens, vocabularies, and every way to be wrong."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcore.data import Vocabulary, load, load_text
from netcore.errors import ArgumentError, DataError


def test_splits_and_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfline one\r\nline two\rend")
    text = "line one\nline two\nend"
    parts = {split: load_text(tmp_path / "a.txt", split) for split in ("train", "validation", "test", "all")}
    assert parts["all"].vocabulary.symbols == "".join(sorted(set(text)))
    decoded = {split: d.vocabulary.decode(d.x) for split, d in parts.items()}
    assert (
        decoded["all"] == text
        and decoded["train"] == text[:18]
        and decoded["validation"] == text[18:] == decoded["test"]
    )
    assert parts["all"].x.dtype == np.int64 and parts["train"].y is None


def test_by_name_with_root_and_gz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress("Grüße, Welt: αβγ 🙂🙂".encode()))
    direct = load(f"text:{tmp_path / 'b.txt.gz'}", "all")
    assert direct.vocabulary.decode(direct.x).endswith("αβγ 🙂🙂") and direct.name.startswith("text:")
    assert np.array_equal(load("text:b.txt.gz", "all", root=tmp_path).x, direct.x)
    monkeypatch.setenv("NETCORE_DATA", str(tmp_path))
    assert np.array_equal(load("text:b.txt.gz", "all").x, direct.x)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"too short", "at least 10 characters of text, got 9"),
        (
            "Grüße aus Bremen".encode("latin1"),
            r"UTF-8 text, got byte 0xfc at 2 .*; convert it, for example with `iconv",
        ),
        (gzip.compress(b"a" * 1000)[:-9], "gzip stream that ends too early"),
        (b"\xff\xfea\0b\0c\0d\0e\0f\0", "byte 0xff at 0"),
    ],
)
def test_wrong_files(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "w.txt").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load_text(tmp_path / "w.txt")
    assert "w.txt" in str(caught.value)


def test_wrong_paths(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "none", "no such file"),
        (tmp_path, "a directory"),
        ("", "a directory|no such file"),
    ):
        with pytest.raises(DataError, match=message):
            load(f"text:{path}")
    with pytest.raises(ArgumentError, match="split must be one of"):
        load_text(tmp_path / "none", "first")


@given(st.text(min_size=1))
def test_decode_inverts_encode(text: str) -> None:
    v = Vocabulary.of(text)
    tokens = v.encode(text)
    assert v.decode(tokens) == text and tokens.dtype == np.int64
    assert [v.symbols[t] for t in tokens] == list(text)


def test_vocabulary_refuses() -> None:
    v = Vocabulary.of("abc")
    with pytest.raises(ArgumentError, match=r"character 'x' at 2 is not among the 3 symbols 'abc'"):
        v.encode("abxy")
    for tokens in ([0, 3], [-1], [[0]], [0.5], ["a"]):
        with pytest.raises(ArgumentError, match="tokens must be"):
            v.decode(tokens)
    assert v.decode([]) == "" and v.encode("").shape == (0,)
    for symbols in ("", "ba", "aa", 5):
        with pytest.raises(ArgumentError, match="distinct characters"):
            Vocabulary(symbols)  # type: ignore[arg-type]
