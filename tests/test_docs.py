"""The documentation is right: its examples run, its links lead somewhere, and the reference forgets nothing that is public."""

import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import netcore as nc

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT / "tools"))

import lessons  # noqa: E402

PAGES = [*sorted(DOCS.glob("guide/*.md")), *sorted(DOCS.glob("coming-from/*.md")), *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("course/*.md"))]
NOTEBOOKS = [path for path in PAGES if lessons.cells(path.read_text())]
BLOCKS = [(path, code) for path in PAGES for code in re.findall(r"^```python\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)]
LINKED = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "netcore/course/README.md", ROOT / "bench/README.md", *sorted(DOCS.rglob("*.md"))]
FACES = ["", "functional", "analysis", "plot", "data", "training", "distributed", "profiling", "recipes"]


@pytest.fixture(autouse=True)
def _settings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_page_runs(path):
    pytest.importorskip("matplotlib").use("Agg")
    names: dict = {"__name__": "__page__"}
    for line, code in lessons.cells(path.read_text()):
        exec(compile("\n" * (line - 1) + code, str(path), "exec"), names)


@pytest.mark.parametrize(("path", "code"), BLOCKS, ids=[f"{path.stem}-{k}" for k, (path, _) in enumerate(BLOCKS)])
def test_block_runs(path, code):
    for library in re.findall(r"^import (torch)|(distributed)\.world", code, re.MULTILINE):
        pytest.importorskip("torch" if library[0] else "mpi4py")
    if "distributed.world" in code:  # MPI is begun once a process, and not in this one
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
    else:
        exec(compile(code, str(path), "exec"), {"__name__": "__page__"})


def commands():
    """Every line of a shell block that calls netcore, with its page."""
    for path in LINKED:
        for block in re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE):
            for words in re.findall(r"(?:^|[&n\d] )netcore ((?:[\w./-]+ ?)+)", block, re.MULTILINE):
                yield path, words.split()


def test_commands_and_their_options_exist():
    click = pytest.importorskip("click")
    from netcore.cli.app import app

    seen = 0
    for path, words in commands():
        command, context = app, click.Context(app)
        while words and isinstance(command, click.Group) and not words[0].startswith("-"):
            inner = command.get_command(context, words[0])
            assert inner is not None, f"{path.name}: netcore {words[0]} is no command"
            command, words = inner, words[1:]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h", "--debug"}
        unknown = [word for word in words if word.startswith("--") and word not in known]
        assert not unknown, f"{path.name}: {command.name} has no {unknown}"
        seen += 1
    assert seen > 20


@pytest.mark.parametrize("path", LINKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(path):
    text = re.sub(r"^(```|~~~).*?^\1", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"\w+:|#", target):
            assert (path.parent / target.split("#")[0]).exists(), f"{path.name} links to {target}"


def public(module):
    """The names that a module shows: its own classes and functions, and what it hands on from netcore."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.startswith("netcore")
    }


@pytest.mark.parametrize("face", FACES, ids=lambda face: face or "netcore")
def test_reference_has_every_public_name(face):
    module = importlib.import_module(f"netcore.{face}".rstrip("."))
    listed = set()
    for path in DOCS.glob("api/*.rst"):
        for family, names in re.findall(r"^\.\. family:: (\S+)\n\n((?:   .*\n)+)", path.read_text(), re.MULTILINE):
            listed |= set(names.split()) if family == module.__name__ else set()
    assert listed - set(dir(module)) == set(), "the reference names what is not there"
    assert public(module) - listed == set(), f"not in docs/api: add them to a family of {module.__name__}"


def test_install_page_has_every_extra():
    page = (DOCS / "guide/install.md").read_text()
    for extra in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]:
        assert f"| `{extra}` |" in page or extra in ("test", "test-oracle", "bench", "dev"), extra


def test_public_names_have_docstrings():
    bare = [name for name in public(nc) | public(nc.functional) if not inspect.getdoc(getattr(nc, name, None) or getattr(nc.functional, name))]
    assert not bare
