"""The ladder of the LSTM's two phases: forward through all steps, then backpropagation through time.

    dz from dh and dc, gate by gate;  dh = W_hhᵀ dz;  dx_t = W_ihᵀ dz;  dW_ih += dz x_tᵀ;  dW_hh += dz hᵀ;  db += dz

All steps share their weights, so the weights' gradients are sums over steps; where those sums are done is what the rungs
differ in. Read lstm.py first; the engine's: csrc/lstm.pyx. Gives dx, dW_ih, dW_hh, db.
"""

import numpy as np

from bench.ladder import lstm
from bench.ladder.lstm import BATCH, sigmoid
from bench.ladder.rung import Arrays, Ladder, Rung
from netcore import functional as F


def problem(samples: int, dtype: type = np.float32, steps: int = 20, features: int = 64, hidden: int = 128) -> Arrays:
    arrays = lstm.problem(samples, dtype, steps, features, hidden)
    return *arrays, np.random.default_rng(1).standard_normal((samples, steps, hidden)).astype(dtype)


def forward_step(z: list[np.ndarray], c: np.ndarray) -> tuple[np.ndarray, np.ndarray, Arrays]:
    """(h, c, what the way back needs) from the four pre-activations."""
    i, f, g, o = sigmoid(z[0]), sigmoid(z[1]), np.tanh(z[2]), sigmoid(z[3])
    new = f * c + i * g
    tanh_c = np.tanh(new)
    return o * tanh_c, new, (i, f, g, o, c, tanh_c)


def backward_step(dh: np.ndarray, dc: np.ndarray, kept: Arrays) -> tuple[list[np.ndarray], np.ndarray]:
    """(gradients of the four pre-activations, of the old cell): each line undoes one of the forward step's."""
    i, f, g, o, c, tanh_c = kept
    dc = dc + dh * o * (1 - tanh_c**2)
    return [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2), dh * tanh_c * o * (1 - o)], dc * f


def numpy_gates(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray, dy: np.ndarray) -> Arrays:
    """Each gate of each step by itself: two products forward, four backward, and the weights' gradients summed step by step."""
    hidden, kept, states = w_hh.shape[1], [], []
    rows = [slice(gate * hidden, (gate + 1) * hidden) for gate in range(4)]
    h = c = np.zeros((len(x), hidden), x.dtype)
    for t in range(x.shape[1]):
        states.append(h)
        h, c, more = forward_step([x[:, t] @ w_ih[row].T + h @ w_hh[row].T + b[row] for row in rows], c)
        kept.append(more)
    dx, dw_ih, dw_hh, db = (np.zeros_like(array) for array in (x, w_ih, w_hh, b))
    dh = dc = np.zeros_like(h)
    for t in reversed(range(x.shape[1])):
        dz, dc = backward_step(dh + dy[:, t], dc, kept[t])
        dh = np.zeros_like(h)
        for row, d in zip(rows, dz, strict=True):
            dh += d @ w_hh[row]
            dx[:, t] += d @ w_ih[row]
            dw_ih[row] += d.T @ x[:, t]
            dw_hh[row] += d.T @ states[t]
            db[row] += d.sum(axis=0)
    return dx, dw_ih, dw_hh, db


def numpy_fused(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray, dy: np.ndarray) -> Arrays:
    """Fused gates both ways: one product where there were four."""
    kept, states = [], []
    h = c = np.zeros((len(x), w_hh.shape[1]), x.dtype)
    for t in range(x.shape[1]):
        states.append(h)
        h, c, more = forward_step(np.split(x[:, t] @ w_ih.T + h @ w_hh.T + b, 4, axis=1), c)
        kept.append(more)
    dx, dw_ih, dw_hh, db = (np.zeros_like(array) for array in (x, w_ih, w_hh, b))
    dh = dc = np.zeros_like(h)
    for t in reversed(range(x.shape[1])):
        gates, dc = backward_step(dh + dy[:, t], dc, kept[t])
        dz = np.concatenate(gates, axis=1)
        dh = dz @ w_hh
        dx[:, t] = dz @ w_ih
        dw_ih += dz.T @ x[:, t]
        dw_hh += dz.T @ states[t]
        db += dz.sum(axis=0)
    return dx, dw_ih, dw_hh, db


def numpy_hoisted(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray, dy: np.ndarray) -> Arrays:
    """Only dh waits for the step after: every dz is kept, and after the walk dx, dW_ih, dW_hh are one product each for all steps."""
    n, steps, features = x.shape
    first = np.ascontiguousarray(x.swapaxes(0, 1)).reshape(-1, features)  # rows: all sequences of step 0, of step 1, …
    ahead = (first @ w_ih.T).reshape(steps, n, -1)
    ahead += b
    kept, states, dz = [], np.empty((steps, n, w_hh.shape[1]), x.dtype), np.empty_like(ahead)
    h = c = np.zeros_like(states[0])
    for t in range(steps):
        states[t] = h
        h, c, more = forward_step(np.split(ahead[t] + h @ w_hh.T, 4, axis=1), c)
        kept.append(more)
    dh = dc = np.zeros_like(h)
    for t in reversed(range(steps)):
        gates, dc = backward_step(dh + dy[:, t], dc, kept[t])
        np.concatenate(gates, axis=1, out=dz[t])
        dh = dz[t] @ w_hh
    rows = dz.reshape(steps * n, -1)
    dx = (rows @ w_ih).reshape(steps, n, features).swapaxes(0, 1)
    return dx, rows.T @ first, rows.T @ states.reshape(steps * n, -1), rows.sum(axis=0)


def engine_cells(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray, dy: np.ndarray) -> Arrays:
    """The engine's cell, a call a step and phase: gates in vectors, but weights are packed, and their gradients summed, at each step."""
    h, c, caches = None, None, []
    for t in range(x.shape[1]):
        h, c, cache = F.lstm_cell_forward(x[:, t], h, c, w_ih, w_hh, b)
        caches.append(cache)
    dx, sums = np.empty_like(x), [np.zeros_like(array) for array in (w_ih, w_hh, b)]
    dh, dc = np.zeros_like(dy[:, 0]), None
    for t in reversed(range(x.shape[1])):
        dx[:, t], dh, dc, *gradients, _ = F.lstm_cell_backward(dh + dy[:, t], dc, caches[t])
        for total, gradient in zip(sums, gradients, strict=True):
            total += gradient
    return dx, *sums


def engine_sequence(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray, dy: np.ndarray) -> Arrays:
    """Both walks in one call each: weights packed once, tiles through their gates in the cache, all sums over steps after the walk."""
    cache = F.lstm_forward(x, w_ih, w_hh, b)[2]
    return F.lstm_backward(dy, cache)[:4]


def threads(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray, dy: np.ndarray) -> Arrays:
    """The same on two threads, each with its own sequences there and back."""
    return engine_sequence(x, w_ih, w_hh, b, dy)


def reference(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray, dy: np.ndarray) -> Arrays:
    from netcore.reference import lstm as plain

    rows, lengths, zeros = x.reshape(-1, x.shape[2]), np.full(len(x), x.shape[1]), np.zeros((len(x), w_hh.shape[1]), x.dtype)
    _, _, _, *kept = plain.forward(rows, lengths, w_ih, w_hh, b, None, zeros, zeros, False, True)
    flat = dy.reshape(len(rows), -1)
    dx, *others = plain.backward(flat, zeros, zeros, rows, lengths, w_ih, w_hh, zeros, *kept, False, (True,) * 7)
    return dx.reshape(x.shape), *others[:3]


LADDER = Ladder(
    "lstm-training", "LSTM 64 to 128, 20 steps, both phases", "sequence", problem, lstm.LADDER.small, reference,
    (
        Rung("NumPy, a gate at a time", numpy_gates, samples=BATCH),
        Rung("fused gates", numpy_fused, samples=BATCH),
        Rung("sums after the walk", numpy_hoisted, samples=BATCH),
        Rung("engine, a step at a time", engine_cells, samples=BATCH, over="fused gates"),
        Rung("fused sequence", engine_sequence, samples=BATCH),
        Rung("two threads", threads, samples=BATCH, threads=2),
    ),
)  # fmt: skip
