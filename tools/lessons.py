"""Run the code of the lessons in docs/lessons, as a notebook would, and hold their numbers against the bands that they state.

    python tools/lessons.py                        every lesson, seed 0
    python tools/lessons.py --seeds 0 1 2 03       the third one, over three seeds
    python tools/lessons.py --figures DIR          and keep its pictures
    python tools/lessons.py --full 01 03 04 05     on the whole data sets, where a lesson has the line `full = False`; bands are for the embedded ones

A lesson is MyST Markdown; its code stands in fences ```{code-cell} ipython3. It has one line `seed = 0`, which is set anew for
each run, and leaves two dicts: `numbers`, by name, and `bands`, (lowest, highest) for each. Next: tests/test_lessons.py.
"""

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Any

LESSONS = Path(__file__).resolve().parent.parent / "docs" / "lessons"
CELL = re.compile(r"^```\{code-cell\} ipython3\n((?::[^\n]*\n)*)(.*?)^```$", re.MULTILINE | re.DOTALL)


def lessons() -> list[Path]:
    """The lessons' files, in order."""
    return sorted(LESSONS.glob("[0-9][0-9]-*.md"))


def cells(text: str) -> list[tuple[int, str]]:
    """(line, code) of every code cell; those that are marked to raise are kept out with a try around them."""
    found = []
    for match in CELL.finditer(text):
        options, code = match.groups()
        line = text.count("\n", 0, match.start(2)) + 1
        if "raises-exception" in options:
            inside = "".join(f"    {row}\n" for row in code.splitlines())
            code = f"try:\n{inside}except Exception as error:\n    print(type(error).__name__, error, sep=': ')\n"
            line -= 1
        found.append((line, code))
    return found


def run(path: Path, seed: int = 0, full: bool = False) -> dict[str, Any]:
    """The names that a lesson leaves behind. A failing cell raises, with the lesson's own line in the traceback. `full`: on the whole data."""
    text = path.read_text()
    seeded, count = re.subn(r"^seed = 0$", f"seed = {seed}", text, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"{path.name} must have exactly one line 'seed = 0', found {count}")
    if full:
        seeded = re.sub(r"^full = False", "full = True", seeded, flags=re.MULTILINE)
    names: dict[str, Any] = {"__name__": "__lesson__"}
    for line, code in cells(seeded):
        exec(compile("\n" * (line - 1) + code, str(path), "exec"), names)
    return names


def outside(names: dict[str, Any]) -> list[str]:
    """What does not lie in its band, in words."""
    numbers, bands = names["numbers"], names["bands"]
    missing = [f"{name} has no band" for name in numbers if name not in bands] + [f"{name} was not measured" for name in bands if name not in numbers]
    off = [f"{name} = {float(numbers[name]):.4g} is outside {low} … {high}"
           for name, (low, high) in bands.items() if name in numbers and not low <= float(numbers[name]) <= high]  # fmt: skip
    return missing + off


def main() -> int:
    parser = argparse.ArgumentParser(description="run the lessons")
    parser.add_argument("names", nargs="*", help="beginnings of file names; all without")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--figures", type=Path)
    parser.add_argument("--full", action="store_true", help="on the whole data sets, which must be there (NETCORE_DATA); without bands")
    chosen = parser.parse_args()
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    wrong = 0
    for path in lessons():
        if chosen.names and not any(path.name.startswith(name) for name in chosen.names):
            continue
        for seed in chosen.seeds:
            start = time.perf_counter()
            names = run(path, seed, chosen.full)
            print(f"\n{path.stem}, seed {seed}: {time.perf_counter() - start:.0f} s")
            for name, value in names["numbers"].items():
                print(f"    {name:44} {float(value):10.4g}   {names['bands'].get(name)}")
            for problem in [] if chosen.full else outside(names):
                wrong += 1
                print(f"    OUTSIDE ITS BAND: {problem}")
            for k in pyplot.get_fignums() if chosen.figures else []:
                chosen.figures.mkdir(parents=True, exist_ok=True)
                pyplot.figure(k).savefig(chosen.figures / f"{path.stem}-{k:02}.png", dpi=80)
            pyplot.close("all")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
