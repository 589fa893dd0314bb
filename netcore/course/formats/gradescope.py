"""Gradescope: results.json from a record, and a zip whose setup.sh and run_autograder make one on their machine.

The zip carries the assignment and the key, which only the container sees. `run_autograder` removes whatever lies in the place
of the results before it starts and writes them last; where it cannot grade it writes no results, so that no grade comes of it.
"""

import zipfile
from pathlib import Path
from typing import Any

from netcore.course.assignment import Assignment
from netcore.course.formats import wheel
from netcore.course.formats.platforms import told
from netcore.course.race import overall
from netcore.course.results import Record
from netcore.version import __version__

SETUP = """#!/usr/bin/env bash
# Installs the grader into an environment of its own. A wheel beside this file is taken before the package index.
set -euo pipefail
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
python="${{NETCORE_PYTHON:-}}"
for each in python3 python3.11 python3.12 python3.13 python3.14; do
    if [ -z "$python" ] && "$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python="$each"; fi
done
if [ -z "$python" ]; then apt-get update -q && apt-get install -qy python3.11 python3.11-venv && python=python3.11; fi
version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
"$python" -c 'import ensurepip' 2>/dev/null || {{ apt-get update -q && apt-get install -qy "python$version-venv"; }}
own="${{NETCORE_VENV:-/autograder/netcore}}"
"$python" -m venv "$own"
wheels=(./*.whl)
if [ -e "${{wheels[0]}}" ]; then what="${{wheels[0]}}"; else what="netcore-nn=={version}"; fi
"$own/bin/python" -m pip install --quiet "$what"
# A wheel that was made on the spot brings no OpenMP. Whatever else is wrong must show here, not at the first submission.
"$own/bin/python" -I -c 'import netcore.course.bulk' 2>/dev/null || {{ apt-get update -q && apt-get install -qy libgomp1; }}
"$own/bin/python" -I -c 'import netcore.course.bulk'
"""
COMPILED = """# The assignment is in Cython: a compiler, Python's headers, and Cython.
command -v cc >/dev/null || {{ apt-get update -q && apt-get install -qy gcc libc6-dev; }}
header='import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
"$python" -c "$header" || {{ apt-get update -q && apt-get install -qy "python$version-dev"; }}
"$own/bin/python" -m pip install --quiet cython setuptools
"""
RUN = """#!/usr/bin/env bash
# Grades /autograder/submission and writes /autograder/results/results.json.
set -euo pipefail
base="${NETCORE_AUTOGRADER:-/autograder}"
rm -rf "$base/results/results.json"
exec "${NETCORE_VENV:-/autograder/netcore}/bin/python" -I "$base/source/run.py" "$base"
"""
PYTHON = '''"""Grade what Gradescope put into submission/; called by run_autograder."""

import sys
from pathlib import Path

from netcore.course import assignment, bulk, formats, results, seeds

base = Path(sys.argv[1])
results.clear(base / "results" / "results.json")
key = base / "source" / "key.txt"
chosen = assignment.find(base / "source" / "assignment")
record = bulk.grade_path(chosen, base / "submission", key=seeds.read_key(key) if key.exists() else None)
if record["state"] != "graded":
    sys.exit(f"not graded, through no fault of the submission: {record['message']}")
results.write(base / "results" / "results.json", formats.gradescope(record))
'''


def gradescope(record: Record) -> dict[str, Any]:
    """results.json. Hidden tests stay hidden, and with them, as Gradescope does it, the total until grades are published."""
    tests = [
        {
            "name": t["name"] + (" (hidden)" if t["hidden"] else ""),
            "number": str(number),
            "score": t["points"],
            "max_score": t["max_points"],
            "status": "passed" if t["status"] == "ok" else "failed",
            "output": told(t),
            "output_format": "text",
            "tags": [t["task"]],
            "visibility": "after_published" if t["hidden"] else "visible",
        }
        for number, t in enumerate(record["tests"], 1)
    ]
    return {
        "score": record["score"],
        "execution_time": round(record.get("seconds", 0.0)),
        "output": record.get("message", ""),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"sha256": record.get("sha256", ""), "isolation": record.get("isolation", {})},
        "tests": tests,
        **({"leaderboard": leaderboard(rows)} if (rows := record.get("leaderboard")) else {}),
    }


def leaderboard(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Gradescope's board: multiples of the naive version, all together first; nothing of a race that was not run to its end."""
    mean = overall(rows).get("times_naive")
    board = [{"name": "times the naive version", "value": mean, "order": "desc"}] if mean else []
    return board + [{"name": row["name"], "value": row["times_naive"], "order": "desc"} for row in rows if row["status"] == "ok"]


def autograder(assignment: Assignment, out: str | Path, key: bytes | None, given: str | Path | None = None) -> str:
    """Write the zip: setup.sh, run_autograder, run.py, the assignment, the key, and a wheel of this package: the one that is given, or
    one of what is installed. Returns its name, '' where there is none and the package index will be asked."""
    packed = (Path(given).name, Path(given).read_bytes()) if given else wheel.own()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "setup.sh", (SETUP + (COMPILED if assignment.manifest.compiled else "")).format(version=__version__))
        _add(archive, "run_autograder", RUN)
        _add(archive, "run.py", PYTHON)
        for path in sorted(assignment.folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, f"assignment/{path.relative_to(assignment.folder)}")
        if key:
            _add(archive, "key.txt", key.hex() + "\n")
        if packed:
            archive.writestr(*packed)
    return packed[0] if packed else ""


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    info.external_attr = (0o755 if name in ("setup.sh", "run_autograder") else 0o644) << 16
    archive.writestr(info, text)
