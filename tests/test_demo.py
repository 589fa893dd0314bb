"""The demonstration, cut short: every row of its table and every picture is there."""

import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


def test_quick_demo(tmp_path):
    from netcore import demo

    found = demo.run(tmp_path / "figures", say=lambda _: None, quick=True)
    assert [row.network.split(",")[0] for row in found.rows] == ["LeNet", "auto-encoder", "LSTM"]
    assert all(row.seconds > 0 for row in found.rows)
    assert {path.name for path in found.figures} == {"learning_curves.png", "filters.png", "reconstructions.png", "gates.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in found.figures)
    assert found.text.startswith(demo.PROMPT)
    assert len(found.text) == len(demo.PROMPT) + 300
