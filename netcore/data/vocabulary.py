"""Characters as numbers: the vocabulary of a character model is the sorted set of the characters of its text.

Read next: `text.py`, which reads text files, and `sequences.py`, which cuts tokens into chunks.
"""

from dataclasses import dataclass

import numpy as np

from netcore.errors import ArgumentError


@dataclass(frozen=True)
class Vocabulary:
    """The symbols of a text, in code-point order; token k stands for `symbols[k]`.

    >>> v = Vocabulary.of("to be or not")
    >>> v.symbols, len(v)
    (' benort', 7)
    >>> v.decode(v.encode("not to"))
    'not to'
    """

    symbols: str

    @classmethod
    def of(cls, text: str) -> "Vocabulary":
        return cls("".join(sorted(set(text))))

    def __post_init__(self) -> None:
        if not isinstance(self.symbols, str) or not self.symbols or "".join(sorted(set(self.symbols))) != self.symbols:
            raise ArgumentError(f"symbols must be distinct characters in code-point order, got {self.symbols!r}")

    def __len__(self) -> int:
        return len(self.symbols)

    def __repr__(self) -> str:
        return f"Vocabulary({self.symbols!r})"

    def encode(self, text: str) -> np.ndarray:
        """The tokens, int64 (L,). Raises `ArgumentError` for a character that the vocabulary lacks."""
        points, known = code_points(text), code_points(self.symbols)
        tokens = np.minimum(np.searchsorted(known, points), len(known) - 1)
        wrong = np.flatnonzero(known[tokens] != points)
        if wrong.size:
            at = int(wrong[0])
            raise ArgumentError(f"character {text[at]!r} at {at} is not among the {len(self)} symbols {self.symbols!r}")
        return tokens

    def decode(self, tokens: "np.ndarray | list[int]") -> str:
        """The text. Raises `ArgumentError` for tokens that are not in 0..len-1."""
        tokens = np.asarray(tokens)
        if tokens.size == 0:
            return ""
        if tokens.ndim != 1 or tokens.dtype.kind not in "iu":
            raise ArgumentError(f"tokens must be integers with one axis, got {tokens.dtype} of shape {tokens.shape}")
        if tokens.min() < 0 or tokens.max() >= len(self):
            raise ArgumentError(f"tokens must be in 0..{len(self) - 1}, got {tokens.min()}..{tokens.max()}")
        return "".join(map(self.symbols.__getitem__, tokens.tolist()))


def code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
