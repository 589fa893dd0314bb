"""The house's docstrings, made into reStructuredText for autodoc.

A docstring is text to be read in an editor: paragraphs with formulas as they are, `names` between single backticks, doctests,
indented formulas, a Markdown table here and there. Nothing in it is markup, so everything else is escaped; names that the
reference knows become links.
"""

import dataclasses
import inspect
import re
from typing import Any, NamedTuple

from sphinx.application import Sphinx
from sphinx.util.inspect import signature, stringify_signature

import netcore
from netcore import analysis, data, distributed, errors, functional, plot, profiling, recipes, training

ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type)}
FACES = (netcore, functional, analysis, plot, data, training, distributed, profiling, recipes)


class Where(NamedTuple):
    """Whose docstring it is."""

    package: str  # the public one
    parameters: tuple[str, ...]


FIELD = re.compile(r"^    (\w+): [^#\n]+?(?:  # (.*))?$", re.MULTILINE)


def linked(name: str, where: Where) -> str | None:
    """The full name of what a docstring calls `name`. A bare small word is a function of the same package, or no link: it may be anything."""
    bare = re.sub(r"^(netcore|nc|F|functional)\.", "", name).removesuffix("()")
    if bare in where.parameters:
        return None
    own = [face for face in FACES if face.__name__ == where.package]
    for face in own if bare == name and name.islower() else [*own, *FACES]:
        short = bare.removeprefix(face.__name__.removeprefix("netcore.") + ".")
        if short.isidentifier() and not short.startswith("_") and not inspect.ismodule(getattr(face, short, None)) and short in vars(face):
            return f"{face.__name__}.{short}"
    return None


def code(text: str, where: Where) -> str:
    target = linked(text, where)
    return f":py:obj:`{text} <{target}>`" if target else f"``{text}``"


def escaped(text: str) -> str:
    """Plain text, in which nothing is markup; names of errors are links."""
    text = re.sub(r"([\\*_|])", r"\\\1", text)
    return re.sub(r"\b[A-Z]\w*Error\b", lambda word: f":py:obj:`{word[0]} <netcore.{word[0]}>`" if word[0] in ERRORS else word[0], text)


def paragraph(text: str, where: Where) -> str:
    parts = re.split(r"(`[^`\n]+`)", text)
    out = ""
    for part in parts:
        if part[:1] == "`" and len(part) > 2:
            before = "\\ " if out and out[-1].isalnum() else ""
            out += f"{before}{code(part[1:-1], where)}\\ "
        else:
            out += escaped(part)
    return "\\" + out if text[:1] in "-+*:.(>=" else out


def table(rows: list[str], where: Where) -> list[str]:
    cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows if not re.fullmatch(r"[\s|:-]+", row)]
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in cells:
        lines += [f"   {'* -' if k == 0 else '  -'} {paragraph(cell, where)}" for k, cell in enumerate(row)]
    return lines


def converted(lines: list[str], where: Where) -> list[str]:
    """A docstring, block by block."""
    out: list[str] = []
    blocks = re.split(r"\n\s*\n", "\n".join(lines).strip("\n"))
    for block in filter(str.strip, blocks):
        rows = block.split("\n")
        if rows[0].startswith(">>>"):
            out += rows
        elif all(row.startswith("    ") for row in rows):
            out += ["::", "", *rows]
        elif len(rows) > 2 and all(row.startswith("|") for row in rows):
            out += table(rows, where)
        else:
            out += paragraph(block, where).split("\n")
        out.append("")
    return out


def fields(cls: type) -> list[str]:
    """The fields of a record, with what is said of each beside it; nothing where nothing is said: the signature has their names."""
    found = FIELD.findall(inspect.getsource(cls))
    if not any(said for _, said in found):
        return []
    return [f"* ``{name}``" + (f" – {escaped(said)}" if said else "") for name, said in found if not name.startswith("_")]


def is_record(value: Any) -> bool:
    return inspect.isclass(value) and (dataclasses.is_dataclass(value) or hasattr(value, "_fields"))


def place(value: Any) -> Where:
    module = getattr(inspect.unwrap(value) if callable(value) else value, "__module__", "") or ""
    own = {face.__name__ for face in FACES}
    package = ".".join(module.split(".")[:2])
    try:
        parameters = tuple(inspect.signature(value).parameters)
    except (TypeError, ValueError):
        parameters = ()
    return Where(package if package in own else "netcore", parameters)


def process_docstring(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    where = place(value)
    automatic = is_record(value) and " ".join(lines).startswith(f"{value.__name__}(")
    lines[:] = [] if automatic else converted(lines, where)
    if is_record(value):
        lines += ["", *fields(value), ""]


def process_signature(app: Sphinx, what: str, name: str, value: Any, options: Any, args: str | None, returns: str | None) -> tuple[str, str] | None:
    """A class is called with what `__init__` takes; `Layer.__new__`, which every layer shares, takes anything."""
    if what == "class" and issubclass(value, netcore.Layer):
        if value.__init__ is object.__init__:
            return "()", ""
        return stringify_signature(signature(value.__init__, bound_method=True), show_annotation=False), ""
    return None


def skip_member(app: Sphinx, what: str, name: str, value: Any, skip: bool, options: Any) -> bool | None:
    """The fields of a record are listed already."""
    return True if type(value).__name__ in ("_tuplegetter", "member_descriptor") else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", process_docstring)
    app.connect("autodoc-process-signature", process_signature)
    app.connect("autodoc-skip-member", skip_member)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
