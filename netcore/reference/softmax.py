"""Softmax, its logarithm, and its cross-entropy. Compiled twin: csrc/softmax.pyx.

    softmax(x)_i = e^(x_i) / Σ_j e^(x_j)
"""

import numpy as np


def softmax(logarithm: bool, x: np.ndarray, y: np.ndarray) -> None:
    """y = softmax(x) or log softmax(x) along the last axis; the maximum is taken off first, so nothing overflows."""
    if x.shape[1] == 0:
        return
    shifted = x - x.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    y[...] = shifted - np.log(total) if logarithm else np.exp(shifted) / total


def softmax_gradient(logarithm: bool, y: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
    """dx = y (dy - Σ dy y), or dy - e^y Σ dy for the logarithm."""
    if logarithm:
        dx[...] = dy - np.exp(y) * dy.sum(axis=1, keepdims=True)
    else:
        dx[...] = y * (dy - (dy * y).sum(axis=1, keepdims=True))


def cross_entropy(
    x: np.ndarray, target: np.ndarray, smoothing: float, ignore_index: int, losses: np.ndarray, dx: np.ndarray
) -> int:
    """losses[i] = -Σ q log softmax(x[i]) with q = (1 - smoothing) onehot(target[i]) + smoothing / K; dx = softmax(x) - q.

    Returns how many rows were not ignored; -1, and nothing else is done, where a target is no class.
    """
    kept = target != ignore_index
    if (kept & ((target < 0) | (target >= x.shape[1]))).any():
        return -1
    rows = np.flatnonzero(kept)
    q = np.full(x.shape, smoothing / x.shape[1])
    q[rows, target[rows]] += 1 - smoothing
    log_p = np.empty(x.shape)
    softmax(True, x.astype(np.float64), log_p)
    losses[...] = np.where(kept, -(q * np.where(q > 0, log_p, 0)).sum(axis=1), 0)
    dx[...] = np.where(kept[:, None], np.exp(log_p) - q, 0)
    return int(kept.sum())
