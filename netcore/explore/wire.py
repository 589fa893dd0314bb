"""An answer: JSON, and the arrays it names as raw bytes behind it.

    uint32   length of the JSON, little-endian
    JSON     UTF-8, filled up with spaces so that the bytes behind it begin at a multiple of 4
    bytes    the arrays one after the other, little-endian float32 or int32

In the JSON an array is {"dtype": "f" or "i", "shape": […], "at": first byte}. A number that is not finite is null, since
JSON has no word for it. static/api.js reads this. Cost: one copy of each array.
"""

import json
import math
from typing import Any

import numpy as np


def pack(answer: Any) -> bytes:
    """The answer as bytes.

    >>> pack({"a": np.zeros(2)})[4:-8].decode().strip()
    '{"a": {"dtype": "f", "shape": [2], "at": 0}}'
    """
    parts: list[bytes] = []
    header = json.dumps(_plain(answer, parts), allow_nan=False).encode()
    header += b" " * (-len(header) % 4)
    return b"".join([len(header).to_bytes(4, "little"), header, *parts])


def _plain(value: Any, parts: list[bytes]) -> Any:
    if isinstance(value, np.ndarray):
        kind, dtype = ("f", "<f4") if value.dtype.kind == "f" else ("i", "<i4")
        at = sum(map(len, parts))
        parts.append(np.ascontiguousarray(value, dtype).tobytes())
        return {"dtype": kind, "shape": list(value.shape), "at": at}
    if isinstance(value, dict):
        return {str(key): _plain(part, parts) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part, parts) for part in value]
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    return float(value) if math.isfinite(value) else None
