"""The grader's end of a child: start it, send a case, read exactly what was asked for, end it and account for it.

What the child prints is drained and cut, what it sends beyond the specification is never read (pipes.py). Every wait has a deadline.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netcore.course import pipes
from netcore.course.case import Case
from netcore.course.inside import main_path, wire
from netcore.course.manifest import Manifest
from netcore.course.runtime import Runtime

START_SECONDS = 30.0  # for interpreter and NumPy, before the submission is touched
END_SECONDS = 10.0  # for the keeper, to kill and reap
LEAVE_SECONDS = 1.0  # for a child that has closed its pipes, to end by itself


class InfraError(Exception):
    """Our own fault, never the submission's: no grade comes of it."""


class ChildEnded(Exception):
    """The child is gone, or over its time: `status` is timeout, memory, killed or protocol."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Reply:
    """What came back for a case: raw arrays where status is ok, otherwise a sentence. Never a verdict."""

    status: str
    message: str = ""
    arrays: list[np.ndarray] = field(default_factory=list)


class Child:
    """One child with one submission; `facts` says how it is shut in, `failed` is the reply for all cases where the import failed.
    `more` goes to the child with its set-up: the path of a built module, or what is to be built."""

    def __init__(self, manifest: Manifest, source: str, runtime: Runtime, seconds: float, more: dict[str, Any] | None = None) -> None:
        python, site = runtime.tree(manifest)
        command, box = [python, "-I", "-S", "-B", main_path(site), site], None if more and more.get("trusted") else runtime.box(manifest)
        told, tells = os.pipe() if box else (-1, -1)
        if box:
            command = [*box.around(more), "--info-fd", str(tells), "--", *command]
        env = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
        self.used = (0.0, 0.0)
        self.end = time.monotonic() + max(seconds, 0.0)
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=os.path.dirname(site),
            env=env if os.name == "posix" else {**os.environ, **env},
            close_fds=True,
            pass_fds=(tells,) if box else (),
            start_new_session=os.name == "posix",
            bufsize=0,
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self._pipes = pipes.of_child(self.process.stdin, self.process.stdout, self.process.stderr)
        self.keeper = _keeper(told, tells) if box else None
        setup = {"file": manifest.file, "source": source, "seconds": int(seconds) + 2, "memory_mb": manifest.memory_mb, **(more or {})}
        try:
            if box:
                setup["pages"] = box.pages
            self._send(wire.request(setup), time.monotonic() + START_SECONDS)
            shut = wire.parse_header(self._receive(wire.HEADER, time.monotonic() + START_SECONDS))
            if shut["status"] != "shut":
                raise ValueError("no sandbox")
            self.facts: dict[str, Any] = shut["facts"]
            if box:
                tier = self.facts["tier"]
                self.facts |= {"bubblewrap": True, "pid_namespace": True, "tier": 3 if tier == 2 else max(tier, 1)}
        except (ChildEnded, ValueError, KeyError) as error:
            self.close()
            raise InfraError(f"the child could not be started ({error}): {self.printed[-600:].decode(errors='replace')}")
        self.failed: Reply | None = None
        try:
            status, message = self._header(min(self.end, time.monotonic() + manifest.case_seconds))
            if status != "ready":
                self.failed = Reply(_known(status), message)
        except ChildEnded as error:
            self.failed = Reply(error.status, f"{error} while your file was imported")

    def run(self, case: Case, seconds: float) -> Reply:
        """The reply to one case; ChildEnded where the child cannot go on."""
        deadline = min(self.end, time.monotonic() + seconds)
        outputs = [[o.name, o.handle.name, list(o.shape), o.dtype] for o in case.outputs]
        arrays = [[list(a.shape), a.dtype.name] for a in case.arrays]
        raw = b"".join(np.ascontiguousarray(a).tobytes() for a in case.arrays)
        self._send(wire.request({"steps": case.steps, "outputs": outputs, "arrays": arrays}, raw), deadline)
        status, message = self._header(deadline)
        if status != "ok":
            return Reply(_known(status), message)
        found = [np.frombuffer(self._receive(o.nbytes, deadline), o.sent_as).reshape(o.shape) for o in case.outputs]
        return Reply("ok", "", found)

    def close(self) -> tuple[float, float]:
        """End the child and all that it left; CPU seconds and peak memory in MB of everything that ran."""
        if self.process.returncode is None:
            self._stop()
            self._reap(time.monotonic() + END_SECONDS)
        self._pipes.close()
        if self.keeper is not None:
            os.close(self.keeper)
            self.keeper = None
        return self.used

    def _stop(self) -> None:
        with contextlib.suppress(OSError):
            if self.keeper is not None:
                signal.pidfd_send_signal(self.keeper, signal.SIGTERM)
            else:
                os.kill(self.process.pid, signal.SIGTERM)  # not send_signal, which may reap it and lose its numbers

    def _reap(self, deadline: float, patient: bool = False) -> int | None:
        """wait4 of the keeper, whose numbers include the child it reaped; its exit code. Who is `patient` gets None where it still runs."""
        if not hasattr(os, "wait4"):
            try:
                return self.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                if patient:
                    return None
                raise InfraError("a child could not be ended")
        pause = 0.0005
        while True:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.used = (usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
                self.process.returncode = os.waitstatus_to_exitcode(status)
                return self.process.returncode
            if time.monotonic() > deadline:
                if patient:
                    return None
                self.process.kill()
                self.process.wait()
                raise InfraError("a child could not be ended")
            time.sleep(pause)
            pause = min(2 * pause, 0.02)

    def _gone(self) -> ChildEnded:
        """Why the child ended: the keeper's exit code tells the signal. One that only closed its pipes is ended here."""
        code = self._reap(time.monotonic() + LEAVE_SECONDS, patient=True)
        if code is None:
            self._stop()
            self._reap(time.monotonic() + END_SECONDS)
            return ChildEnded("killed", "your code closed the pipe on which answers are sent")
        number = code - 128 if 128 < code < 256 else -code if code < 0 else 0
        if number == getattr(signal, "SIGXCPU", -1) or (number == signal.SIGKILL and time.monotonic() > self.end):
            return ChildEnded("timeout", "the time is up")
        if number in list(signal.Signals):
            return ChildEnded("killed", f"the process crashed ({signal.Signals(number).name})")
        if code >= 1 << 31:  # what Windows calls an exception
            return ChildEnded("killed", f"the process crashed (0x{code:X})")
        return ChildEnded("killed", "the process ended itself (exit)")

    def _header(self, deadline: float) -> tuple[str, str]:
        try:
            fields = wire.parse_header(self._receive(wire.HEADER, deadline))
        except ValueError:
            raise ChildEnded("protocol", "what came back was not an answer")
        status = fields["status"]
        return status, plain(str(fields.get("message", ""))) or ("" if status in ("ok", "ready") else f"an answer of the kind {plain(status)!r}")

    def _send(self, data: bytes, deadline: float) -> None:
        with self._ending():
            self._pipes.send(data, deadline)

    def _receive(self, size: int, deadline: float) -> bytes:
        with self._ending():
            return self._pipes.receive(size, deadline)

    @property
    def printed(self) -> bytes:
        """The beginning of what it printed, all of it once the child is closed."""
        return self._pipes.printed

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        try:
            yield
        except pipes.TimeUp:
            raise ChildEnded("timeout", "the time is up")
        except pipes.Closed:
            raise self._gone()


def _keeper(told: int, tells: int) -> int | None:
    """A descriptor of the keeper inside bubblewrap, which tells its number; None where it ended before it could."""
    os.close(tells)
    try:
        text = b""
        while select.select([told], [], [], START_SECONDS)[0] and (part := os.read(told, 4096)):
            text += part
        return os.pidfd_open(json.loads(text)["child-pid"])
    except (OSError, ValueError, KeyError):
        return None
    finally:
        os.close(told)


def _known(status: str) -> str:
    """A status that a child may give; it can only choose how it fails."""
    return status if status in ("exception", "missing", "memory", "timeout", "wrong_shape", "wrong_dtype") else "protocol"


def plain(text: str) -> str:
    """Printable text on one line: no escape sequences, no control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:400]
