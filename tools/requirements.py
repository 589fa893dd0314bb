"""Print what extras of pyproject.toml need, a requirement a line, so that they can be installed without a build of the package:

python tools/requirements.py test dev | xargs pip install
"""

import re
import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads(Path(__file__).resolve().parent.parent.joinpath("pyproject.toml").read_text())["project"]


def requirements(extra: str) -> set[str]:
    """The requirements of an extra, with those of the extras that it names in its turn."""
    found = set()
    for line in PROJECT["optional-dependencies"][extra]:
        own = re.fullmatch(re.escape(PROJECT["name"]) + r"\[([^]]*)\]", line)
        found |= set().union(*map(requirements, own.group(1).split(","))) if own else {line}
    return found


print(*sorted(set().union(*map(requirements, sys.argv[1:]))), sep="\n")
