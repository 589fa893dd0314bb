"""What the package carries: complete, unaltered, small, balanced, licensed."""

import numpy as np
import pytest

from netcore.data import describe, load, names, verify
from netcore.data.catalogue import CLOTHES, ENTRIES
from netcore.data.registry import EMBEDDED
from netcore.errors import ArgumentError

HERE = [e for e in ENTRIES if e.embedded]


@pytest.mark.parametrize("name", [e.name for e in HERE])
def test_every_file_has_its_checksum_and_length(name: str) -> None:
    from netcore.data.files import read_bytes

    for (file, ok, message), known in zip(verify(name), next(e for e in HERE if e.name == name).files, strict=True):
        assert ok, message
        assert file == known.name
        found = next(path for path in EMBEDDED.rglob(known.name))
        assert len(read_bytes(found, "")) == known.size


def test_a_flipped_bit_is_found(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray((EMBEDDED / "nile.csv").read_bytes())
    content[-3] ^= 1
    (tmp_path / "nile.csv").write_bytes(content)
    monkeypatch.setattr("netcore.data.registry.EMBEDDED", tmp_path)
    [(file, ok, message)] = verify("nile")
    assert file == "nile.csv" and not ok and "expected dcbd6201" in message
    with pytest.raises(ValueError, match="damaged or altered"):
        load("nile")


def test_all_together_are_small_and_nothing_else_is_there() -> None:
    there = [path for path in EMBEDDED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in there) < 4_000_000
    assert max(path.stat().st_size for path in there) < 3_000_000
    expected = {file.name for e in HERE for file in e.files} | {"LICENSES.md", ".gitattributes"}
    assert {path.name for path in there} <= expected


def test_every_data_set_has_a_licence_and_a_source() -> None:
    text = (EMBEDDED / "LICENSES.md").read_text(encoding="utf-8")
    for e in HERE:
        assert f"`{e.name}`" in text and e.licence and e.source
    assert "Zalando" in text and "CC BY 4.0" in text and "public domain" in text


@pytest.mark.parametrize(
    ("name", "train", "test", "shape"),
    [("digits", 1437, 360, (1, 8, 8)), ("fashion-mnist-mini", 6000, 1000, (1, 28, 28))],
)
def test_images(name: str, train: int, test: int, shape: tuple[int, ...]) -> None:
    for split, n in (("train", train), ("test", test)):
        d = load(name, split)
        assert d.x.shape == (n, *shape) and d.x.dtype == np.float32 and d.x.flags.c_contiguous
        assert d.x.min() == 0 and d.x.max() == 1
        assert d.y.shape == (n,) and d.y.dtype == np.int64 and set(d.y) == set(range(10))
        assert (d.name, d.split, len(d.classes)) == (name, split, 10)


def test_fashion_subset_is_balanced_and_the_first_of_every_class(big) -> None:
    mini, full = load("fashion-mnist-mini"), load("fashion-mnist", root=big)
    assert mini.classes == CLOTHES
    assert (np.bincount(mini.y) == 600).all() and (np.bincount(load("fashion-mnist-mini", "test").y) == 100).all()
    first = np.sort(np.concatenate([np.flatnonzero(full.y == k)[:600] for k in range(10)]))
    assert np.array_equal(mini.x, full.x[first]) and np.array_equal(mini.y, full.y[first])


def test_digits_are_scikit_learns() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.load_digits(return_X_y=True)
    ours = [load("digits", split) for split in ("train", "test")]
    assert np.array_equal(np.concatenate([d.x for d in ours]).reshape(-1, 64) * 16, x)
    assert np.array_equal(np.concatenate([d.y for d in ours]), y)


def test_novel() -> None:
    train, validation, whole = (load("persuasion", split) for split in ("train", "validation", "all"))
    assert len(train) == len(whole) * 9 // 10 and len(train) + len(validation) == len(whole)
    assert train.vocabulary == validation.vocabulary and len(train.vocabulary) == 75
    text = whole.vocabulary.decode(whole.x)
    assert text.isascii() and text.startswith("Persuasion\n") and text.endswith("Finis\n")
    assert 100_000 < len(text) < 500_000
    assert np.array_equal(load("persuasion", "test").x, validation.x)


@pytest.mark.parametrize(
    ("name", "steps", "first", "last"),
    [
        ("sunspots", 309, (1700, 5), (2008, 2.9)),
        ("nile", 100, (1871, 1120), (1970, 740)),
        ("airline", 144, (1949, 112), (1960.9167, 432)),
        ("lynx", 114, (1821, 269), (1934, 3396)),
    ],
)
def test_series(name: str, steps: int, first: tuple[float, float], last: tuple[float, float]) -> None:
    whole, train, test = (load(name, split) for split in ("all", "train", "test"))
    assert whole.x.shape == whole.times.shape == (steps,) and whole.x.dtype == np.float32
    assert (whole.times[0], whole.x[0]) == first
    assert whole.times[-1] == last[0] and whole.x[-1] == np.float32(last[1])
    assert (np.diff(whole.times) > 0).all()
    assert len(train) == steps * 4 // 5 and np.array_equal(np.concatenate([train.x, test.x]), whole.x)


def test_describe_lists_all() -> None:
    table = {row["name"]: row for row in describe()}
    assert list(table) == names()
    assert all(table[e.name]["found"] for e in HERE)
    assert not table["mnist"]["found"] and table["mnist"]["bytes"] == 54_950_048


def test_unknown_names_and_splits() -> None:
    with pytest.raises(ArgumentError, match="did you mean 'fashion-mnist'"):
        load("fashion_mnist2")
    with pytest.raises(ArgumentError, match="known: digits, "):
        load(3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="split must be one of 'train', 'test', got 'val'"):
        load("digits", "val")
    with pytest.raises(ArgumentError, match="split must be one of 'train', 'validation', 'test', 'all'"):
        load("persuasion", "dev")


def test_take_and_hold_out() -> None:
    d = load("digits")
    train, validation = d.hold_out(37)
    assert (len(train), len(validation), validation.split) == (1400, 37, "validation")
    assert np.array_equal(np.concatenate([train.y, validation.y]), d.y)
    picked = d.take(np.array([5, 2]))
    assert (
        np.array_equal(picked.x, d.x[[5, 2]]) and np.array_equal(picked.y, d.y[[5, 2]]) and picked.classes == d.classes
    )
    assert len(load("nile").take(slice(3, 6)).times) == 3
    for wrong in (0, 1437, 2.5, True):
        with pytest.raises(ArgumentError):
            d.hold_out(wrong)  # type: ignore[arg-type]
