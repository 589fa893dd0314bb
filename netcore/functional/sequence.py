"""Batches of sequences: what the recurrent functions check and share.

Kernels see sequences one after the other, row by row and without padding, so padding is never read, whatever is in it.

    x (N, T, D), lengths (N,)    take_rows ->    (Σ lengths, D)    put_rows ->    (N, T, D) with zeros as padding
"""

from typing import Any, NamedTuple

import numpy as np

from netcore import checks, memory
from netcore.errors import ShapeError


class Batch(NamedTuple):
    """How N sequences of up to T steps lie in memory."""

    n: int
    t: int
    lengths: np.ndarray  # (N,) int64
    valid: np.ndarray | None  # (N, T), False on padding; None where there is none


def named(shape: tuple[int, ...], axes: str = "N T D") -> str:
    """A shape as people say it: (N=32, T=8, D=13)."""
    names = axes.split()
    return "(" + ", ".join(f"{a}={n}" for a, n in zip(names, shape, strict=True)) + ")" if len(names) == len(shape) else str(shape)


def check_lengths(lengths: Any, n: int, t: int) -> np.ndarray:
    """int64 (N,), each from 0 (the sequence takes no step and keeps its initial state) to T."""
    lengths = checks.integers("lengths", lengths, 1, low=0, high=t + 1)
    checks.shape_is("lengths", lengths, (n,), "(one per sequence)")
    return lengths


def check_input(x: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, gates: int) -> tuple[Any, ...]:
    """The arrays of one layer in one direction, ready for a kernel."""
    x = checks.floats("x", x)
    w_hh = checks.floats("w_hh", w_hh, 2, x.dtype)
    w_ih = checks.floats("w_ih", w_ih, 2, x.dtype)
    hidden = w_hh.shape[1]
    many = f"{gates if gates > 1 else ''}H"
    if hidden == 0 or w_hh.shape[0] != gates * hidden:
        raise ShapeError(f"w_hh must have shape ({many}, H) with H >= 1, got {w_hh.shape}")
    if w_ih.shape[0] != gates * hidden:
        raise ShapeError(f"w_ih must have shape ({many}={gates * hidden}, D), since w_hh is ({many}, H={hidden}); got {w_ih.shape}")
    if x.ndim != 3:
        raise ShapeError(f"x must have 3 axes (N, T, D), got shape {x.shape}")
    if x.shape[2] != w_ih.shape[1]:
        raise ShapeError(f"got {named(x.shape)}, D must be {w_ih.shape[1]}")
    if x.shape[1] == 0:
        raise ShapeError(f"got {named(x.shape)}, T must be at least 1")
    return x, w_ih, w_hh, *(check_bias(name, b, gates * hidden, many, x.dtype) for name, b in (("b_ih", b_ih), ("b_hh", b_hh)))


def check_bias(name: str, b: Any, size: int, meaning: str, dtype: np.dtype) -> np.ndarray | None:
    if b is None:
        return None
    b = checks.floats(name, b, 1, dtype)
    checks.shape_is(name, b, (size,), f"({meaning})")
    return b


def check_state(name: str, state: Any, n: int, hidden: int, dtype: np.dtype) -> np.ndarray:
    """A state, or the gradient of one: (N, H), zeros where none is given."""
    if state is None:
        return np.zeros((n, hidden), dtype)
    state = checks.floats(name, state, 2, dtype)
    if state.shape != (n, hidden):
        raise ShapeError(f"{name} must have shape (N={n}, H={hidden}), got {state.shape}")
    return state


def arrange(x: np.ndarray, lengths: Any) -> Batch:
    n, t = x.shape[:2]
    if lengths is None:
        return Batch(n, t, np.full(n, t, np.int64), None)
    lengths = check_lengths(lengths, n, t)
    return Batch(n, t, lengths, np.arange(t) < lengths[:, None])


def take_rows(x: np.ndarray, batch: Batch) -> np.ndarray:
    """(N, T, D) to (rows, D)."""
    return x.reshape(batch.n * batch.t, x.shape[2]) if batch.valid is None else x[batch.valid]


def put_rows(rows: np.ndarray, batch: Batch) -> np.ndarray:
    """(rows, D) to (N, T, D), padding zero."""
    if batch.valid is None:
        return rows.reshape(batch.n, batch.t, rows.shape[1])
    x = memory.zeros((batch.n, batch.t, rows.shape[1]), rows.dtype)
    x[batch.valid] = rows
    return x


def check_gradients(dy: Any, states: dict[str, Any], batch: Batch, hidden: int, dtype: np.dtype) -> tuple[np.ndarray | None, ...]:
    """(rows of dy or None, gradient of each state)."""
    if dy is not None:
        dy = take_rows(checks.gradient("dy", dy, (batch.n, batch.t, hidden), dtype), batch)
    return dy, *(check_state(name, state, batch.n, hidden, dtype) for name, state in states.items())


def one_step(x: Any) -> np.ndarray:
    """A cell's input (N, D) as a sequence of one step."""
    return checks.floats("x", x, 2)[:, None]
