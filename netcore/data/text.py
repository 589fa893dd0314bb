"""Any text file as a data set of a character model: the first 90 % to train, the last 10 % to validate.

The vocabulary comes from the whole file, so that every split can be encoded. Line ends are made '\\n' and a byte-order
mark is dropped, as Python's text mode does. Read next: `sequences.py`.
"""

from pathlib import Path

import numpy as np

from netcore.checks import one_of
from netcore.data.dataset import Dataset
from netcore.data.files import problem, read_bytes
from netcore.data.vocabulary import Vocabulary

SPLITS = ("train", "validation", "test", "all")  # 'test' is another name of 'validation'


def load_text(
    path: "Path | str", split: str = "train", *, name: str = "", licence: str = "", source: str = ""
) -> Dataset:
    """Read a UTF-8 text file (plain or .gz) as tokens.

    `x` is int64 (L,): the first 90 % of the characters ('train'), the last 10 % ('validation' or 'test') or 'all';
    `vocabulary` decodes them. Raises `DataError` for bytes that are not UTF-8, an empty or an unreadable file.
    """
    one_of("split", split, SPLITS)
    text = decode(read_bytes(path, "a UTF-8 text file"), path)
    vocabulary = Vocabulary.of(text)
    return Dataset(
        part(vocabulary.encode(text), split), name=name or f"text:{path}", split=split, vocabulary=vocabulary,
        licence=licence, source=source or str(path),
    )  # fmt: skip


def part(tokens: np.ndarray, split: str) -> np.ndarray:
    """The split of a sequence: the boundary stands at the whole number just under 90 %."""
    boundary = len(tokens) * 9 // 10
    return {"train": tokens[:boundary], "all": tokens}.get(split, tokens[boundary:])


def decode(content: bytes, path: "Path | str") -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = content[error.start]
        raise problem(path, "UTF-8 text", f"byte 0x{byte:02x} at {error.start} ({error.reason})",
                      "convert it, for example with `iconv -f latin1 -t utf-8`") from None  # fmt: skip
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) < 10:
        raise problem(path, "at least 10 characters of text", f"{len(text)}", "use a longer text")
    return text
