"""The house stands as it is described: floors import downward, twins match, kernels are proven, files stay small."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

from netcore.backend import BACKEND, FAMILIES

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "netcore"

# From the ground up; a module may import from its own floor and from those below.
FLOORS = [
    ["errors", "version", "gates"],
    ["reference", "_kernels", "backend"],
    ["rng", "memory", "checks", "shapes", "config", "parameter", "narration"],
    ["functional"],
    ["layers", "losses", "optim"],
    ["diagnosis", "checkpoint", "gradcheck", "mirror", "nonfinite", "summary", "analysis", "profiling"],
    ["data", "plot"],
    ["training"],
    ["distributed"],
    ["recipes"],
    ["course", "report"],
    ["demo"],
    ["cli", "explore"],
    ["__main__"],
]
FLOOR = {name: level for level, names in enumerate(FLOORS) for name in names}
ALLOWED_LATE = {("layers/base.py", "summary")}  # a method that hands on to the module of its name, imported when called


def modules():
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imported(path):
    """The parts of netcore that a file imports, with the line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "netcore" and not node.level:
            parts = node.module.split(".")
            yield from ((name.name if len(parts) == 1 else parts[1], node.lineno) for name in node.names)
        elif isinstance(node, ast.Import):
            yield from ((name.name.split(".")[1], node.lineno) for name in node.names if name.name.startswith("netcore."))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_floors_import_downward(path):
    relative = path.relative_to(PACKAGE)
    own = relative.parts[0].removesuffix(".py")
    assert own in FLOOR, f"{own} is on no floor"
    for name, line in imported(path):
        if (str(relative), name) in ALLOWED_LATE or name not in FLOOR:
            continue
        assert FLOOR[name] <= FLOOR[own], f"{relative}:{line} imports {name}, which is above it"


@pytest.mark.skipif(BACKEND != "compiled", reason="compares the compiled kernels with their twins")
@pytest.mark.parametrize("family", FAMILIES)
def test_twins_have_the_same_functions_with_the_same_parameters(family):
    compiled = importlib.import_module(f"netcore._kernels.{family}")
    reference = importlib.import_module(f"netcore.reference.{family}")
    own = {name: f for name, f in vars(reference).items() if inspect.isfunction(f) and f.__module__ == reference.__name__}
    theirs = {name: f for name, f in own.items() if not name.startswith("_")}
    source = (ROOT / "csrc" / f"{family}.pyx").read_text()
    ours = {name for name in re.findall(r"^def (\w+)\(", source, re.MULTILINE) if hasattr(compiled, name)}
    assert ours == set(theirs)
    for name, function in theirs.items():
        text = re.search(rf"^def {name}\((.*?)\)(?: -> \w+)?:", source, re.MULTILINE | re.DOTALL)[1]
        text = re.sub(r"\[[^\]]*\]", "", text)
        parameters = [part.split("=")[0].split()[-1] for part in text.split(",") if part.strip()]
        assert parameters == list(inspect.signature(function).parameters), f"{family}.{name}"


def test_every_kernel_family_has_a_test():
    names = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "kernels").glob("test_*.py")}
    missing = [family for family in FAMILIES if family not in names]
    assert not missing, f"no tests/kernels/test_<family>.py for {missing}"


def test_every_row_of_the_table_is_declared_for_cython():
    rows = re.findall(r"ROW\(\w+, (\w+), \((.*?)\)\) ?\\?$", (ROOT / "csrc/kernels/table.h").read_text(), re.MULTILINE)
    declared = dict(re.findall(r"\(\*(\w+)\)\((.*?)\) noexcept nogil", (ROOT / "netcore/_kernels/dispatch.pxd").read_text()))
    assert len(rows) > 20
    for name, parameters in rows:
        assert declared.get(name, "").replace(" ", "") == parameters.replace("REAL", "void").replace(" ", ""), name


def test_files_stay_small():
    """About 120 lines hold one idea; a file may grow to 250 where that is all one idea."""
    files = [*modules(), *(ROOT / "csrc").glob("*.pyx"), *(ROOT / "csrc").glob("*/*.h"), *(PACKAGE / "explore/static").iterdir()]
    long = {str(path.relative_to(ROOT)): n for path in files if (n := len(path.read_text().splitlines())) > 250}
    assert set(long) <= {"netcore/layers/base.py", "csrc/conv.pyx"}, long


def test_kernels_know_neither_python_nor_memory():
    for path in (ROOT / "csrc/kernels").glob("*.h"):
        code = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for word in ("malloc", "printf", "Python.h", "static int ", "omp_"):
            assert word not in code or path.name == "registry.h", f"{path.name} has {word}"
