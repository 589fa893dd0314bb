"""Embedding in NumPy. Compiled twin: csrc/embedding.pyx."""

import numpy as np


def forward(tokens: np.ndarray, w: np.ndarray, y: np.ndarray) -> None:
    """y[i] = w[token[i]]."""
    y[...] = w[tokens]


def backward(tokens: np.ndarray, dy: np.ndarray, padding: int, dw: np.ndarray) -> None:
    """dw[t] += Σ dy[i] over the i with token[i] = t, except for the row `padding`."""
    kept = tokens != padding
    np.add.at(dw, tokens[kept], dy[kept])
