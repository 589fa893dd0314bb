"""Downloads from a server on this machine that breaks off, lies, knows no ranges, or is gone."""

import gzip
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from netcore.data import download, fetch, load, registry, resume
from netcore.data.catalogue import Entry, File
from netcore.errors import ArgumentError, DataError

pytest.importorskip("pooch")
CONTENT = np.random.default_rng(0).integers(0, 256, 300_000).astype(np.uint8).tobytes()


class Server(ThreadingHTTPServer):
    """Serves `files`; `cuts` are the numbers of bytes after which the next answers break off; notes what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []
        self.ranges, self.lengths = True, True
        self.asked: list[tuple[str, str | None]] = []

    def url(self, path: str = "{file}") -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append((self.path, asked))
        content = self.server.files.get(self.path[1:])
        if content is None:
            self.send_error(404, "Not here")
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.server.ranges else 0
        if start and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if self.server.lengths:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else len(content)
        self.wfile.write(content[start : start + cut])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(resume, "PAUSE", 0)
    monkeypatch.setattr(resume, "TIMEOUT", 5)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def entry_of(server: Server, content: bytes = CONTENT, packed: bool = False, urls: tuple[str, ...] = ()) -> Entry:
    file = File("thing.bin", hashlib.sha256(content).hexdigest(), len(content), packed)
    return Entry("thing", "text", "a thing", (file,), "none", "here", folders=("things",), urls=urls or (server.url(),))


@pytest.mark.parametrize("packed", [False, True])
def test_plain(server: Server, tmp_path: Path, packed: bool) -> None:
    """The hash of content inside gzip, and of a file as it is (which pooch checks as well)."""
    server.files["thing.bin"] = gzip.compress(CONTENT) if not packed else CONTENT
    e = entry_of(server, packed=packed)
    path = download.fetch_file(e, e.files[0], tmp_path)
    assert path == tmp_path / "things" / "thing.bin" and path.read_bytes() == server.files["thing.bin"]
    assert [p.name for p in path.parent.iterdir()] == ["thing.bin"]
    assert server.asked == [("/thing.bin", None)]


def test_resumes_what_breaks_off(server: Server, tmp_path: Path) -> None:
    server.files["thing.bin"], server.cuts = CONTENT, [100_000, 0, 50_000, 1]
    e = entry_of(server)
    assert download.fetch_file(e, e.files[0], tmp_path).read_bytes() == CONTENT
    assert [r for _, r in server.asked] == [None, *(f"bytes={n}-" for n in (100_000, 100_000, 150_000, 150_001))]


def test_an_interrupted_process_goes_on(server: Server, tmp_path: Path) -> None:
    server.files["thing.bin"] = CONTENT
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / ".thing.bin.part").write_bytes(CONTENT[:123_456])
    e = entry_of(server)
    assert download.fetch_file(e, e.files[0], tmp_path).read_bytes() == CONTENT
    assert server.asked == [("/thing.bin", "bytes=123456-")]


@pytest.mark.parametrize("kept", [CONTENT, CONTENT + b"more", b"x" * 400_000, b"x" * 1000])
def test_a_partial_file_that_is_whole_or_of_another_file(server: Server, tmp_path: Path, kept: bytes) -> None:
    """Whole: nothing is asked. Too long: 416, begun anew. Wrong in the beginning: thrown away after the check."""
    server.files["thing.bin"] = CONTENT
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / ".thing.bin.part").write_bytes(kept)
    e = entry_of(server)
    if len(kept) < len(CONTENT):
        with pytest.raises(DataError, match="the file that came is wrong: its SHA-256 is"):
            download.fetch_file(e, e.files[0], tmp_path)
    assert download.fetch_file(e, e.files[0], tmp_path).read_bytes() == CONTENT
    assert len(server.asked) == (0 if kept == CONTENT else 2)


def test_a_server_without_ranges(server: Server, tmp_path: Path) -> None:
    server.files["thing.bin"], server.cuts, server.ranges = CONTENT, [100_000], False
    e = entry_of(server)
    assert download.fetch_file(e, e.files[0], tmp_path).read_bytes() == CONTENT
    assert [r for _, r in server.asked] == [None, "bytes=100000-"]


def test_a_server_without_ranges_that_always_breaks_off(server: Server, tmp_path: Path) -> None:
    server.files["thing.bin"], server.cuts, server.ranges = CONTENT, [1000, 600] * 50, False
    e = entry_of(server)
    with pytest.raises(DataError, match="broke off after"):
        download.fetch_file(e, e.files[0], tmp_path)
    assert len(server.asked) == 1 + resume.ATTEMPTS


def test_a_server_without_lengths(server: Server, tmp_path: Path) -> None:
    server.files["thing.bin"], server.lengths = CONTENT, False
    e = entry_of(server)
    assert download.fetch_file(e, e.files[0], tmp_path).read_bytes() == CONTENT
    server.cuts = [1000]
    with pytest.raises(DataError, match="the file that came is wrong"):
        download.fetch_file(replace(e, folders=("other",)), e.files[0], tmp_path)


def test_the_server_breaks_off_for_good(server: Server, tmp_path: Path) -> None:
    server.files["thing.bin"], server.cuts = CONTENT, [70_000, *[0] * 20]
    e = entry_of(server)
    with pytest.raises(DataError, match=r"thing: no mirror gave thing.bin .*broke off after 70000 bytes.*try again"):
        download.fetch_file(e, e.files[0], tmp_path)
    assert len(server.asked) == 1 + resume.ATTEMPTS
    assert (tmp_path / "things" / ".thing.bin.part").stat().st_size == 70_000
    assert not (tmp_path / "things" / "thing.bin").exists()


@pytest.mark.parametrize("packed", [False, True])
def test_a_wrong_file_is_thrown_away_and_the_next_mirror_asked(server: Server, tmp_path: Path, packed: bool) -> None:
    server.files |= {"wrong": b"<html>please log in</html>", "right": CONTENT}
    e = entry_of(server, packed=packed, urls=(server.url("wrong"), server.url("missing"), server.url("right")))
    assert download.fetch_file(e, e.files[0], tmp_path).read_bytes() == CONTENT
    assert [path for path, _ in server.asked] == ["/wrong", "/missing", "/right"]
    e = replace(e, urls=e.urls[:2], folders=("other",))
    with pytest.raises(DataError, match=r"its SHA-256 is .* expected .*missing: HTTP Error 404: Not here"):
        download.fetch_file(e, e.files[0], tmp_path)
    assert list((tmp_path / "other").iterdir()) == []


def test_nobody_answers(server: Server, tmp_path: Path) -> None:
    e = entry_of(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(DataError, match="refused"):
        download.fetch_file(e, e.files[0], tmp_path)


def test_load_and_fetch_download_what_is_missing(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "To be, or not to be, that is the question.\n" * 20
    server.files["play.txt"] = text.encode()
    file = File("play.txt", hashlib.sha256(text.encode()).hexdigest(), len(text))
    e = Entry("play", "text", "a play", (file,), "none", "here", folders=("text", "."), urls=(server.url(),))
    monkeypatch.setattr(registry, "ENTRIES", (e,))
    with pytest.raises(DataError, match="got no such folder"):
        load("play", root=tmp_path / "new")
    with pytest.raises(DataError, match="netcore data fetch play"):
        load("play", root=tmp_path, download=False)
    d = load("play", "all", root=tmp_path)
    assert d.vocabulary.decode(d.x) == text
    load("play", "all", root=tmp_path)
    assert fetch("play", tmp_path) == [tmp_path / "text" / "play.txt"]
    assert len(server.asked) == 1
    assert fetch("play", tmp_path / "new", progress=True) == [tmp_path / "new" / "text" / "play.txt"]
    cached = fetch("play")
    assert cached == [registry.files.cache_dir() / "text" / "play.txt"]
    assert [ok for _, ok, _ in registry.verify("play")] == [True]


def test_pooch_is_missing(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(DataError, match=r"pip install 'netcore-nn\[data\]', or put the file"):
        load("mnist", root=tmp_path)


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    (tmp_path / "things").touch()
    e = entry_of(server)
    with pytest.raises(DataError, match="a folder to write to"):
        download.fetch_file(e, e.files[0], tmp_path)


def test_the_disk_is_full(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    server.files["thing.bin"] = CONTENT
    monkeypatch.setattr(resume.ResumingDownloader, "receive", full)
    e = entry_of(server)
    with pytest.raises(DataError, match="No space left on device"):
        download.fetch_file(e, e.files[0], tmp_path)


def test_embedded_sets_need_no_download(tmp_path: Path) -> None:
    assert fetch("nile", tmp_path / "unused") == [registry.EMBEDDED / "nile.csv"]
    assert not (tmp_path / "unused").exists()
    with pytest.raises(ArgumentError, match="no data set is called 'nil'; did you mean 'nile'"):
        fetch("nil")
