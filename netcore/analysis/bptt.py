"""The BPTT microscope: how much gradient reaches each time step, on which path, and where truncation cuts it off. (S13, S16)

For a loss L = Σ <dy_t, h_t> on the outputs of one recurrent layer, going back from t = T - 1 to 0:

    h[t]         ‖dL/dh_t‖      the whole gradient of the state
    c[t]         ‖dL/dc_t‖      the whole gradient of the cell (LSTM)
    straight[t]  the part of dL/dc_t that stayed in the cell all the way:  s_t = e_t + f_(t+1) · s_(t+1),
                 e_t = dy_t · o_t · (1 - tanh² c_t) what enters the cell at t, straight from the output
    detour[t]    the rest, dL/dc_t - s_t: it left the cell through h, and the gates of a later step, at least once

(A GRU's state is its cell: f is the update gate z, e_t = dy_t. A plain RNN has no straight path beyond its own step.)
Norms are over units, averaged over the batch. `truncate=k` cuts the way back at every k-th step, as truncated BPTT does.
Sources: P. Werbos, 1990; Y. Bengio, P. Simard and P. Frasconi, 1994 (vanishing); S. Hochreiter and J. Schmidhuber, 1997, section 3
(the carousel that the straight path is).
"""

from typing import Any, NamedTuple

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ArgumentError, ShapeError
from netcore.gates import GRUGate, rows_of
from netcore.layers import GRU, LSTM, RNN
from netcore.layers.recurrent import WEIGHTS, Recurrent


class Microscope(NamedTuple):
    """Each (T,): the mean over the batch of the norm at each step."""

    h: np.ndarray
    c: np.ndarray  # of an RNN or GRU: the same as h
    straight: np.ndarray
    detour: np.ndarray
    dx: np.ndarray  # (T,) the norm of the gradient that reaches the input of the step
    cuts: tuple[int, ...]  # steps whose state passed no gradient on to the step before


def bptt_microscope(rnn: Recurrent, x: np.ndarray, dy: np.ndarray, *, layer: int | None = None, truncate: int | None = None) -> Microscope:
    """Look into the backward phase of an RNN, LSTM or GRU for x (N, T, D) and gradients dy (N, T, H) of its output.

    It goes back step by step with the cells' own functions; the network is not changed. Of several layers on one another it shows
    `layer`, counted from below; without it the topmost. `netcore.analysis.Still` gives the dy of a layer within a network (`watch`
    it, then `backward`). Raises ArgumentError for two directions or a layer that is not there, ShapeError for arrays that do not fit.

    >>> import netcore as nc
    >>> dy = np.zeros((2, 7, 4), np.float32); dy[:, -1] = 1                  # a loss on the last step
    >>> seen = bptt_microscope(nc.LSTM(3, 4), np.ones((2, 7, 3), np.float32), dy, truncate=3)
    >>> [t for t in range(7) if seen.h[t] > 0], seen.cuts
    ([6], (3, 6))
    """
    if not isinstance(rnn, (RNN, LSTM, GRU)) or rnn.directions != 1:
        raise ArgumentError("the microscope looks at an RNN, LSTM or GRU in one direction; take both directions apart to see each")
    layer = rnn.num_layers - 1 if layer is None else checks.at_least("layer", layer, 0)
    if layer >= rnn.num_layers:
        raise ArgumentError(f"layer must be in 0..{rnn.num_layers - 1}, got {layer}")
    if x.ndim != 3 or dy.shape != (*x.shape[:2], rnn.hidden_size):
        raise ShapeError(f"x must be (N, T, D) and dy (N, T, H={rnn.hidden_size}), got {x.shape} and {dy.shape}")
    cuts = () if truncate is None else tuple(range(checks.positive("truncate", truncate), x.shape[1], truncate))
    caches = []
    for index in range(rnn.num_layers):
        x, kept = _forward(rnn, x, index)
        caches.append(kept)
    for index in range(rnn.num_layers - 1, layer, -1):  # the gradient of a layer's input is that of the output of the one below
        _, dy = _look(rnn, dy, caches[index], cuts)
    return _look(rnn, dy, caches[layer], cuts)[0]


def _look(rnn: Any, dy: np.ndarray, caches: list[Any], cuts: tuple[int, ...]) -> tuple[Microscope, np.ndarray]:
    """(what is seen on the way back through one layer, the gradient of its input (N, T, D))."""
    steps, inputs = dy.shape[1], []
    dh = dc = straight = np.zeros(dy[:, 0].shape, dy.dtype)
    rows = np.zeros((5, steps))
    for t in reversed(range(steps)):
        dh = dh + dy[:, t]
        dx, dh_before, dc_before, whole, enter, keep = _back(rnn, dh, dc, dy[:, t], caches[t])
        inputs.append(dx)
        straight = straight + enter
        rows[:, t] = [_norm(a) for a in (dh, whole, straight, whole - straight, dx)]
        dh, dc, straight = dh_before, dc_before, keep * straight
        if t in cuts:
            dh, dc, straight = np.zeros_like(dh), np.zeros_like(dh), np.zeros_like(dh)
    h, c, alone, detour, to_input = rows
    return Microscope(h, c, alone, detour, to_input, cuts), np.stack(inputs[::-1], axis=1) if steps else np.zeros_like(dy)


def _forward(rnn: Any, x: np.ndarray, layer: int) -> tuple[np.ndarray, list[Any]]:
    """(outputs (N, T, H), the caches of all steps) of one layer, unrolled by hand."""
    weights: dict[str, Any] = {name: None if p is None else p.data for name, p in zip(WEIGHTS, rnn.weights(f"_l{layer}"), strict=True)}
    h: Any = None
    c: Any = None
    cache: Any
    outputs, caches = [], []
    for t in range(x.shape[1]):
        step = np.ascontiguousarray(x[:, t])
        if isinstance(rnn, LSTM):
            h, c, cache = F.lstm_cell_forward(step, h, c, **weights)
        elif isinstance(rnn, GRU):
            h, cache = F.gru_cell_forward(step, h, **weights)
        else:
            h, cache = F.rnn_cell_forward(step, h, **weights, nonlinearity=rnn.nonlinearity)
        outputs.append(h)
        caches.append(cache)
    return np.stack(outputs, axis=1) if outputs else np.zeros((len(x), 0, rnn.hidden_size), x.dtype), caches


def _back(rnn: Any, dh: np.ndarray, dc: np.ndarray, dy: np.ndarray, cache: Any) -> tuple[Any, ...]:
    """(dx, dh before, dc before, dL/dc of this step, what of dy enters the cell here, what share of the cell stays)."""
    wanted = (True, True, False, False, False, False)  # no gradients of weights
    if isinstance(rnn, LSTM):
        gates = {name: value[:, 0] for name, value in F.lstm_gates(cache).items()}
        slope = gates["output"] * (1 - np.tanh(gates["cell"]) ** 2)
        dx, dh_before, dc_before, *_ = F.lstm_cell_backward(dh, dc, cache, needs=(True, *wanted))
        return dx, dh_before, dc_before, dc + dh * slope, dy * slope, gates["forget"]
    if isinstance(rnn, GRU):
        update = cache.gates[:, rows_of(GRUGate.UPDATE, rnn.hidden_size)]
        dx, dh_before, *_ = F.gru_cell_backward(dh, cache, needs=wanted)
        return dx, dh_before, np.zeros_like(dh), dh, dy, update
    dx, dh_before, *_ = F.rnn_cell_backward(dh, cache, needs=wanted)
    return dx, dh_before, np.zeros_like(dh), dh, dy, np.zeros_like(dh)


def _norm(gradient: np.ndarray) -> float:
    return float(np.sqrt(np.square(gradient, dtype=np.float64).sum(axis=1)).mean()) if len(gradient) else 0.0
