"""netcore.grade/v1: the one record of a grading. All other formats are made from it (formats/)."""

import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

SCHEMA = "netcore.grade/v1"

Record = dict[str, Any]


def clear(target: Path) -> None:
    """Take away whatever lies in the place of results."""
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def write(path: str | Path, record: Record) -> None:
    """Atomically, over whatever lies there: a planted link is replaced and not followed, a planted folder removed."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        clear(target)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".grade-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1, ensure_ascii=True)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
