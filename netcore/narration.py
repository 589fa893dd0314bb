"""The narrated phase protocol: which forward made which cache, who replaced or altered it, where numbers stop being finite.

    with nc.debug():                        # or NETCORE_DEBUG=1 in the environment
        net.backward(loss.backward())

    #17 forward   Conv2d 'conv1'   (64, 1, 28, 28) -> (64, 32, 24, 24)   caches 0.3 MB   train.py:41
    #17 backward  Conv2d 'conv1'   (64, 32, 24, 24) -> (64, 1, 28, 28)

Every forward phase gets a ticket. At its backward phase the cached arrays are compared with their checksums from the
forward phase: an array that was altered in between is a PhaseError that names it. When a pass was dropped because a new one
began, the PhaseError says by which forward, at which line of your program. The first array that is not finite is named once.

When it is off, a layer asks one question a phase, and nothing is kept.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from netcore.errors import PhaseError

HOME = str(Path(__file__).parent) + os.sep


@dataclass
class Ticket:
    """One forward phase of one layer."""

    number: int
    place: str  # file:line of the program's own call
    checksums: list[tuple[str, int]]


class Narrator:
    """Keeps a ticket for each cache, in the same order as the layer keeps its caches."""

    def __init__(self, stream: TextIO, verbose: bool) -> None:
        self.stream, self.verbose = stream, verbose
        self.count = 0
        self.found_nonfinite = False
        self._tickets: dict[int, list[Ticket]] = {}
        self._dropped: dict[int, Ticket] = {}  # the newest ticket whose cache was given up unused
        self._latest: dict[int, Ticket] = {}  # the newest ticket of all
        self._layers: dict[int, Any] = {}  # keeps the ids from being used again

    def forward(self, layer: Any, inputs: tuple[Any, ...], output: Any, cache: Any) -> None:
        self.count += 1
        arrays = dict(_arrays(cache)) if layer.training else {}
        ticket = Ticket(self.count, _place(), [(name, _checksum(array)) for name, array in arrays.items()])
        self._layers[id(layer)] = layer
        if layer.training:
            self._tickets.setdefault(id(layer), []).append(ticket)
            self._latest[id(layer)] = ticket
        size = sum(array.nbytes for array in arrays.values()) / 1e6
        self._say(f"#{self.count} forward   {layer.where}   {_shapes(inputs)} -> {_shapes(output)}   caches {size:.1f} MB   {ticket.place}")
        self._look(f"the output of {layer.where} in forward #{self.count}", output, inputs)

    def before_backward(self, layer: Any, cache: Any) -> None:
        """Raise PhaseError if a cached array is not what the forward phase left."""
        tickets = self._tickets.get(id(layer))
        if not tickets:
            return
        for (name, before), (_, array) in zip(tickets[-1].checksums, _arrays(cache), strict=True):
            if _checksum(array) != before:
                raise PhaseError(
                    f"the cached array {name} was altered after forward #{tickets[-1].number} ({tickets[-1].place}); "
                    "do not write into arrays that you gave to a layer or got from one before its backward phase"
                )

    def backward(self, layer: Any, gradients: tuple[Any, ...], result: Any) -> None:
        tickets = self._tickets.get(id(layer))
        number = tickets.pop().number if tickets else 0
        self._say(f"#{number} backward  {layer.where}   {_shapes(gradients)} -> {_shapes(result)}")
        self._look(f"the input gradient of {layer.where} for forward #{number}", result, gradients)

    def dropped(self, layer: Any, newest_only: bool = False) -> None:
        """The layer gives up its caches (or the newest) without a backward phase."""
        tickets = self._tickets.get(id(layer), [])
        if tickets:
            self._dropped[id(layer)] = tickets[-1]
        if newest_only and tickets:
            tickets.pop()
        else:
            tickets.clear()

    def explain(self, layer: Any) -> str:
        """Why nothing is pending, where a ticket tells it."""
        wanted, latest = self._dropped.get(id(layer)), self._latest.get(id(layer))
        if wanted is None or latest is None:
            return ""
        if latest is wanted:
            return f" (it wants forward #{wanted.number} of {wanted.place}, whose cache was dropped by a reset)"
        return f" (it wants forward #{wanted.number} of {wanted.place}, but forward #{latest.number} replaced its cache at {latest.place})"

    def _look(self, what: str, value: Any, sources: Any) -> None:
        if self.found_nonfinite:
            return
        bad = next((array for _, array in _arrays(value) if array.dtype.kind == "f" and not np.isfinite(array).all()), None)
        if bad is None:
            return
        self.found_nonfinite = True
        entered = any(array.dtype.kind == "f" and not np.isfinite(array).all() for _, array in _arrays(sources))
        index = tuple(int(i) for i in np.unravel_index(int(np.argmin(np.isfinite(bad))), bad.shape))
        print(f"first array that is not finite: {what}: {bad[index]} at {index}{' (so was what came in)' if entered else ''}", file=self.stream)

    def _say(self, line: str) -> None:
        if self.verbose:
            print(line, file=self.stream)


narrator: Narrator | None = None


@contextmanager
def debug(verbose: bool = True, stream: TextIO | None = None) -> Iterator[Narrator]:
    """Narrate the phase protocol inside the block, to `stream` (standard error); verbose=False only checks.

    >>> import io, netcore as nc
    >>> told = io.StringIO()
    >>> with nc.debug(stream=told):
    ...     y = nc.ReLU().forward(np.ones((2, 3)))
    >>> told.getvalue().split()[:5]
    ['#1', 'forward', 'ReLU', '(2,', '3)']
    """
    global narrator
    before = narrator
    narrator = Narrator(stream or sys.stderr, verbose)
    try:
        yield narrator
    finally:
        narrator = before


def _arrays(value: Any, name: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """(name, array) of all arrays in nested tuples, lists and dicts."""
    if isinstance(value, np.ndarray):
        yield name or "cache", value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _arrays(part, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (tuple, list)):
        keys = getattr(value, "_fields", range(len(value)))
        for key, part in zip(keys, value, strict=True):
            yield from _arrays(part, f"{name}.{key}" if name else str(key))


def _checksum(array: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data) if array.size else 0


def _shapes(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(_shapes(part) for part in value)
    return "-" if value is None else str(np.shape(value))


def _place() -> str:
    """file:line of the innermost call that is not netcore's own."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(HOME):
        if frame.f_back is None:
            break
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


if os.environ.get("NETCORE_DEBUG", "") not in ("", "0"):
    narrator = Narrator(sys.stderr, verbose=True)
