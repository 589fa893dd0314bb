"""The hot-swap: a recipe is trained with a student's functions in place of the engine's, and every call is compared.

    call 1, 2, 3 …   the engine's function and the student's get the same arrays; both are timed; what differs ends the training
    the training     goes on with the student's numbers

`swap.py` in an assignment's folder says how the student's functions stand in for the engine's: a list of `Pair`s. They are put
under the engine by `netcore.functional.replaced`. It is the student's own code on the student's own machine: no sandbox.
"""

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from netcore import functional as F
from netcore.errors import NetcoreError

RTOL = {"float32": 1e-3, "float64": 1e-7}  # of the largest number: sums in another order differ by much less


@dataclass
class Pair:
    """One operation of the engine, and how the student's functions do it.

    `forward(call)` gets the engine's arguments by name and returns (outputs, cache) as the engine's function would; None where
    the call is none that the assignment covers. `backward(call)` has the student's cache as `call.cache` and returns gradients
    in the engine's order, None for those that it does not make.
    """

    name: str
    forward: Callable[[Any], Any]
    backward: Callable[[Any], Any]
    outputs: tuple[str, ...] = ("y",)
    gradients: tuple[str, ...] = ("dx",)
    seen: Callable[[np.ndarray], Any] = np.asarray  # what is compared of an output
    engine: tuple[Callable[..., Any], Callable[..., Any]] | None = None  # where the engine has no one function of this name


class Both(NamedTuple):
    """What a swapped forward phase caches; whoever asks it for something else asks the engine's cache."""

    own: Any
    engine: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


class Diverged(NetcoreError):
    """The first call whose result is not the engine's; the message names function, call, array, index, expected and got."""


@dataclass
class Tally:
    """What is known of one function."""

    calls: int = 0
    passed_by: int = 0  # calls that the assignment does not cover, left to the engine
    own_s: float = 0.0
    engine_s: float = 0.0


class Swap:
    """Wraps pairs; `functions` is for `F.replaced`, `tallies` fills while it runs."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.tallies: dict[str, Tally] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        for pair in pairs:
            names = f"{pair.name}_forward", f"{pair.name}_backward"
            engine = pair.engine or (getattr(F, names[0]), getattr(F, names[1]))
            made = self._forward(pair, names[0], engine[0]), self._backward(pair, names[1], engine[1])
            self.functions |= dict(zip(names, made, strict=True))

    def _forward(self, pair: Pair, name: str, engine: Callable[..., Any]) -> Callable[..., Any]:
        tally, signature = self.tallies.setdefault(name, Tally()), inspect.signature(engine)

        def forward(*args: Any, **kwargs: Any) -> Any:
            call = _call(signature, args, kwargs)
            *want, cache = self._timed(tally, "engine_s", engine, *args, **kwargs)
            own = self._student(tally, name, pair.forward, call)
            if own is None:
                tally.passed_by += 1
                return *want, cache
            tally.calls += 1
            *got, kept = own
            for label, g, w in zip(pair.outputs, _flat(got), _flat(want), strict=True):
                compare(name, tally.calls, label, pair.seen(g), pair.seen(w))
            return *got, Both(kept, cache)

        return forward

    def _backward(self, pair: Pair, name: str, engine: Callable[..., Any]) -> Callable[..., Any]:
        tally, signature = self.tallies.setdefault(name, Tally()), inspect.signature(engine)

        def backward(*args: Any, **kwargs: Any) -> Any:
            call = _call(signature, args, kwargs)
            if not isinstance(call.cache, Both):
                tally.passed_by += 1
                return engine(*args, **kwargs)
            both = call.cache
            bound = signature.bind(*args, **kwargs)
            bound.arguments["cache"] = both.engine
            want = self._timed(tally, "engine_s", engine, *bound.args, **bound.kwargs)
            call.cache, call.engine_cache = both.own, both.engine
            got = self._student(tally, name, pair.backward, call)
            tally.calls += 1
            one = not isinstance(want, tuple)
            wants, gots = ((want,), (got,)) if one else (want, tuple(got))
            for label, g, w in zip(pair.gradients, gots, wants, strict=True):
                if w is not None and g is not None:
                    compare(name, tally.calls, label, g, w)
            kept = tuple(None if w is None else w if g is None else g for g, w in zip(gots, wants, strict=True))
            return kept[0] if one else kept

        return backward

    def _timed(self, tally: Tally, which: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            setattr(tally, which, getattr(tally, which) + time.perf_counter() - began)

    def _student(self, tally: Tally, name: str, function: Callable[..., Any], call: Any) -> Any:
        """The student's function; an exception in it is a divergence too."""
        try:
            return self._timed(tally, "own_s", function, call)
        except NotImplementedError as error:
            raise Diverged(f"{name}, call {tally.calls + 1}: not written yet ({error})")
        except NetcoreError:
            raise
        except Exception as error:
            raise Diverged(f"{name}, call {tally.calls + 1}: {type(error).__name__}: {error}{_line(error)}")


def compare(name: str, number: int, label: str, got: Any, want: np.ndarray) -> None:
    """Raise Diverged unless shape, dtype and numbers are the engine's, up to rounding."""
    where = f"{name}, call {number}: {label}"
    got = np.asarray(got)
    if got.shape != want.shape:
        raise Diverged(f"{where} must have shape {want.shape}, got {got.shape}")
    if got.dtype != want.dtype:
        raise Diverged(f"{where} must be {want.dtype}, got {got.dtype}")
    if not want.size:
        return
    error = np.abs(got.astype(np.float64) - want)
    scale = float(np.abs(want).max())
    worst = np.unravel_index(int(np.where(np.isfinite(error), error, np.inf).argmax()), error.shape)
    if not error[worst] <= max(RTOL.get(want.dtype.name, 0.0) * scale, 1e-30):
        index = ", ".join(str(int(i)) for i in worst)
        raise Diverged(f"{where} {want.shape} differs, worst at {label}[{index}]: expected {want[worst]:.6g}, got {got[worst]:.6g}")


def _call(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    return SimpleNamespace(**bound.arguments)


def _flat(values: list[Any]) -> list[Any]:
    """States come as a pair within the outputs."""
    return [each for value in values for each in (value if isinstance(value, tuple) else (value,))]


def _line(error: BaseException) -> str:
    """Where in the student's file it happened: the last line of the trace that lies in no file of netcore."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if not trace.tb_frame.f_globals.get("__name__", "").startswith(("netcore", "numpy")):
            lines.append(f" (line {trace.tb_lineno}, in {trace.tb_frame.f_code.co_name})")
        trace = trace.tb_next
    return lines[-1] if lines else ""
