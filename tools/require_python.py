"""Say in one line what is missing before a virtual environment is made: Python 3.11, its venv module, a C compiler."""

import importlib.util
import shutil
import sys
import sysconfig

if sys.version_info < (3, 11):  # noqa: UP036 - this file runs on whatever Python there is
    sys.exit(f"netcore needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 demo")
if importlib.util.find_spec("ensurepip") is None:
    sys.exit("Python's venv module is incomplete; on Debian and Ubuntu: sudo apt-get install python3-venv")
compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
if sys.platform != "win32" and not any(map(shutil.which, (compiler, "cc", "gcc", "clang"))):
    sys.exit("netcore needs a C compiler; Debian/Ubuntu: sudo apt-get install gcc python3-dev; macOS: xcode-select --install")
