"""What is handed in may be the attack: files, folders, zips and notebooks, for red_team.py. None of them holds a solution of one's own."""

import json
import os
import stat
import struct
import zipfile
from pathlib import Path

from netcore.course.inside.sandbox import NOBODY

ZEROS = "import numpy as np\ndef scale(x):\n    return np.zeros_like(x)\n"


def make(folder: Path, solution: str) -> dict[str, Path]:
    """Paths by the names of the attacks, in a folder of the class. `solution` is what somebody else wrote, and lies beside."""
    folder.mkdir()
    other = folder / "other"
    other.mkdir()
    (other / "task.py").write_text(solution)
    found = {**zips(folder), **notebooks(folder), **files(folder), **folders(folder, other)}
    return {f"handed-in-{name}": path for name, path in found.items()}


def zips(folder: Path) -> dict[str, Path]:
    def zipped(name: str, *members: tuple[str, str], change: tuple[bytes, bytes] = (b"", b"")) -> Path:
        path = folder / f"{name}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members:
                archive.writestr(zipfile.ZipInfo(member), content)
        path.write_bytes(path.read_bytes().replace(*change) if change[0] else path.read_bytes())
        return path

    many = folder / "many.zip"
    count, entry = 200_000, b"PK\x01\x02" + struct.pack("<6H3L5H2L", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, count * len(entry), 0)
    tail = b"PK\x06\x06" + end + b"PK\x06\x07" + struct.pack("<LQL", 0, count * len(entry), 1)
    many.write_bytes(count * entry + tail + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
    return {
        "zip-with-a-null-in-a-name": zipped("null", ("task.pyX.txt", ZEROS), change=(b"task.pyX", b"task.py\0")),
        "zip-with-a-name-in-full-width": zipped("wide", ("ｔask.py", ZEROS), ("task．py", ZEROS), ("task.py\u202e", ZEROS)),
        "zip-with-backslashes": zipped("back", ("..\\task.py", ZEROS), ("C:\\task.py", ZEROS), ("\\\\host\\task.py", ZEROS)),
        "zip-with-two-of-a-name": zipped("two", ("task.py", ZEROS), ("a/task.py", ZEROS), ("tAsk.py", ZEROS), change=(b"tAsk.py", b"task.py")),
        "zip-whose-list-lies": _second(zipped("list", ("tusk.py", ZEROS)), b"tusk.py", b"task.py"),
        "zip-that-is-encrypted": _second(zipped("locked", ("task.py", ZEROS)), b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0"),
        "zip-with-names-that-are-no-text": _second(zipped("bytes", ("task.pyé", ZEROS)), "é".encode(), b"\xff\xfe"),
        "zip-with-a-million-names": many,
    }


def _second(path: Path, old: bytes, new: bytes) -> Path:
    """The last place in the file, which is in the list at its end."""
    head, _, tail = path.read_bytes().rpartition(old)
    path.write_bytes(head + new + tail)
    return path


def notebooks(folder: Path) -> dict[str, Path]:
    def book(name: str, source: list[str], **more: object) -> Path:
        home = folder / name
        home.mkdir()
        cell = {"cell_type": "code", "metadata": {"tags": ["netcore"]}, "source": source, "outputs": [], **more}
        (home / "task.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5}))
        return home

    lists = folder / "lists"
    lists.mkdir()
    (lists / "task.ipynb").write_text('{"cells":[' + "[]," * 2_700_000 + "[]]}")
    return {
        "notebook-of-empty-lines": book("lines", ["\n" * 900_000, ZEROS]),
        "notebook-of-spaces": book("spaces", [" " * 400_000 + "\n", "\t" * 400_000 + "%\n", ZEROS]),
        "notebook-with-huge-outputs": book("outputs", [ZEROS], outputs=[{"output_type": "stream", "text": "x" * 20_000_000}]),
        "notebook-of-lists": lists,
    }


def files(folder: Path) -> dict[str, Path]:
    def sparse(name: str) -> Path:
        path = folder / name
        with open(path, "wb") as file:
            file.truncate(1 << 36)
        return path

    lines = folder / 'x\n{"path": "y", "state": "graded", "score": 4, "submission": "z"}\n\u2028\u202e.py'
    lines.write_text(ZEROS)
    return {
        "sparse-file": sparse("sparse.py"),
        "sparse-zip": sparse("sparse.zip"),
        "sparse-notebook": sparse("sparse.ipynb"),
        "standard-input": Path("/dev/stdin"),
        "endless-device": Path("/dev/zero"),
        "name-that-is-a-record": lines,
    }


def folders(folder: Path, other: Path) -> dict[str, Path]:
    made = {}
    for name in ("--key", "-", "~", "$(touch full)", "=1+1", "..."):
        (folder / name).mkdir()
        (folder / name / "task.py").write_text(ZEROS)
        made[f"folder-called-{name}".replace(" ", "-")] = folder / name
    for name in ("loop", "hard", "pipe", "device"):
        (folder / name).mkdir()
    (folder / "loop/task.py").symlink_to("task.py")
    os.link(other / "task.py", folder / "hard/task.py")
    os.mkfifo(folder / "pipe/task.ipynb")
    if os.geteuid() == 0:
        os.mknod(folder / "device/task.py", 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # zeros without end
        os.chown(folder / "hard", NOBODY, NOBODY)
        made["hard-link-to-what-somebody-else-wrote"] = folder / "hard"
    link = folder / "link"
    link.symlink_to(other)
    return made | {"link-to-itself": folder / "loop", "pipe": folder / "pipe", "device": folder / "device", "folder-that-is-a-link": link}
