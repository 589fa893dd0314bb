"""The command line `netcore`. Each command has a file of its own, which is imported when it is used; `app.py` ties them."""

import sys
from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line; a missing extra is one clear line."""
    try:
        from netcore.cli.app import app
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        print(f"netcore: the command line needs {error.name}; install it with: pip install 'netcore-nn[cli]'", file=sys.stderr)
        raise SystemExit(2) from None
    app.main(args, prog_name="netcore")
