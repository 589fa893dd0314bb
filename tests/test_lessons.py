"""Every lesson runs from beginning to end, and its numbers lie in the bands that it states."""

import os
import re
import sys
from pathlib import Path

import pytest

import netcore as nc

pytest.importorskip("sklearn")
pytest.importorskip("matplotlib").use("Agg")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

import lessons  # noqa: E402
from matplotlib import pyplot  # noqa: E402

SEEDS = [int(seed) for seed in os.environ.get("NETCORE_LESSON_SEEDS", "0").split()]  # the suite runs one; .ci/run others, too
STATEMENTS = {  # of the lecture: which lesson holds each, and by which of its numbers
    "S1": ("01", ["learned - raw, all labels"]),
    "S2": ("01", ["learned - oriented gradients, all labels", "learned - oriented gradients, 100 labels"]),
    "S3": ("05", ["transfer, pool2 - from scratch, 3 and 10 images", "transfer, hidden - from scratch, 10 images"]),
    "S4": ("05", ["linear probe, pool1", "linear probe, hidden", "selectivity, pool1", "selectivity, hidden"]),
    "S5": ("05", ["half of the units silenced, random", "half of the units silenced, most important", "best unit alone", "all units together"]),
    "S6": ("05", ["effective dimension, plain", "effective dimension, dropout / plain", "effective dimension, decorrelation / plain"]),
    "S7": ("03", ["k-NN, auto-encoder - PCA, 2", "linear, auto-encoder - PCA, 30"]),
    "S8": ("03", ["squared error, auto-encoder, 2", "digits told from clothes", "middle of codes / middle of pixels, distance"]),
    "S9": ("04", ["dense / convolution, parameters", "convolution written as dense, difference", "equivariance, relative error"]),
    "S10": ("04", ["channels pooled each by itself", "change of features by 1 pixel, max pooling", "max pooling - strides, moved by 2"]),
    "S11": ("02", ["worst relative difference, all layers", "mistakes in the order of phases refused", "kilobytes that wait after backward"]),
    "S12": ("06", ["cells by hand against the fused layer, outputs"]),
    "S13": ("07", ["adding, lag 100, RNN", "adding, lag 100, LSTM, biases for the span", "copying, pause 50, LSTM - RNN"]),
    "S14": ("07", ["forget 1, input 0: change of the cell in 1,000 steps", "forget 0, input 0: what is left", "output 0: what shows"]),
    "S15": ("07", ["a step by hand against the kernel"]),
    "S16": ("06", ["cells by hand against the fused layer, gradient of U", "cosine, k = 16", "memory, k = 16 / full", "time, k = 1 / full"]),
}


@pytest.fixture(autouse=True)
def _settings():
    threads = nc.get_num_threads()
    yield
    nc.set_num_threads(threads)
    pyplot.close("all")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("path", lessons.lessons(), ids=lambda path: path.stem)
def test_lesson_runs_and_its_numbers_hold(path, seed, capsys):
    names = lessons.run(path, seed)
    assert names["numbers"], "a lesson without a number shows nothing"
    assert not lessons.outside(names)


@pytest.mark.parametrize("path", lessons.lessons(), ids=lambda path: path.stem)
def test_lesson_has_what_a_lesson_needs(path):
    text = path.read_text()
    for statement, numbers in ((s, numbers) for s, (lesson, numbers) in STATEMENTS.items() if lesson == path.name[:2]):
        assert f"**{statement}**" in text, f"{path.name} does not say what the lecture says in {statement}"
        assert re.search(rf"\b{statement}\b", text.split("## Does it hold?")[1]), f"{path.name} does not say whether {statement} holds"
        assert set(numbers) <= _bands(text).keys(), f"no band for {set(numbers) - _bands(text).keys()}, by which {statement} is held"
    for part in ("## Does it hold?", "## Exercises", ":class: dropdown", "format_name: myst"):
        assert part in text, f"{path.name} has no {part!r}"
    assert all(low < high for low, high in _bands(text).values())


def test_every_statement_of_the_lecture_is_held_by_a_number():
    assert list(STATEMENTS) == [f"S{k}" for k in range(1, 17)]


def _bands(text):
    source = next(code for _, code in lessons.cells(text) if "bands = {" in code)
    start = source.index("bands = {")
    names: dict = {}
    exec(source[start : source.index("}", start) + 1], {"inf": float("inf")}, names)
    return names["bands"]


def test_the_runner_finds_faults(tmp_path):
    head = "```{code-cell} ipython3\nseed = 0\n```\n\n"
    good = tmp_path / "a.md"
    good.write_text(head + "text\n\n```{code-cell} ipython3\n:tags: [raises-exception]\n\n1 / 0\n```\n\n"
                    "```{code-cell} ipython3\nnumbers = {'a': seed + 1}\nbands = {'a': (0.5, 1.5)}\n```\n")  # fmt: skip
    assert lessons.outside(lessons.run(good)) == []
    assert lessons.outside(lessons.run(good, seed=4)) == ["a = 5 is outside 0.5 … 1.5"]
    assert lessons.outside({"numbers": {"b": 1}, "bands": {"a": (0, 1)}}) == ["b has no band", "a was not measured"]
    bad = tmp_path / "b.md"
    bad.write_text(head + "```{code-cell} ipython3\nno_such_name\n```\n")
    with pytest.raises(NameError):
        lessons.run(bad)
    bad.write_text("```{code-cell} ipython3\nx = 1\n```\n")
    with pytest.raises(ValueError, match="exactly one line"):
        lessons.run(bad)
