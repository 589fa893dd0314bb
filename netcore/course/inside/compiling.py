"""Builds a submission that is source code to be compiled, inside the sandbox: nothing of it is trusted, nor what the tools make of it.

    this process    writes into one scratch folder, may run the compiler's programs and nothing else; watches time and disk
      ├ translator  Cython, in a fork that may start no program any more: compile-time expressions can run code of the submission
      └ compiler    cc, on what the translator wrote

Readable are the run-time tree with Cython and Python's headers, and the folders of the compiler: no `include`, `cdef extern`
or `.incbin` reaches further. `# distutils:` lines are comments here. What is built is fetched by the grader after all
processes here are dead.
"""

import contextlib
import os
import re
import signal
import sys
import time
from typing import Any

from netcore.course.inside import landlock, sandbox, seccomp, wire

FILE_MB, DISK_MB, MEMORY_MB = 64, 192, 1536
CYTHON_ERROR = re.compile(r"^(?:warning: )?\S*?\.(?:pyx|pxi|pxd):(\d+):\d+: (.*)$", re.MULTILINE)
C_ERROR = re.compile(r"(?:fatal error|error|undefined reference|multiple definition).*")


class Failed(Exception):
    """The build ends here, through what was submitted; the sentence is for the student."""

    def __init__(self, message: str, status: str = "exception") -> None:
        super().__init__(message)
        self.status = status


def build(setup: dict[str, Any], tree: str, replies: int) -> None:
    """Shut in, translate, compile, say how it went. Never returns."""
    from Cython.Compiler import Main  # trusted, and found before anything is shut

    tools, scratch, file = setup["build"], setup["scratch"], setup["file"]
    own = [path for folder in tools["libraries"] for path in _libraries(folder)]
    allowed = [(tree, landlock.READ), (scratch, landlock.WRITE), ("/dev/null", landlock.READ | 1 << 1)]
    allowed += [(path, landlock.RUN) for path in [*tools["programs"], *tools["folders"], *own]]
    os.chdir(scratch)
    facts = sandbox.enter(allowed, setup["seconds"], MEMORY_MB, "build", FILE_MB, setup.get("pages", 0))
    wire.write_all(replies, wire.header("shut", facts=facts | {"pid_namespace": setup.get("contained", False)}))
    end = time.monotonic() + setup["build_seconds"]
    try:
        with open(file, "w", encoding="utf-8") as out:
            out.write(setup["source"])
        _run(lambda: _translate(Main, file, tree, facts["tier"] >= 2), end, file)
        source = file.rpartition(".")[0] + ".c"
        environment = {"PATH": tools["path"], "TMPDIR": scratch, "LC_ALL": "C.UTF-8"}
        command = [*tools["command"], source, "-o", "module.so"]
        _run(lambda: os.execve(command[0], command, environment), end, file)
        wire.write_all(replies, wire.header("ready"))
    except Failed as error:
        wire.write_all(replies, wire.header(error.status, message=str(error)))
    except BaseException as error:
        wire.write_all(replies, wire.header("exception", message=f"{type(error).__name__}: {error}"))
    os._exit(0)


def _libraries(folder: str) -> list[str]:
    """The libraries and start files that lie in a folder itself; what else is below it stays out of sight."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    paths = (os.path.join(folder, name) for name in names if ".so" in name or name.endswith((".o", ".a")))
    return [path for path in paths if os.path.isfile(path) and os.access(path, os.R_OK)]


def _translate(cython: Any, file: str, tree: str, shut: bool) -> None:
    """From Cython to C, in this process, which from here on may start no other; `shut` where the machine can do that."""
    libc = sandbox._libc()
    done = landlock.restrict(libc, [(tree, landlock.READ), (".", landlock.WRITE & ~landlock.REMOVE)]) and seccomp.install(libc, "write")
    if shut and not done:
        raise OSError("the translator cannot be shut in")
    sys.setrecursionlimit(3000)
    name = file.rpartition(".")[0]
    options = cython.CompilationOptions(cython.default_options, language_level=3, output_file=f"{name}.c", include_path=[])
    result = cython.compile(file, options, full_module_name=name)
    os._exit(1 if result.num_errors else 0)


def _run(what: Any, end: float, file: str) -> None:
    """Do it in a fork, with what it prints in a file; Failed where it goes wrong, takes too long, or fills the disk.

    What is left of it then ends with this process, the first of its namespace, or is swept up by the keeper.
    """
    pid = os.fork()
    if pid == 0:
        try:
            log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.closerange(3, 64)
            what()
        except BaseException as error:
            os.write(2, f"{file}:0:0: {type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(1)
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            raise Failed("compiling it takes too long", "timeout")
        if _disk() > DISK_MB << 20:
            raise Failed("compiling it fills the disk", "memory")
        time.sleep(0.01)
    if status:
        with open("log", "rb") as log_file:
            raise Failed(complaint(log_file.read(1 << 16).decode(errors="replace"), file, status))


def _disk() -> int:
    """Bytes in the scratch folder. The compiler takes its temporary files away while they are being counted."""
    total = 0
    for entry in os.scandir("."):
        with contextlib.suppress(FileNotFoundError):
            total += entry.stat(follow_symlinks=False).st_size
    return total


def complaint(log: str, file: str, status: int = 0) -> str:
    """The first error in what the tools printed, with its line."""
    errors = [(line, text) for line, text in CYTHON_ERROR.findall(log) if f"warning: {file}:{line}:" not in log]
    if errors:
        return f"it does not compile: {errors[0][1]}" + (f" (line {errors[0][0]})" if errors[0][0] != "0" else "")
    if found := C_ERROR.search(log):
        return f"the C compiler says: {found[0]}"
    if status and os.WIFSIGNALED(status):
        return f"the compiler was ended ({signal.Signals(os.WTERMSIG(status)).name}): too much memory or time"
    return "it does not compile" + (f": {log.strip().splitlines()[-1][:200]}" if log.strip() else "")
