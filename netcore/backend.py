"""Which implementation computes: the compiled kernels, or their readable NumPy twins.

`kernels.<family>` is `netcore._kernels.<family>`, compiled from `csrc/<family>.pyx`; with NETCORE_BACKEND=reference it is
`netcore.reference.<family>`. Both export the same functions with the same parameters. There is no silent fallback: when the
compiled modules are missing, the import says so and what to do.
"""

import importlib
import os
from types import ModuleType, SimpleNamespace

from netcore.errors import ArgumentError

FAMILIES = (
    "activation",
    "channels_last",
    "conv",
    "dropout",
    "embedding",
    "gemm",
    "gru",
    "im2col",
    "lstm",
    "norm",
    "optim",
    "pool",
    "rnn",
    "softmax",
    "winograd",
)

MISSING = """netcore's compiled kernels are not built ({error}).
Install the package with a C compiler at hand (Debian/Ubuntu: apt-get install gcc python3-dev; macOS: xcode-select --install):
    pip install .
or, in a checkout, build them in place:
    python setup.py build_ext --inplace
To run on the slow, readable NumPy reference on purpose, set NETCORE_BACKEND=reference."""

BACKEND = os.environ.get("NETCORE_BACKEND", "compiled")
if BACKEND not in ("compiled", "reference"):
    raise ArgumentError(f"NETCORE_BACKEND must be 'compiled' or 'reference', got {BACKEND!r}")

dispatch: ModuleType | None = None
if BACKEND == "compiled":
    # Threads of GNU OpenMP that wait spin for a millisecond and more, which starves everybody on a shared machine, netcore
    # itself first. So many turns, a third of a millisecond, bridge the gap between two kernels as well. Read when the library is loaded, below.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "4000")
    try:
        dispatch = importlib.import_module("netcore._kernels.dispatch")
    except ModuleNotFoundError as error:
        if error.name != "netcore._kernels.dispatch":
            raise
        raise ImportError(MISSING.format(error=error)) from None

_package = "netcore._kernels" if BACKEND == "compiled" else "netcore.reference"
kernels = SimpleNamespace(**{family: importlib.import_module(f"{_package}.{family}") for family in FAMILIES})
