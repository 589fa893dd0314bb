"""From Cython to a module: types taken away, the tools that are missing, a translator that is taken over, the notebook's parts."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from netcore.course import assignment, build, doctor, grade, handout, notebook, stage, toolchain
from netcore.course.inside import compiling
from netcore.course.runtime import Runtime
from netcore.course.spawn import InfraError
from netcore.course.untyped import untyped
from tests.course.test_red_team_cython import can_build

KERNELS = assignment.find("kernels")
needs_tools = pytest.mark.skipif(not can_build(), reason="a sandboxed build needs Linux, a compiler, Python's headers and Cython")


def test_without_types_it_is_python():
    assert untyped("    cdef Py_ssize_t n, k = f(a, b), j") == "    k = f(a, b)"
    assert untyped("cdef floating[:, ::1] y = y_array, z = g[1, 2]") == "y = y_array; z = g[1, 2]"
    assert untyped("    cdef floating total") == "    pass"
    assert untyped("def f(const floating[:, :, ::1] x, size, Py_ssize_t n):") == "def f(x, size, n):"
    assert untyped("cdef inline Py_ssize_t g(Py_ssize_t n, int k) noexcept nogil:") == "def g(n, k):"
    assert untyped("from libc.math cimport exp, tanh") == "from numpy import exp, tanh"
    assert untyped("    y[i] = <double>x") == "    y[i] = x"


def test_the_naive_version_is_what_the_engine_computes():
    rng = np.random.default_rng(0)
    scope: dict = {}
    exec((KERNELS.folder / "engine.py").read_text(), scope)
    for task in KERNELS.manifest.tasks:
        if task.id in scope and not task.id.startswith("max_pool"):  # whose second output is the engine's own cache
            case = KERNELS.cases(task, None, "")[1]
            mine, theirs = (assignment.evaluate(module, case, double=True) for module in (KERNELS.reference, scope))
            assert all(np.allclose(a, b, atol=1e-9) for a, b in zip(mine, theirs, strict=True)), task.id
    x = rng.standard_normal((2, 3, 7, 9))
    (y, which), (z, cache) = KERNELS.reference["max_pool_forward"](x, (3, 2), 2), scope["max_pool_forward"](x, (3, 2), 2)
    assert (y == z).all()
    back = [module["max_pool_backward"](y, kept, (7, 9), (3, 2), 2) for module, kept in ((KERNELS.reference, which), (scope, cache))]
    assert np.allclose(*back)


def test_what_is_missing_is_said_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr(toolchain, "compiler", lambda: "")
    with pytest.raises(toolchain.ToolsMissing, match=r"no C compiler.*(apt|xcode|Visual)"):
        toolchain.require()
    found = {each.name: each for each in doctor.examine()}
    assert not found["C compiler"].good and found["C compiler"].optional and "a build" not in found
    monkeypatch.undo()
    monkeypatch.setattr(toolchain, "headers", lambda: None)
    monkeypatch.setattr(toolchain, "compiler", lambda: "/usr/bin/cc")
    with pytest.raises(toolchain.ToolsMissing, match="headers"):
        build.local(Path("x.pyx"))
    toolchain.seen.cache_clear()
    record = grade.grade(KERNELS, stage.Submission("x = 1", "", "kernels.pyx"))
    assert record["state"] == "infra_error" and "headers" in record["message"]  # never a grade


TAKEN_OVER = """
import os, socket, sys
default_options = None
CompilationOptions = lambda *args, **kwargs: None

def compile(file, options, full_module_name):
    worked = []
    def attempt(name, action):
        try:
            action()
            worked.append(name)
        except BaseException:
            pass
    attempt("fork", lambda: os.fork() or os._exit(0))
    attempt("exec", lambda: os.execv("/usr/bin/cc", ["cc"]))
    attempt("read", lambda: open({secret!r}).read())
    attempt("write", lambda: open({secret!r}, "w"))
    attempt("elsewhere", lambda: open("/tmp/planted", "w"))
    attempt("link", lambda: os.symlink({secret!r}, "module.so"))
    attempt("folder", lambda: os.mkdir("module.so"))
    attempt("proc", lambda: open("/proc/1/environ").read())
    attempt("kill", lambda: os.kill(1, 9))
    attempt("thread", lambda: __import__("_thread").start_new_thread(print, ()))
    attempt("unlink", lambda: os.unlink("kernels.pyx"))
    attempt("nameless", lambda: os.open(".", os.O_TMPFILE | os.O_RDWR))
    attempt("net", lambda: socket.socket())
    attempt("compiler", lambda: open("/usr/bin/cc", "rb"))
    print(f"{{file}}:1:0: worked: {{worked}}", file=sys.stderr)
    sys.exit(1)
"""


@needs_tools
def test_a_translator_that_is_taken_over_gets_nowhere(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("key")
    with Runtime() as runtime:
        _, site = runtime.tree(dataclasses.replace(KERNELS.manifest, packages=("Cython", "numpy")))
        for path in Path(site, "Cython", "Compiler").glob("Main.*"):
            path.unlink()  # a link to the real one
        Path(site, "Cython", "Compiler", "Main.py").write_text(TAKEN_OVER.format(secret=str(secret)))
        made = build._sandboxed(KERNELS.manifest, "x = 1", runtime, "mark")
        assert made.failed is not None and "worked: []" in made.failed.message
        with pytest.raises(InfraError, match="nothing can be compiled"):  # and since nothing compiles any more, it is our fault
            build.module(KERNELS.manifest, "x = 1", runtime)
        assert not list(runtime.folder.glob("build-*"))


def test_files_that_vanish_while_they_are_counted_are_no_fault_of_a_submission(tmp_path, monkeypatch):
    (tmp_path / "stays").write_bytes(bytes(100))
    (tmp_path / "goes").write_bytes(bytes(100))
    monkeypatch.chdir(tmp_path)
    listed = list(os.scandir("."))  # as the compiler's temporary files do
    (tmp_path / "goes").unlink()
    monkeypatch.setattr(compiling.os, "scandir", lambda folder: listed)
    assert compiling._disk() == 100


@needs_tools
def test_local_build_names_the_line_and_leaves_no_rubbish(tmp_path):
    (tmp_path / "k.pyx").write_text("# distutils: sources = /etc/passwd\ndef f(int n):\n    return n + 1\n")
    made = build.local(tmp_path / "k.pyx")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["k.pyx", made.name])
    (tmp_path / "k.pyx").write_text("def f(int n):\n    return m\n")
    with pytest.raises(build.BuildError, match=r"undeclared name.*\(line 2\)"):
        build.local(tmp_path / "k.pyx")


def test_notebook_is_the_same_file_in_parts(tmp_path):
    book = json.loads(handout.notebook(KERNELS.solution, compiled=True))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert code[0]["source"] == ["%load_ext netcore.course.notebook"] and not code[0]["metadata"]["tags"]
    assert all(cell["source"][0].startswith("%%cython_part ") for cell in code[1:])
    (tmp_path / "kernels.ipynb").write_text(json.dumps(book))
    source = stage.stage(tmp_path, KERNELS).source
    assert source.splitlines()[1].startswith("# cython:") and "%%" not in source
    scope: dict = {}
    exec(compile(untyped(source), "kernels.pyx", "exec"), scope)
    assert scope["conv_forward"](np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), np.ones(1), 1, 0).tolist() == [[[[5, 5], [5, 5]]]]


def test_parts_are_joined_in_their_order_whatever_was_run_first(monkeypatch):
    built = []

    def local(file):
        built.append(file.read_text())
        shutil.copy(file, module := file.with_suffix(".py"))
        return module

    monkeypatch.setattr(build, "local", local)
    parts, magic, said = notebook.Parts(), {}, {}
    assert set(parts.run(3, "def g():\n    return 1\n")) == {"g"}
    assert set(parts.run(1, "def f():\n    return 2\n")) == {"f", "g"} and built[-1].index("def f") < built[-1].index("def g")
    shell = type("Shell", (), {"push": said.update, "register_magic_function": lambda self, f, kind: magic.update({kind: f})})()
    shell.push = said.update
    notebook.load_ipython_extension(shell)
    magic["cell"]("1", "def h():\n    return 3\n")
    assert said["h"]() == 3
