"""Threads, instruction set and what was built: the three things that a user of compiled kernels may ask or choose."""

import os
import platform
import sys

import numpy as np

from netcore.backend import BACKEND, dispatch
from netcore.errors import ArgumentError
from netcore.version import __version__


def get_num_threads() -> int:
    """The number of threads that kernels may use."""
    return dispatch.get_num_threads() if dispatch else 1


def set_num_threads(n: int) -> None:
    """Let kernels use up to `n` threads. The default honours OMP_NUM_THREADS. Results do not depend on it."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not 1 <= n <= 1024:
        raise ArgumentError(f"set_num_threads expects a whole number from 1 to 1024, got {n!r}")
    if dispatch:
        dispatch.set_num_threads(int(n))


def isa_levels() -> list[tuple[str, bool]]:
    """The instruction sets that were built, best first, each with whether this machine supports it."""
    return dispatch.isa_levels() if dispatch else []


def get_isa() -> str:
    """The instruction set in use; 'numpy' when NETCORE_BACKEND=reference."""
    return dispatch.get_isa() if dispatch else "numpy"


def set_isa(name: str) -> None:
    """Use the kernels of one instruction set: 'scalar', 'avx2', 'avx512', 'neon', whichever is built and supported."""
    if dispatch is None:
        raise ArgumentError(f"set_isa({name!r}): NETCORE_BACKEND=reference runs on NumPy and has no instruction sets")
    if not dispatch.set_isa(name):
        here = ", ".join(level for level, supported in isa_levels() if supported)
        raise ArgumentError(f"instruction set {name!r} is not available here; choose one of: {here}")


def config() -> dict[str, str]:
    """What was built, what was found, what is used, as text, for `show_config` and for run folders."""
    levels = ", ".join(name if supported else f"{name} (not on this machine)" for name, supported in isa_levels())
    build = dispatch.build_info() if dispatch else {"compiler": "none", "openmp": False}
    return {
        "netcore": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "numpy": np.__version__,
        "platform": f"{sys.platform} {platform.machine()}",
        "backend": BACKEND,
        "compiler": str(build["compiler"]),
        "openmp": "yes" if build["openmp"] else "no (one thread)",
        "built for": levels or "nothing",
        "instruction set": get_isa(),
        "threads": str(get_num_threads()),
    }


def show_config() -> None:
    """Print what was built, what was found, what is used."""
    for key, value in config().items():
        print(f"{key:16} {value}")


if "NETCORE_ISA" in os.environ and dispatch is not None:
    set_isa(os.environ["NETCORE_ISA"])
