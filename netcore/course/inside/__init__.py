"""What runs beside a submission, in the child process: the standard library and NumPy, nothing else of netcore."""

import os


def main_path(site: str) -> str:
    """Where main.py lies in a run-time tree."""
    return os.path.join(site, "netcore", "course", "inside", "main.py")
