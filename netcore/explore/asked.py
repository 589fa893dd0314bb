"""A question from the page: what stands behind '?', and a body. Everything in it is checked before it is used."""

import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netcore.errors import ArgumentError, ShapeError


@dataclass
class Asked:
    """`query` and, for a body in JSON, its fields are read by the same methods; the body's win."""

    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    json: bool = False

    def __post_init__(self) -> None:
        self.fields: dict[str, Any] = dict(self.query)
        if self.json:
            try:
                told = json.loads(self.body)
            except (ValueError, RecursionError):
                raise ArgumentError("the request's body is not JSON") from None
            if not isinstance(told, dict):
                raise ArgumentError("the request's body must be a JSON object")
            self.fields |= told

    def whole(self, name: str, stop: int, default: int | None = None) -> int:
        """A whole number in 0 … stop - 1."""
        value = self.fields.get(name, default)
        if isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < stop:
            raise ArgumentError(f"{name} must be a whole number in 0..{stop - 1}")
        return value

    def number(self, name: str) -> float:
        """A finite number."""
        value = self.fields.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e6 or not math.isfinite(value):
            raise ArgumentError(f"{name} must be a number between -1e6 and 1e6")
        return float(value)

    def text(self, name: str, longest: int, default: str | None = None) -> str:
        value = self.fields.get(name, default)
        if not isinstance(value, str) or len(value) > longest:
            raise ArgumentError(f"{name} must be a text of at most {longest} characters")
        return value

    def pixels(self, shape: tuple[int, ...]) -> np.ndarray:
        """The body as an image of this shape: float32, little-endian, brought into [0, 1]."""
        if len(self.body) != 4 * math.prod(shape):
            raise ShapeError(f"an image of shape {shape} has {4 * math.prod(shape)} bytes, got {len(self.body)}")
        x = np.frombuffer(self.body, "<f4").astype(np.float32).reshape(shape)
        if not np.isfinite(x).all():
            raise ArgumentError("the image holds numbers that are not finite")
        return np.clip(x, 0, 1)
