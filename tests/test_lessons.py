"""Every lesson runs from beginning to end, and its numbers lie in the bands that it states."""

import sys
from pathlib import Path

import pytest

import netcore as nc

pytest.importorskip("sklearn")
pytest.importorskip("matplotlib").use("Agg")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

import lessons  # noqa: E402
from matplotlib import pyplot  # noqa: E402

GROUPS = {  # what the statements S1 to S16 of the lecture are shown by
    "01": "S1 S2", "02": "S11", "03": "S7 S8", "04": "S9 S10", "05": "S3 S4 S5 S6", "06": "S12 S16", "07": "S13 S14 S15",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _settings():
    threads = nc.get_num_threads()
    yield
    nc.set_num_threads(threads)
    pyplot.close("all")


@pytest.mark.parametrize("path", lessons.lessons(), ids=lambda path: path.stem)
def test_lesson_runs_and_its_numbers_hold(path, capsys):
    names = lessons.run(path)
    assert names["numbers"], "a lesson without a number shows nothing"
    assert not lessons.outside(names)


@pytest.mark.parametrize("path", lessons.lessons(), ids=lambda path: path.stem)
def test_lesson_has_what_a_lesson_needs(path):
    text = path.read_text()
    for statement in GROUPS.get(path.name[:2], "").split():
        assert f"**{statement}**" in text, f"{path.name} does not say what the lecture says in {statement}"
    for part in ("## Does it hold?", "## Exercises", ":class: dropdown", "format_name: myst"):
        assert part in text, f"{path.name} has no {part!r}"
    assert all(low < high for low, high in _bands(text))


def _bands(text):
    source = next(code for _, code in lessons.cells(text) if "bands = {" in code)
    start = source.index("bands = {")
    names: dict = {}
    exec(source[start : source.index("}", start) + 1], {"inf": float("inf")}, names)
    return names["bands"].values()


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
