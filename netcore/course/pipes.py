"""The three pipes of a child: requests to it, answers from it, what it prints; every wait has a deadline.

    Selected   waits for whichever is ready, by select(2): Linux, macOS
    Threaded   each transfer in a thread that is given up at its deadline: Windows, whose select knows sockets only

Both read exactly as much as was asked for, and keep the beginning of what is printed.
"""

import contextlib
import os
import queue
import select
import threading
import time
from collections.abc import Callable
from typing import IO, Any

PRINTED = 4000  # characters of what a submission prints that are kept
PART = 1 << 16  # of a request at a time: as much as a pipe holds
LAST_SECONDS = 1.0  # for a thread to see that its pipe is closed


class TimeUp(Exception):
    """The deadline has passed."""


class Closed(Exception):
    """The other side has closed its end."""


class Selected:
    """The pipes of a process, watched together by one thread."""

    def __init__(self, to: IO[bytes], back: IO[bytes], prints: IO[bytes]) -> None:
        self._pipes = (to, back, prints)
        self.to, self.back, self.prints = (pipe.fileno() for pipe in self._pipes)
        self.printed = b""
        os.set_blocking(self.to, False)

    def send(self, data: bytes, deadline: float) -> None:
        """All of it; Closed where nobody reads any more."""
        view = memoryview(data)
        while view:
            if self.to in self._wait(deadline, writing=True):
                try:
                    view = view[os.write(self.to, view[:PART]) :]
                except BlockingIOError:
                    continue
                except OSError:
                    raise Closed

    def receive(self, size: int, deadline: float) -> bytes:
        """Exactly `size` bytes."""
        parts = []
        while size:
            if self.back in self._wait(deadline):
                part = os.read(self.back, min(size, 1 << 20))
                if not part:
                    raise Closed
                parts.append(part)
                size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Take what was printed last, after all who could print are dead (a pipe holds no more than this), and close."""
        for _ in range(64):
            if self.prints < 0 or not select.select([self.prints], [], [], 0)[0] or not self._keep(os.read(self.prints, PART)):
                break
        self.prints = -1
        _close(self._pipes)

    def _wait(self, deadline: float, writing: bool = False) -> list[int]:
        """Descriptors that are ready, after what was printed has been drained."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeUp
        watched = [fd for fd in (self.prints, -1 if writing else self.back) if fd >= 0]
        readable, writable, _ = select.select(watched, [self.to] if writing else [], [], left)
        if self.prints in readable and not self._keep(os.read(self.prints, PART)):
            self.prints = -1  # its standard error is closed
        return readable + writable

    def _keep(self, data: bytes) -> bool:
        self.printed += data[: max(0, PRINTED - len(self.printed))]
        return bool(data)


class Threaded:
    """The same where pipes cannot be waited for. A transfer that is given up ends when the child is ended."""

    def __init__(self, to: IO[bytes], back: IO[bytes], prints: IO[bytes]) -> None:
        self._pipes = (to, back, prints)
        self.printed = b""
        self._threads: list[threading.Thread] = []
        self._start(self._drain)

    def send(self, data: bytes, deadline: float) -> None:
        def action() -> None:
            view = memoryview(data)
            while view:
                view = view[os.write(self._pipes[0].fileno(), view[:PART]) :]

        self._within(deadline, action)

    def receive(self, size: int, deadline: float) -> bytes:
        def action() -> bytes:
            parts, left = [], size
            while left:
                if not (part := os.read(self._pipes[1].fileno(), min(left, 1 << 20))):
                    raise EOFError
                parts.append(part)
                left -= len(part)
            return b"".join(parts)

        return bytes(self._within(deadline, action))

    def close(self) -> None:
        """After the child is dead: its ends of the pipes are closed, so every thread sees the end of its own."""
        end = time.monotonic() + LAST_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        _close(self._pipes)

    def _drain(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(self._pipes[2].fileno(), PART):
                self.printed += data[: max(0, PRINTED - len(self.printed))]

    def _within(self, deadline: float, action: Callable[[], Any]) -> Any:
        """What `action` gives; TimeUp where it takes longer, Closed where its pipe is closed."""
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def run() -> None:
            try:
                done.put(action())
            except (OSError, EOFError, ValueError) as error:
                done.put(error)

        self._start(run)
        try:
            found = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeUp
        if isinstance(found, Exception):
            raise Closed
        return found

    def _start(self, target: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=target, daemon=True))
        self._threads[-1].start()


def _close(pipes: tuple[IO[bytes], ...]) -> None:
    for pipe in pipes:
        with contextlib.suppress(OSError):
            pipe.close()


of_child: type[Selected] | type[Threaded] = Selected if os.name == "posix" else Threaded
