"""The gated recurrent unit: one layer in one direction over whole sequences, and a single cell.

    r, z = σ(…)     n = tanh(W_n x + b_n + r · (U_n h + d_n))     h = (1 - z) · n + z · h

Formulas gate by gate: netcore/reference/gru.py. The walk through time: csrc/gru.pyx.
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
from netcore.gates import GRUGate, rows_of

Gradient = np.ndarray | None
ALL = (True,) * 6


class GRUCache(NamedTuple):
    """Rows are the steps of all sequences one after the other; 5 H numbers each, besides x."""

    x: np.ndarray  # (rows, D)
    w_ih: np.ndarray
    w_hh: np.ndarray
    has_bias: tuple[bool, bool]  # b_ih, b_hh
    batch: Batch
    reverse: bool
    h0: np.ndarray  # (N, H)
    states: np.ndarray  # (rows, H), after each step: y once more, which the caller may change
    gates: np.ndarray  # (rows, 3H): r, z, n
    s: np.ndarray  # (rows, H): U_n h + d_n


def gru_forward(
    x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b_ih: np.ndarray | None = None, b_hh: np.ndarray | None = None,
    h0: np.ndarray | None = None, lengths: np.ndarray | None = None, reverse: bool = False, keep: bool = True,
) -> tuple[np.ndarray, np.ndarray, GRUCache]:
    """y (N, T, H) and the last state h (N, H) for x (N, T, D); `w_ih` (3H, D), `w_hh` (3H, H), gates in the order r, z, n.

    The other arguments, the cache and the errors are those of `lstm_forward`.

    >>> import numpy as np, netcore.functional as F
    >>> y, h, cache = F.gru_forward(np.ones((2, 5, 3)), np.ones((12, 3)), np.ones((12, 4)))
    >>> y.shape, h.shape
    ((2, 5, 4), (2, 4))
    """
    x, w_ih, w_hh, b_ih, b_hh = check_input(x, w_ih, w_hh, b_ih, b_hh, len(GRUGate))
    batch = arrange(x, lengths)
    h0 = check_state("h0", h0, batch.n, w_hh.shape[1], x.dtype)
    rows = take_rows(x, batch)
    y, h, *kept = kernels.gru.forward(rows, batch.lengths, w_ih, w_hh, b_ih, b_hh, h0, reverse, keep)
    cache = GRUCache(rows, w_ih, w_hh, (b_ih is not None, b_hh is not None), batch, reverse, h0, *kept)
    return put_rows(y, batch), h, cache


def gru_backward(
    dy: np.ndarray | None, cache: GRUCache, dh: np.ndarray | None = None, *, needs: tuple[bool, ...] = ALL,
) -> tuple[Gradient, Gradient, Gradient, Gradient, Gradient, Gradient]:
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0) for the gradients of y and of the last state; None stands for zeros."""
    dy, dh = check_gradients(dy, {"dh": dh}, cache.batch, cache.w_hh.shape[1], cache.x.dtype)
    wanted = (*needs[:3], needs[3] and cache.has_bias[0], needs[4] and cache.has_bias[1], *needs[5:])
    dx, *others = kernels.gru.backward(
        dy, dh, cache.x, cache.batch.lengths, cache.w_ih, cache.w_hh, cache.h0, cache.states, cache.gates, cache.s, cache.reverse, wanted
    )
    return None if dx is None else put_rows(dx, cache.batch), *others


def gru_cell_forward(
    x: np.ndarray, h: np.ndarray | None, w_ih: np.ndarray, w_hh: np.ndarray,
    b_ih: np.ndarray | None = None, b_hh: np.ndarray | None = None,
) -> tuple[np.ndarray, GRUCache]:
    """One step: the new h (N, H) from x (N, D) and the old one."""
    _, h, cache = gru_forward(one_step(x), w_ih, w_hh, b_ih, b_hh, h)
    return h, cache


def gru_cell_backward(
    dh: np.ndarray, cache: GRUCache, *, needs: tuple[bool, ...] = ALL,
) -> tuple[Gradient, Gradient, Gradient, Gradient, Gradient, Gradient]:
    """(dx, dh, dw_ih, dw_hh, db_ih, db_hh) for the gradient of the new h; `needs` in the same order."""
    dx, dw_ih, dw_hh, db_ih, db_hh, dh0 = gru_backward(None, cache, dh, needs=(*needs[:1], *needs[2:], needs[1]))
    return None if dx is None else dx[:, 0], dh0, dw_ih, dw_hh, db_ih, db_hh


def gru_gates(cache: GRUCache) -> dict[str, np.ndarray]:
    """What the unit did at each step, to look at: 'reset', 'update' and 'new', each (N, T, H), 0 on padding."""
    hidden = cache.w_hh.shape[1]
    return {gate.name.lower(): put_rows(cache.gates[:, rows_of(gate, hidden)], cache.batch) for gate in GRUGate}
