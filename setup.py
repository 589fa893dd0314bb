"""Build of the compiled kernels; everything else is declared in pyproject.toml.

Each `csrc/<family>.pyx` becomes one extension module `netcore._kernels.<family>`. The C kernels are compiled once, into
`dispatch`: one source file per instruction set (`csrc/isa/*.c`) stamps all kernels of `csrc/kernels/` and exports one
table of function pointers, which the other modules reach by cimport. No per-file flags are needed, since each of these
sources opens its own target region; so one build runs on every machine of its architecture.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext  # runs Cython on .pyx sources

FAMILIES = [
    "activation",
    "channels_last",
    "conv",
    "dropout",
    "embedding",
    "gemm",
    "gru",
    "im2col",
    "ladder",
    "lstm",
    "memory",
    "multiply",
    "norm",
    "optim",
    "pool",
    "recurrent",
    "recurrent_gradients",
    "rnn",
    "softmax",
    "winograd",
]
ISA_SOURCES = ["csrc/isa/scalar.c", "csrc/isa/avx2.c", "csrc/isa/avx512.c", "csrc/isa/neon.c"]
HEADERS = sorted(str(path) for pattern in ("csrc/simd/*.h", "csrc/kernels/*.h") for path in Path().glob(pattern))
PXDS = sorted(str(path) for path in Path("netcore/_kernels").glob("*.pxd"))

# A stable-ABI wheel serves every Python from 3.11 on; a free-threaded build has no stable ABI.
STABLE_ABI = not sysconfig.get_config_var("Py_GIL_DISABLED")
MACROS = [("Py_LIMITED_API", "0x030B0000")] if STABLE_ABI else []

NO_COMPILER = """
netcore needs a C compiler to build its kernels, and the one tried does not work:
    {command}: {reason}
Install one and try again:
    Debian, Ubuntu   sudo apt-get install gcc python3-dev
    Fedora           sudo dnf install gcc python3-devel
    macOS            xcode-select --install
    Windows          the "Desktop development with C++" workload of Visual Studio Build Tools
"""


class BuildKernels(build_ext):
    """Chooses flags by trying them, uses all processors, and says what to install when there is no compiler."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self) -> None:
        if self.compiler.compiler_type == "msvc":
            compile_args, link_args = ["/O2", "/openmp"], []
        else:
            self.require_compiler()
            compile_args = ["-O3", "-std=gnu11", "-ffp-contract=off", "-fvisibility=hidden", "-fno-math-errno"]
            link_args = []
            if self.accepts(["-fopenmp"]):
                compile_args.append("-fopenmp")
                link_args.append("-fopenmp")
        # Sanitizers and debug builds: NETCORE_CFLAGS is added to both the compiler's and the linker's arguments.
        extra = os.environ.get("NETCORE_CFLAGS", "").split()
        for extension in self.extensions:
            extension.extra_compile_args = compile_args + extra
            extension.extra_link_args = link_args + extra
        super().build_extensions()

    def require_compiler(self) -> None:
        """Compile three lines before anything else, so that the message is about the compiler and nothing else."""
        command = self.compiler.compiler_so[0]
        try:
            reason = self.compile_error([])
        except OSError as error:
            reason = str(error)
        if reason:
            sys.exit(NO_COMPILER.format(command=command, reason=reason))

    def accepts(self, flags: list[str]) -> bool:
        return not self.compile_error(flags)

    def compile_error(self, flags: list[str]) -> str:
        """Compile and link a tiny program that includes Python.h; the compiler's complaint, or an empty string."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text("#include <Python.h>\nint probe(void) { return PY_MAJOR_VERSION; }\n")
            include = f"-I{sysconfig.get_paths()['include']}"
            command = [*self.compiler.compiler_so, *flags, include, "-shared", str(source), "-o", str(Path(folder, "probe.so"))]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            return done.stderr.strip() if done.returncode else ""


def extension(family: str) -> Extension:
    return Extension(
        f"netcore._kernels.{family}",
        sources=[f"csrc/{family}.pyx"] + (ISA_SOURCES if family == "dispatch" else []),
        depends=(HEADERS if family == "dispatch" else ["csrc/kernels/table.h"]) + PXDS,
        include_dirs=["csrc", "."],  # "." is where cimport finds netcore/_kernels/*.pxd
        define_macros=MACROS,
        py_limited_api=STABLE_ABI,
    )


setup(
    ext_modules=[extension(family) for family in ["dispatch", *FAMILIES]],
    cmdclass={"build_ext": BuildKernels},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if STABLE_ABI else {},
)
