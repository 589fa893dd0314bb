"""For the notebook of an assignment in Cython: `%load_ext netcore.course.notebook`, then cells that begin with `%%cython_part N`.

Cells of Cython are parts of one file. Running one builds all parts that were run so far, in the order of their numbers, and
puts the functions into the notebook; the compiler takes some seconds. Nothing is shut in: it is the student's own code.
"""

import importlib.util
import tempfile
from pathlib import Path
from typing import Any

from netcore.course import build


class Parts:
    """The parts that were run, and what was built of them."""

    def __init__(self) -> None:
        self.parts: dict[int, str] = {}
        self.built = 0

    def run(self, number: int, source: str) -> dict[str, Any]:
        """The public names of the module that all parts make; BuildError names the part and the line within it."""
        self.parts[number] = source
        self.built += 1
        name = f"part{self.built}"  # a module of this name is not loaded twice
        text = "\n\n".join(self.parts[each] for each in sorted(self.parts))
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            file = Path(folder) / f"{name}.pyx"
            file.write_text(text, encoding="utf-8")
            spec = importlib.util.spec_from_file_location(name, build.local(file))
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        return {key: value for key, value in vars(module).items() if callable(value) and not key.startswith("_")}


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext`."""
    parts = Parts()

    def cython_part(line: str, cell: str) -> None:
        try:
            names = parts.run(int(line), cell)
        except build.BuildError as error:
            print(f"It does not compile: {error}. Lines are counted over all parts that were run.")
            return
        shell.push(names)
        print("built:", ", ".join(names) or "no function yet")

    shell.register_magic_function(cython_part, "cell")
