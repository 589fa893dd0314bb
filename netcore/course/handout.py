"""From solution.py, the one source: the file with gaps, the same as a notebook, and the text.

solution.py is in percent format. `# %% [markdown]` opens a text cell of comment lines, `# %%` a code cell. A gap is

    # GAP <task>: what to do
    ...                         the solution, which the handout leaves out
    # END GAP

and becomes a comment and `raise NotImplementedError("<task>")`, which the grader reports as `missing`.
A notebook is JSON (nbformat 4.5); its code cells carry the tag `netcore`, and only those are ever read back.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netcore.course.manifest import Manifest
from netcore.errors import ArgumentError, DataError

TAG = "netcore"
_GAP = re.compile(r"^(?P<indent>[ ]*)# GAP (?P<task>\w+): (?P<say>.*?)\n(?P<body>.*?)^(?P=indent)# END GAP\n", re.MULTILINE | re.DOTALL)
_MAGIC = re.compile(r"^([ \t\f]*)[%!?].*$", re.MULTILINE)  # not \s, which runs over lines: a million empty ones would take an hour


@dataclass(frozen=True)
class Cell:
    """A cell of the notebook; `source` of a text cell has no comment signs."""

    markdown: bool
    source: str


def with_gaps(solution: str) -> str:
    """The file that the student gets."""
    left = _GAP.sub(_gap, solution)
    if "# GAP" in left or "# END GAP" in left:
        raise ArgumentError("a gap in solution.py is not closed by # END GAP at the same indentation")
    return left


def _gap(match: re.Match[str]) -> str:
    indent, task, say = match["indent"], match["task"], match["say"]
    return f'{indent}# YOUR CODE ({task}): {say}\n{indent}raise NotImplementedError("{task}")\n'


def gaps(solution: str) -> set[str]:
    """The tasks that have at least one gap."""
    return {match["task"] for match in _GAP.finditer(solution)}


def without_markers(solution: str) -> str:
    """The solution as a submission would look: the marker lines are gone."""
    return re.sub(r"^ *# (GAP \w+: .*|END GAP)\n", "", solution, flags=re.MULTILINE)


def cells(source: str) -> list[Cell]:
    """The cells of a file in percent format."""
    found = []
    for part in re.split(r"^(?=# %%)", source, flags=re.MULTILINE):
        head, _, body = part.partition("\n") if part.startswith("# %%") else ("", "", part)
        markdown = "[markdown]" in head
        if markdown:
            body = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.splitlines())
        if body.strip():
            found.append(Cell(markdown, body.strip("\n")))
    return found


def text(source: str) -> str:
    """The text cells alone, for README.md in the handout."""
    return "\n\n".join(cell.source for cell in cells(source) if cell.markdown) + "\n"


def notebook(source: str, compiled: bool = False) -> str:
    """The same file as a notebook, as JSON text. Cells of Cython are parts of one module (notebook.py)."""
    made = []
    if compiled:
        made.append(_code("cell-load", ["%load_ext netcore.course.notebook"], []))
    for i, cell in enumerate(cells(source)):
        common: dict[str, Any] = {"id": f"cell-{i}", "source": cell.source.splitlines(keepends=True)}
        if cell.markdown:
            made.append({"cell_type": "markdown", "metadata": {}, **common})
        else:
            lines = [f"%%cython_part {i}\n"] if compiled else []
            made.append(_code(common["id"], lines + common["source"], [TAG]))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {"cells": made, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _code(name: str, lines: list[str], tags: list[str]) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {"tags": tags}, "execution_count": None, "outputs": [], "id": name, "source": lines}


def files(folder: Path, solution: str, manifest: Manifest) -> dict[str, bytes]:
    """Everything that a student gets, by name: file, notebook, text, figures."""
    source = with_gaps(solution)
    rows = "\n".join(f"| `{t.id}` | {t.title} | {t.points:g} |" for t in manifest.tasks)
    table = f"\n## Tasks\n\n| task | what | points |\n|---|---|---|\n{rows}\n\n"
    table += "Build: `netcore course build`. " if manifest.compiled else ""
    table += f"Check: `netcore course check`. One task alone: `--task {manifest.tasks[0].id}`. Pack: `netcore course submit`.\n"
    made = {manifest.file: source, manifest.notebook: notebook(source, manifest.compiled), "README.md": text(source) + table}
    figures = {f"figures/{path.name}": path.read_bytes() for path in sorted(folder.glob("figures/*"))}
    return {name: content.encode() for name, content in made.items()} | figures


def from_notebook(content: str) -> str:
    """The source of the tagged code cells, in order. Nothing is executed; lines of magic (% ! ?) become `pass`."""
    try:
        book = json.loads(content)
        tagged = [cell for cell in book["cells"] if cell["cell_type"] == "code" and TAG in cell.get("metadata", {}).get("tags", [])]
        sources = ["".join(cell["source"]) for cell in tagged]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DataError("the notebook cannot be read: it is not a notebook in JSON (format 4)")
    if not sources:
        raise DataError(f"the notebook has no code cell with the tag {TAG!r}; start from the notebook of the handout")
    return "\n\n\n".join(_MAGIC.sub(_no_magic, source) for source in sources) + "\n"


def _no_magic(line: re.Match[str]) -> str:
    """A comment at the margin, where a compiler's directives may follow; a statement in a block, which may hold nothing else."""
    return line[1] + ("pass  " if line[1] else "") + "# a line of notebook magic stood here"
