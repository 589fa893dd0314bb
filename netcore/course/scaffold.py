"""`netcore course new`: the four files of an assignment with one small task, ready to be certified and changed."""

from pathlib import Path

from netcore.errors import ArgumentError

MANIFEST = """format = 1
name = "{name}"
title = "{title}"
version = 1
file = "{name}.py"
packages = ["numpy"]
case_seconds = 10
seconds = 60
memory_mb = 512

[[tasks]]
id = "scale"                 # a gap in solution.py and a function in checks.py have this name
title = "Scale the rows"
points = 4
visible = 2
hidden = 4
"""
SOLUTION = '''# %% [markdown]
# # {title}
#
# Divide each row by its length: $y_{{n}} = x_n / \\lVert x_n \\rVert$.

# %%
import numpy as np


def scale(x):
    """y (N, D) from x (N, D): each row divided by its Euclidean length."""
    # GAP scale: lengths first, then divide
    length = np.sqrt((x * x).sum(axis=1, keepdims=True))
    return x / length
    # END GAP
'''
CHECKS = '''"""What the tasks are asked: one function per task. See the instructors' guide."""

import numpy as np


def scale(case, rng, index):
    n, d = [(2, 3), (5, 4), (1, 7)][index % 3]
    x = rng.standard_normal((n, d)).astype(np.float32)
    case.title = f"{n} rows of {d}"
    y = case.call("scale", x)
    case.output("y", y, x.shape)
    case.unchanged("x", x)
'''
MUTANTS = """[[mutants]]
task = "scale"
name = "columns"
says = "your lengths are those of the columns (axis 0); the rows' are asked for"
old = "(x * x).sum(axis=1, keepdims=True)"
new = "(x * x).sum(axis=0, keepdims=True)"

[[mutants]]
task = "scale"
name = "squared"
says = "you divide by the squared length; a square root is missing"
old = "np.sqrt((x * x).sum(axis=1, keepdims=True))"
new = "(x * x).sum(axis=1, keepdims=True)"
"""


def make(name: str, folder: Path) -> None:
    """Write the files; nothing that is there is written over."""
    if not name.isidentifier():
        raise ArgumentError(f"{name!r} becomes the name of a Python file: letters, digits and underscores")
    if folder.exists() and any(folder.iterdir()):
        raise ArgumentError(f"{folder} is there already and not empty")
    folder.mkdir(parents=True, exist_ok=True)
    title = name.replace("_", " ").capitalize()
    for file, content in (("assignment.toml", MANIFEST), ("solution.py", SOLUTION)):
        (folder / file).write_text(content.format(name=name, title=title), encoding="utf-8")
    (folder / "checks.py").write_text(CHECKS, encoding="utf-8")
    (folder / "mutants.toml").write_text(MUTANTS, encoding="utf-8")
