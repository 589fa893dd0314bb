"""What the recurrent twins share: rows, steps, and the sigmoid.

Sequences of different lengths lie one after the other, row by row, without padding: x (rows, D) holds sequence 0 from its
first step to its last, then sequence 1, and so on. A walk through time takes one step in every sequence at once, in those
that are long enough.
"""

from collections.abc import Iterator

import numpy as np


def steps(lengths: np.ndarray, reverse: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each step in order: the sequences that still run, and the row on which each of them stands.

    >>> [(n.tolist(), row.tolist()) for n, row in steps(np.array([2, 1]), reverse=False)]
    [([0, 1], [0, 2]), ([0], [1])]
    """
    first = np.cumsum(lengths) - lengths
    for step in range(int(lengths.max(initial=0))):
        n = np.flatnonzero(lengths > step)
        yield n, first[n] + (lengths[n] - 1 - step if reverse else step)


def steps_back(lengths: np.ndarray, reverse: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same steps, last one first."""
    return list(steps(lengths, reverse))[::-1]


def states_before(states: np.ndarray, h0: np.ndarray, lengths: np.ndarray, reverse: bool) -> np.ndarray:
    """The state that each row's step finds: that of the step before it, or the initial state."""
    h, h_prev = h0.copy(), np.empty_like(states)
    for n, row in steps(lengths, reverse):
        h_prev[row] = h[n]
        h[n] = states[row]
    return h_prev


def project(x: np.ndarray, w: np.ndarray, b: np.ndarray | None) -> np.ndarray:
    """x Wᵀ + b."""
    return x @ w.T if b is None else x @ w.T + b


def sigmoid(a: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-a), in the form that cannot overflow."""
    return 0.5 * (1 + np.tanh(0.5 * a))
