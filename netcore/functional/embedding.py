"""Embedding: a row of a table for each token. Kernel: csrc/embedding.pyx."""

from typing import NamedTuple

import numpy as np

from netcore import checks, memory
from netcore.backend import kernels


class EmbeddingCache(NamedTuple):
    tokens: np.ndarray  # flat, int64
    shape: tuple[int, ...]  # of the tokens
    w_shape: tuple[int, ...]
    dtype: np.dtype
    padding_idx: int  # -1 for none


def embedding_forward(tokens: np.ndarray, w: np.ndarray, padding_idx: int | None = None) -> tuple[np.ndarray, EmbeddingCache]:
    """y (…, dim) = the rows of w (num, dim) at integer tokens (…); a token outside 0..num-1 raises ArgumentError.

    >>> import numpy as np, netcore.functional as F
    >>> F.embedding_forward(np.array([2, 0]), np.array([[0.0], [1.0], [2.0]]))[0]
    array([[2.],
           [0.]])
    """
    w = checks.floats("w", w, 2)
    tokens = checks.integers("tokens", tokens, low=0, high=w.shape[0])
    y = memory.empty((tokens.size, w.shape[1]), w.dtype)
    kernels.embedding.forward(tokens.reshape(-1), w, y)
    cache = EmbeddingCache(tokens.reshape(-1), tokens.shape, w.shape, w.dtype, -1 if padding_idx is None else padding_idx)
    return y.reshape(*tokens.shape, w.shape[1]), cache


def embedding_backward(dy: np.ndarray, cache: EmbeddingCache) -> np.ndarray:
    """dw (num, dim): for each token the sum of its dy; the row of padding_idx stays 0. Tokens have no gradient."""
    dy = checks.gradient("dy", dy, (*cache.shape, cache.w_shape[1]), cache.dtype)
    dw = memory.zeros(cache.w_shape, cache.dtype)
    kernels.embedding.backward(cache.tokens, dy.reshape(-1, cache.w_shape[1]), cache.padding_idx, dw)
    return dw
