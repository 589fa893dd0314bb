"""Frames between the grader and the child.

To the child:   8 bytes length · JSON {steps, outputs, arrays} · the arrays' raw bytes.
To the grader:  a header of HEADER bytes, JSON filled up with spaces · where status is "ok", the bytes of every output.
The grader reads exactly as much as its own specification says: nothing that the child sends decides how much is read.
No pickle, no npz: bytes become numbers and nothing else.
"""

import json
import os
import struct
from typing import Any

HEADER = 2048


def read_exactly(fd: int, size: int) -> bytes:
    """`size` bytes; EOFError where the other side is gone."""
    parts = []
    while size:
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write_all(fd: int, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def request(message: dict[str, Any], raw: bytes = b"") -> bytes:
    """A frame for the child."""
    head = json.dumps(message, separators=(",", ":")).encode()
    return struct.pack("<Q", len(head)) + head + raw


def read_request(fd: int) -> dict[str, Any]:
    (size,) = struct.unpack("<Q", read_exactly(fd, 8))
    return json.loads(read_exactly(fd, size))


def header(status: str, **more: Any) -> bytes:
    """A reply's header of HEADER bytes; long texts are cut."""
    fields = {"status": status, **{key: str(value)[:300] if isinstance(value, str) else value for key, value in more.items()}}
    head = json.dumps(fields).encode()
    return head.ljust(HEADER) if len(head) <= HEADER else json.dumps({"status": status}).encode().ljust(HEADER)


def parse_header(data: bytes) -> dict[str, Any]:
    """The header as a dict with a text `status`; ValueError for anything else, however it was made."""
    try:
        fields = json.loads(data.decode())
    except RecursionError:
        raise ValueError("nested too deep")
    if not isinstance(fields, dict) or not isinstance(fields.get("status"), str):
        raise ValueError("not a header")
    return fields
