"""Run the suite once on kernels built with AddressSanitizer and UndefinedBehaviorSanitizer; any finding ends it.

The checkout is copied to a temporary folder and built there with NETCORE_CFLAGS; the sanitizer's run-time library is
preloaded into Python. Arguments are handed to pytest:  python tools/sanitize.py tests/kernels
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FLAGS = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g -O1"


def runtime(name: str) -> str:
    """Path of gcc's run-time library of a sanitizer."""
    return subprocess.run(["gcc", f"-print-file-name={name}"], check=True, capture_output=True, text=True).stdout.strip()


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "netcore-sanitized")
        ignored = shutil.ignore_patterns(".git", ".venv*", "build", "*.so", "runs", "*.egg-info")
        shutil.copytree(root, copy, ignore=ignored)
        # Only the kernels are ours to check: leaks of the interpreter itself are not reported.
        environment = os.environ | {"NETCORE_CFLAGS": FLAGS, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], cwd=copy, env=environment, check=True)
        environment["LD_PRELOAD"] = " ".join([runtime("libasan.so"), runtime("libubsan.so"), runtime("libstdc++.so")])
        environment["ASAN_OPTIONS"] = "detect_leaks=0:halt_on_error=1"
        environment["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
        paths = sys.argv[1:] or ["tests"]
        return subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *paths], cwd=copy, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
