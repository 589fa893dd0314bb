"""A download that goes on where it broke off.

What has arrived stays in a partial file; the next request asks the server for the rest (`Range: bytes=HAVE-`, RFC 9110,
section 14). The answer 206 brings the rest; 200 brings all of it, from a server that knows no ranges, and the partial
file is begun anew. Attempts that bring nothing are few; as long as bytes arrive, it goes on.
"""

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

from netcore.errors import DataError

TIMEOUT = 30.0  # seconds without a byte
ATTEMPTS = 3  # in a row that bring nothing
PAUSE = 1.0  # seconds, times the attempts in vain
STEP = 1 << 16


class ResumingDownloader:
    """Called by pooch as `downloader(url, output_file, pooch)`: fetch into `partial`, check, move to `output_file`."""

    def __init__(self, partial: Path, check: Callable[[Path], str | None], progress: bool | None = None):
        self.partial, self.check = partial, check
        self.progress = sys.stderr.isatty() if progress is None else progress

    def __call__(self, url: str, output_file: Any, _pooch: Any = None, check_only: bool = False) -> None:
        whole = self.have() > 0 and self.check(self.partial) is None
        most, in_vain = self.have(), 0
        while not whole:
            try:
                whole = self.receive(url)
                reason: Exception = ConnectionError(f"the connection broke off after {self.have()} bytes")
            except urllib.error.HTTPError:
                raise  # the server's answer, 404 say: asking again does not change it
            except (OSError, HTTPException) as error:  # refused, broken off, timed out, disk full
                reason = error
            in_vain = 0 if self.have() > most else in_vain + 1
            most = max(most, self.have())
            if not whole and in_vain == ATTEMPTS:
                raise reason
            time.sleep(0 if whole else PAUSE * in_vain)
        if wrong := self.check(self.partial):
            self.partial.unlink()
            raise DataError(f"the file that came is wrong: {wrong}")
        self.partial.replace(output_file)

    def have(self) -> int:
        return self.partial.stat().st_size if self.partial.exists() else 0

    def receive(self, url: str) -> bool:
        """Ask for the bytes that are missing and append them; True when the file is whole."""
        have = self.have()
        request = urllib.request.Request(url, headers={"User-Agent": "netcore", "Accept-Encoding": "identity"})
        if have:
            request.add_header("Range", f"bytes={have}-")
        try:
            response = urllib.request.urlopen(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 416 or not have:
                raise
            self.partial.unlink()  # 416: nothing comes after what is here, and it is not right: it is of another file
            return False
        with response:
            if response.status != 206 or not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                have = 0  # the server sends all of it, whatever was asked for
            length = response.headers.get("Content-Length")
            total = None if length is None else have + int(length)
            with open(self.partial, "ab" if have else "wb") as out, bar(url, have, total, self.progress) as advance:
                while step := response.read(STEP):
                    out.write(step)
                    advance(len(step))
        return total is None or self.have() == total


@contextmanager
def bar(url: str, have: int, total: int | None, show: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar of rich, if it is wanted and installed; yields the function that moves it on."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn
    except ImportError:
        show = False
    if not show:
        yield lambda _: None
        return
    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(url.rsplit("/", 1)[-1], completed=have, total=total)
        yield lambda n: progress.advance(task, n)
