"""The process beside a submission. Started fresh, with an empty environment, as `python -I -S -B main.py <site folder>`.

It splits in two. The keeper waits for the child, kills and reaps whatever is left, and exits; its exit code says how the
child ended. The child shuts itself in, imports the submission, and answers case after case. It knows neither seeds nor
expected values: they are made in the grader, after both have gone.
"""

import os
import signal
import sys
from typing import Any

SITE = sys.argv[1]
sys.path.append(SITE)

from netcore.course.inside import landlock, sandbox, wire  # noqa: E402 - the path comes first

SIGNALLED = 128  # the keeper's exit code, plus the number of the signal that ended the child
REPLIES = 3


def main() -> None:
    grader = os.getppid() if hasattr(os, "getppid") else 0
    setup = wire.read_request(0)
    if not hasattr(os, "fork"):
        child(setup)
    contained = sandbox.guard_children(stopped=setup.get("cpu") is not None)
    if os.getppid() != grader:
        os._exit(1)  # it ended before we asked to be told
    # Waited for and never handled: a handler of Python's that comes just before waitpid is run only when that returns, which may be never.
    awaited = {signal.SIGTERM, signal.SIGCHLD}
    signal.signal(signal.SIGCHLD, lambda *_: None)  # some systems drop what nobody would handle
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
        try:
            child({**setup, "contained": contained})
        except BaseException:
            import traceback

            traceback.print_exc()  # a fault of ours; the grader shows it
        finally:
            os._exit(1)
    for fd in (0, 1, 2):
        os.close(fd)
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if signal.sigwait(awaited) == signal.SIGTERM:
            os.kill(pid, signal.SIGKILL)
    status = ended[1]
    sweep()
    os._exit(SIGNALLED + os.WTERMSIG(status) if os.WIFSIGNALED(status) else min(os.WEXITSTATUS(status), SIGNALLED - 1))


def sweep() -> None:
    """Kill and reap all that is left below the keeper: where there is no namespace, orphans have come to it."""
    while True:
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                left = [int(pid) for pid in file.read().split()]
        except OSError:
            left = []
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0 if left else os.WNOHANG)
        except ChildProcessError:
            return
        if not left:
            return


def child(setup: dict[str, Any]) -> None:
    """Never returns."""
    os.dup2(1, REPLIES, inheritable=False)
    os.dup2(2, 1)  # what the submission prints
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    if "build" in setup:
        from netcore.course.inside import compiling

        compiling.build(setup, os.path.dirname(SITE), REPLIES)
    import numpy as np

    from netcore.course.inside import program

    built = [(os.path.dirname(setup["module"]), landlock.READ)] if setup.get("module") else []
    if setup.get("cpu") is not None:
        os.sched_setaffinity(0, {setup["cpu"]})
    trusted = imported(setup) if setup.get("trusted") else None  # the engine, to be raced with: its libraries lie elsewhere
    allowed, kind = [(os.path.dirname(SITE), landlock.READ), *built], "threads" if trusted else "run"
    facts = sandbox.enter(allowed, setup["seconds"], setup["memory_mb"], kind, pages=setup.get("pages", 0))
    wire.write_all(REPLIES, wire.header("shut", facts=facts | {"pid_namespace": setup.get("contained", False)}))
    file = setup["file"]
    try:
        module = trusted or imported(setup)
    except BaseException as error:
        status, message = failure(error, file)
        wire.write_all(REPLIES, wire.header(status, message=message))
        os._exit(0)
    wire.write_all(REPLIES, wire.header("ready"))
    while True:
        try:
            request = wire.read_request(0)
            arrays = []
            for shape, dtype in request["arrays"]:
                size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
                arrays.append(np.frombuffer(bytearray(wire.read_exactly(0, size)), dtype).reshape(shape))
        except EOFError:
            os._exit(0)
        answer(module.__dict__, request, arrays, program, file)


def imported(setup: dict[str, Any]) -> Any:
    """The submission as a module: its source is run, or what was built from it loaded."""
    import importlib.machinery
    import importlib.util
    import linecache
    import types

    file, source = setup["file"], setup["source"]
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    name = file.rpartition(".")[0]
    if setup.get("module"):
        loader = importlib.machinery.ExtensionFileLoader(name, setup["module"])
        spec = importlib.util.spec_from_file_location(name, setup["module"], loader=loader)
        module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
        sys.modules[name] = module
        loader.exec_module(module)
        return module
    module = types.ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    exec(compile(source, file, "exec"), module.__dict__)
    return module


def answer(module: dict[str, Any], request: dict[str, Any], arrays: list[Any], program: Any, file: str) -> None:
    """Run one case and send its header, and where all is well its bytes."""
    printed = [(name, kept) for name, kept, _, _ in request["outputs"]]
    raw: list[bytes] = []
    try:
        values = program.run(module, request["steps"], arrays, printed)
        for value, (name, _, shape, dtype) in zip(values, request["outputs"], strict=True):
            raw.append(program.as_array(name, value, tuple(shape), dtype).tobytes())
        head = wire.header("ok")
    except BaseException as error:
        raw.clear()
        status, message = failure(error, file)
        head = wire.header(status, message=message)
    for part in (head, *raw):
        wire.write_all(REPLIES, part)


def failure(error: BaseException, file: str) -> tuple[str, str]:
    """The status and the sentence for an exception, with the line of the submission where it happened.

    The submission could make any of this up; it would only choose how its own case fails.
    """
    if type(error).__name__ == "Refused":
        return str(getattr(error, "status", "exception")), str(error)
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            lines.append((trace.tb_lineno, trace.tb_frame.f_code.co_name))
        trace = trace.tb_next
    where = f" (line {lines[-1][0]}, in {lines[-1][1]})".replace("in <module>", f"of {file}") if lines else ""
    if isinstance(error, SyntaxError):
        where = f" (line {error.lineno})"
    kind = "missing" if isinstance(error, NotImplementedError) else "memory" if isinstance(error, MemoryError) else "exception"
    text = "not written yet" if kind == "missing" else f"{type(error).__name__}: {error}"[:250]
    return kind, text + where


if __name__ == "__main__":
    main()
