"""The ladder of the LSTM: whole sequences, forward, gates in the order i, f, g, o.

    z = W_ih x_t + W_hh h + b;   i, f, o = σ(z), g = tanh(z);   c = f · c + i · g;   h = o · tanh(c)

x (N, T, D), w_ih (4H, D), w_hh (4H, H), b (4H,), y (N, T, H); the state begins at zero. The engine's: csrc/lstm.pyx.
"""

import math
from collections.abc import Callable

import numpy as np

from bench.ladder.rung import Arrays, Ladder, Rung
from netcore import functional as F
from netcore._kernels import ladder as compiled

BATCH = 16  # sequences side by side, where a rung takes them so


def problem(samples: int, dtype: type = np.float32, steps: int = 20, features: int = 64, hidden: int = 128) -> Arrays:
    rng = np.random.default_rng(0)
    shapes = (samples, steps, features), (4 * hidden, features), (4 * hidden, hidden), (4 * hidden,)
    scales = (1.0, hidden**-0.5, hidden**-0.5, hidden**-0.5)
    return tuple((scale * rng.standard_normal(shape)).astype(dtype) for scale, shape in zip(scales, shapes, strict=True))


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def python_loops(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Unit by unit, gate by gate, in Python: every pre-activation is two loops over the weights of one row."""
    (n_samples, steps, features), hidden = x.shape, w_hh.shape[1]
    y = np.empty((n_samples, steps, hidden), x.dtype)
    for n in range(n_samples):
        h, c = [0.0] * hidden, [0.0] * hidden
        for t in range(steps):
            new = []
            for j in range(hidden):
                z = []
                for row in (j, hidden + j, 2 * hidden + j, 3 * hidden + j):
                    total = float(b[row])
                    for d in range(features):
                        total += w_ih[row, d] * x[n, t, d]
                    for d in range(hidden):
                        total += w_hh[row, d] * h[d]
                    z.append(total)
                i, f, o = (1 / (1 + math.exp(-z[gate])) for gate in (0, 1, 3))
                c[j] = f * c[j] + i * math.tanh(z[2])
                new.append(o * math.tanh(c[j]))
            h = new
            y[n, t] = h
    return y


def numpy_gates(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """All sequences step side by side; each gate of each step is two NumPy products."""
    hidden = w_hh.shape[1]
    h = c = np.zeros((len(x), hidden), x.dtype)
    y = np.empty((*x.shape[:2], hidden), x.dtype)
    for t in range(x.shape[1]):
        rows = [slice(gate * hidden, (gate + 1) * hidden) for gate in range(4)]
        i, f, g, o = (x[:, t] @ w_ih[gate].T + h @ w_hh[gate].T + b[gate] for gate in rows)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        y[:, t] = h = sigmoid(o) * np.tanh(c)
    return y


def numpy_fused(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Fused gates: one product for all four, since they read the same numbers."""
    return walk(lambda t, h: x[:, t] @ w_ih.T + h @ w_hh.T + b, x, w_hh.shape[1])


def numpy_hoisted(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """What does not wait for the state leaves the walk: W_ih x is one large product for all steps."""
    steps_first = np.ascontiguousarray(x.swapaxes(0, 1))  # (T, N, D), so that each step finds its rows in one piece
    ahead = (steps_first.reshape(-1, x.shape[2]) @ w_ih.T).reshape(*steps_first.shape[:2], -1)
    ahead += b
    return walk(lambda t, h: ahead[t] + h @ w_hh.T, x, w_hh.shape[1])


def walk(preactivations: Callable[[int, np.ndarray], np.ndarray], x: np.ndarray, hidden: int) -> np.ndarray:
    h = c = np.zeros((len(x), hidden), x.dtype)
    y = np.empty((*x.shape[:2], hidden), x.dtype)
    for t in range(x.shape[1]):
        i, f, g, o = np.split(preactivations(t, h), 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        y[:, t] = h = sigmoid(o) * np.tanh(c)
    return y


def cython_loops(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The loops of the first rung, compiled: dot products, a number at a time."""
    hidden = w_hh.shape[1]
    y, z, state = np.empty((*x.shape[:2], hidden), x.dtype), np.empty(4 * hidden, x.dtype), np.empty((2, hidden), x.dtype)
    compiled.lstm_loops(x, w_ih, w_hh, b, y, z, *state)
    return y


def cython_columns(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Weights laid out once for all steps, so that the innermost loop runs along the units: contiguous, hence vectors."""
    hidden = w_hh.shape[1]
    y, z, state = np.empty((*x.shape[:2], hidden), x.dtype), np.empty(4 * hidden, x.dtype), np.empty((2, hidden), x.dtype)
    compiled.lstm_columns(x, np.ascontiguousarray(np.concatenate([w_ih, w_hh], axis=1).T), b, y, z, *state)
    return y


def engine_cells(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The engine's cell, a call a step: a packed product for all sequences, gates in vectors; but weights are packed at each step."""
    h = c = None
    y = np.empty((*x.shape[:2], w_hh.shape[1]), x.dtype)
    for t in range(x.shape[1]):
        h, c, _ = F.lstm_cell_forward(x[:, t], h, c, w_ih, w_hh, b)
        y[:, t] = h
    return y


def engine_sequence(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The whole walk in one call: weights packed once, each tile of pre-activations goes through its gates while it is in the cache."""
    return F.lstm_forward(x, w_ih, w_hh, b)[0]


def threads(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The same on two threads, each with its own sequences through all steps: no barrier between them."""
    return engine_sequence(x, w_ih, w_hh, b)


def reference(x: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    from netcore.reference import lstm

    state = np.zeros((len(x), w_hh.shape[1]), x.dtype)
    lengths = np.full(len(x), x.shape[1])
    y = lstm.forward(x.reshape(-1, x.shape[2]), lengths, w_ih, w_hh, b, None, state, state, False, False)[0]
    return y.reshape(*x.shape[:2], -1)


LADDER = Ladder(
    "lstm", "LSTM 64 to 128, 20 steps, forward", "sequence", problem, {"steps": 5, "features": 3, "hidden": 7}, reference,
    (
        Rung("Python loops", python_loops, samples=1),
        Rung("NumPy, a gate at a time", numpy_gates, samples=BATCH),
        Rung("fused gates", numpy_fused, samples=BATCH),
        Rung("input product hoisted", numpy_hoisted, samples=BATCH),
        Rung("Cython loops", cython_loops, over="Python loops", samples=8),
        Rung("weights in columns", cython_columns, samples=8),
        Rung("engine, a step at a time", engine_cells, samples=BATCH, over="fused gates"),
        Rung("fused sequence", engine_sequence, samples=BATCH),
        Rung("two threads", threads, samples=BATCH, threads=2),
    ),
)  # fmt: skip
