"""The simple recurrent layer, h = φ(W x + b + U h + d): one layer in one direction over whole sequences, and a single cell.

Formulas: netcore/reference/rnn.py. The walk through time: csrc/rnn.pyx.
"""

from typing import NamedTuple

import numpy as np

from netcore import checks
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

Gradient = np.ndarray | None
ALL = (True,) * 6
NONLINEARITIES = ("tanh", "relu")


class RNNCache(NamedTuple):
    """Rows are the steps of all sequences one after the other; H numbers each, besides x."""

    x: np.ndarray  # (rows, D)
    w_ih: np.ndarray
    w_hh: np.ndarray
    has_bias: tuple[bool, bool]  # b_ih, b_hh
    batch: Batch
    relu: bool
    reverse: bool
    h0: np.ndarray  # (N, H)
    states: np.ndarray  # (rows, H), after each step: y once more, which the caller may change


def rnn_forward(
    x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b_ih: np.ndarray | None = None, b_hh: np.ndarray | None = None,
    h0: np.ndarray | None = None, lengths: np.ndarray | None = None, reverse: bool = False, nonlinearity: str = "tanh",
    keep: bool = True,
) -> tuple[np.ndarray, np.ndarray, RNNCache]:
    """y (N, T, H) and the last state h (N, H) for x (N, T, D); `w_ih` (H, D), `w_hh` (H, H); φ is 'tanh' or 'relu'.

    The other arguments, the cache and the errors are those of `lstm_forward`.

    >>> import numpy as np, netcore.functional as F
    >>> y, h, cache = F.rnn_forward(np.ones((2, 5, 3)), np.ones((4, 3)), np.ones((4, 4)))
    >>> y.shape, h.shape
    ((2, 5, 4), (2, 4))
    """
    relu = checks.one_of("nonlinearity", nonlinearity, NONLINEARITIES) == "relu"
    x, w_ih, w_hh, b_ih, b_hh = check_input(x, w_ih, w_hh, b_ih, b_hh, 1)
    batch = arrange(x, lengths)
    h0 = check_state("h0", h0, batch.n, w_hh.shape[1], x.dtype)
    rows = take_rows(x, batch)
    y, h, states = kernels.rnn.forward(rows, batch.lengths, w_ih, w_hh, b_ih, b_hh, h0, relu, reverse, keep)
    cache = RNNCache(rows, w_ih, w_hh, (b_ih is not None, b_hh is not None), batch, relu, reverse, h0, states)
    return put_rows(y, batch), h, cache


def rnn_backward(
    dy: np.ndarray | None, cache: RNNCache, dh: np.ndarray | None = None, *, needs: tuple[bool, ...] = ALL,
) -> tuple[Gradient, Gradient, Gradient, Gradient, Gradient, Gradient]:
    """(dx, dw_ih, dw_hh, db_ih, db_hh, dh0) for the gradients of y and of the last state; None stands for zeros."""
    dy, dh = check_gradients(dy, {"dh": dh}, cache.batch, cache.w_hh.shape[1], cache.x.dtype)
    wanted = (*needs[:3], needs[3] and cache.has_bias[0], needs[4] and cache.has_bias[1], *needs[5:])
    dx, *others = kernels.rnn.backward(
        dy, dh, cache.x, cache.batch.lengths, cache.w_ih, cache.w_hh, cache.h0, cache.states, cache.relu, cache.reverse, wanted
    )
    return None if dx is None else put_rows(dx, cache.batch), *others


def rnn_cell_forward(
    x: np.ndarray, h: np.ndarray | None, w_ih: np.ndarray, w_hh: np.ndarray,
    b_ih: np.ndarray | None = None, b_hh: np.ndarray | None = None, nonlinearity: str = "tanh",
) -> tuple[np.ndarray, RNNCache]:
    """One step: the new h (N, H) from x (N, D) and the old one."""
    _, h, cache = rnn_forward(one_step(x), w_ih, w_hh, b_ih, b_hh, h, nonlinearity=nonlinearity)
    return h, cache


def rnn_cell_backward(
    dh: np.ndarray, cache: RNNCache, *, needs: tuple[bool, ...] = ALL,
) -> tuple[Gradient, Gradient, Gradient, Gradient, Gradient, Gradient]:
    """(dx, dh, dw_ih, dw_hh, db_ih, db_hh) for the gradient of the new h; `needs` in the same order."""
    dx, dw_ih, dw_hh, db_ih, db_hh, dh0 = rnn_backward(None, cache, dh, needs=(*needs[:1], *needs[2:], needs[1]))
    return None if dx is None else dx[:, 0], dh0, dw_ih, dw_hh, db_ih, db_hh
