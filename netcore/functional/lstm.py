"""The LSTM: one layer in one direction over whole sequences, and a single cell.

    f, i, o = σ(…)     g = tanh(…)     c = f · c + i · g     h = o · tanh(c)

Formulas gate by gate: netcore/reference/lstm.py. The walk through time: csrc/lstm.pyx.
"""

from typing import NamedTuple

import numpy as np

from netcore.backend import kernels
from netcore.functional.sequence import (
    Batch,
    arrange,
    check_gradients,
    check_input,
    check_state,
    one_step,
    put_rows,
    take_rows,
)
from netcore.gates import LSTMGate, rows_of

Gradient = np.ndarray | None
ALL = (True,) * 7


class LSTMCache(NamedTuple):
    """Rows are the steps of all sequences one after the other; 7 H numbers each, besides x."""

    x: np.ndarray  # (rows, D)
    w_ih: np.ndarray
    w_hh: np.ndarray
    has_bias: tuple[bool, bool]  # b_ih, b_hh
    batch: Batch
    reverse: bool
    h0: np.ndarray  # (N, H)
    states: np.ndarray  # (rows, H), after each step: y once more, which the caller may change
    gates: np.ndarray  # (rows, 4H): i, f, g, o
    c_prev: np.ndarray  # (rows, H), the cell state before each step
    tanh_c: np.ndarray  # (rows, H), of the cell state after the step


def lstm_forward(
    x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b_ih: np.ndarray | None = None, b_hh: np.ndarray | None = None,
    h0: np.ndarray | None = None, c0: np.ndarray | None = None, lengths: np.ndarray | None = None, reverse: bool = False,
    keep: bool = True,
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], LSTMCache]:
    """y (N, T, H) and the last states (h, c), each (N, H), for x (N, T, D).

    `w_ih` (4H, D), `w_hh` (4H, H), `b_ih` and `b_hh` (4H,) with gates in the order i, f, g, o; `h0`, `c0` (N, H) default to
    zero. With `lengths` (N,), steps beyond a sequence's length do nothing: y is zero there, the last state is that of the last
    valid step, a sequence of length 0 keeps its initial state. `reverse` walks from the last (valid) step to the first.
    Caches x and the weights by reference and 7 H numbers a step; with `keep=False` these 7 H are not even written, the results
    are the same bits, and the cache is good for nothing. Raises ShapeError, DTypeError, ArgumentError (lengths).

    >>> import numpy as np, netcore.functional as F
    >>> y, (h, c), cache = F.lstm_forward(np.ones((2, 5, 3)), np.ones((16, 3)), np.ones((16, 4)))
    >>> y.shape, h.shape, bool((y[:, -1] == h).all())
    ((2, 5, 4), (2, 4), True)
    """
    x, w_ih, w_hh, b_ih, b_hh = check_input(x, w_ih, w_hh, b_ih, b_hh, len(LSTMGate))
    hidden, batch = w_hh.shape[1], arrange(x, lengths)
    h0, c0 = check_state("h0", h0, batch.n, hidden, x.dtype), check_state("c0", c0, batch.n, hidden, x.dtype)
    rows = take_rows(x, batch)
    y, h, c, *kept = kernels.lstm.forward(rows, batch.lengths, w_ih, w_hh, b_ih, b_hh, h0, c0, reverse, keep)
    cache = LSTMCache(rows, w_ih, w_hh, (b_ih is not None, b_hh is not None), batch, reverse, h0, *kept)
    return put_rows(y, batch), (h, c), cache


def lstm_backward(
    dy: np.ndarray | None, cache: LSTMCache, dh: np.ndarray | None = None, dc: np.ndarray | None = None,
    *, needs: tuple[bool, ...] = ALL,
) -> tuple[Gradient, Gradient, Gradient, Gradient, Gradient, Gradient, Gradient]:
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0, dc0) for the gradients of y and of the last states; None stands for zeros.

    `needs` says, in the order of the results, which are wanted; the others are None, as are those of absent biases.
    """
    dy, dh, dc = check_gradients(dy, {"dh": dh, "dc": dc}, cache.batch, cache.w_hh.shape[1], cache.x.dtype)
    wanted = (*needs[:3], needs[3] and cache.has_bias[0], needs[4] and cache.has_bias[1], *needs[5:])
    dx, *others = kernels.lstm.backward(
        dy, dh, dc, cache.x, cache.batch.lengths, cache.w_ih, cache.w_hh,
        cache.h0, cache.states, cache.gates, cache.c_prev, cache.tanh_c, cache.reverse, wanted,
    )
    return None if dx is None else put_rows(dx, cache.batch), *others


def lstm_cell_forward(
    x: np.ndarray, h: np.ndarray | None, c: np.ndarray | None, w_ih: np.ndarray, w_hh: np.ndarray,
    b_ih: np.ndarray | None = None, b_hh: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, LSTMCache]:
    """One step: the new (h, c), each (N, H), from x (N, D) and the old ones. Arguments as those of `lstm_forward`."""
    _, (h, c), cache = lstm_forward(one_step(x), w_ih, w_hh, b_ih, b_hh, h, c)
    return h, c, cache


def lstm_cell_backward(
    dh: np.ndarray | None, dc: np.ndarray | None, cache: LSTMCache, *, needs: tuple[bool, ...] = ALL,
) -> tuple[Gradient, Gradient, Gradient, Gradient, Gradient, Gradient, Gradient]:
    """(dx, dh, dc, dw_ih, dw_hh, db_ih, db_hh) for the gradients of the new (h, c); `needs` in the same order."""
    order = (*needs[:1], *needs[3:], *needs[1:3])
    dx, dw_ih, dw_hh, db_ih, db_hh, dh, dc = lstm_backward(None, cache, dh, dc, needs=order)
    return None if dx is None else dx[:, 0], dh, dc, dw_ih, dw_hh, db_ih, db_hh


def lstm_gates(cache: LSTMCache) -> dict[str, np.ndarray]:
    """What the cell did at each step, to look at: 'input', 'forget', 'candidate', 'output' and 'cell', each (N, T, H), 0 on padding.

    >>> import numpy as np, netcore.functional as F
    >>> y, _, cache = F.lstm_forward(np.ones((2, 5, 3)), np.ones((16, 3)), np.ones((16, 4)))
    >>> gates = F.lstm_gates(cache)
    >>> bool(np.allclose(gates["output"] * np.tanh(gates["cell"]), y))
    True
    """
    hidden = cache.w_hh.shape[1]
    rows = {gate.name.lower(): cache.gates[:, rows_of(gate, hidden)] for gate in LSTMGate}
    rows["cell"] = rows["forget"] * cache.c_prev + rows["input"] * rows["candidate"]
    return {name: put_rows(row, cache.batch) for name, row in rows.items()}
