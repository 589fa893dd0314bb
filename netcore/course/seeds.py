"""Seeds: visible tests from a public one, hidden tests from HMAC(key, assignment | test | sha256(submission)).

So a regrade asks the same, another submission is asked something else, and nobody without the key can tell what.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

import numpy as np

from netcore.errors import ArgumentError

PUBLIC = b"netcore: visible tests"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def generator(key: bytes | None, assignment: str, task: str, submission: str, index: int) -> np.random.Generator:
    """The numbers of one case; without a key those of the visible test, which are the same for everybody."""
    text = f"{assignment}|{task}|{submission if key else 'visible'}|{index}"
    seed = hmac.new(key or PUBLIC, text.encode(), hashlib.sha256).digest()
    return np.random.default_rng(np.frombuffer(seed, np.uint32))


def read_key(path: str | Path) -> bytes:
    """An instructor's key from its file: 32 bytes in hexadecimal, as `make_key` writes."""
    try:
        key = bytes.fromhex(Path(path).read_text(encoding="ascii").strip())
    except (ValueError, UnicodeDecodeError):
        raise ArgumentError(f"{path}: a key file holds 64 hexadecimal digits")
    if len(key) < 16:
        raise ArgumentError(f"{path}: a key of {len(key)} bytes is too short; 32 are usual")
    return key


def make_key(path: str | Path) -> None:
    """Write a fresh key that only its owner may read."""
    with open(path, "x", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(secrets.token_hex(32) + "\n")
