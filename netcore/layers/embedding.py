"""Embedding: tokens to vectors. Kernel: netcore/functional/embedding.py."""

from math import prod
from typing import Any

import numpy as np

from netcore import checks
from netcore import functional as F
from netcore.errors import ArgumentError
from netcore.layers.base import Layer, Shape
from netcore.parameter import Parameter
from netcore.rng import as_generator


class Embedding(Layer):
    """y[…] = weight[token]: integer tokens (…) to vectors (…, embedding_dim).

    Parameter: weight (num_embeddings, embedding_dim) from N(0, 1); the row padding_idx is 0 and gets no gradient.
    Caches the tokens. `backward` returns None: tokens have no gradient. A token out of range raises ArgumentError.

    >>> import netcore as nc, numpy as np
    >>> nc.Embedding(65, 16).forward(np.array([[1, 2, 3]])).shape
    (1, 3, 16)
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, *, rng: Any = None) -> None:
        self.num_embeddings = checks.positive("num_embeddings", num_embeddings)
        self.embedding_dim = checks.positive("embedding_dim", embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ArgumentError(f"padding_idx must be one of the {num_embeddings} rows, got {padding_idx!r}")
        self.padding_idx = None if padding_idx is None else int(padding_idx) % num_embeddings
        self.weight = Parameter(as_generator(rng).standard_normal((num_embeddings, embedding_dim)).astype(np.float32))
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def _forward(self, tokens: np.ndarray) -> tuple[np.ndarray, Any]:
        return F.embedding_forward(tokens, self.weight.data, self.padding_idx)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> None:
        if self.weight.requires_grad:
            self.weight.accumulate(F.embedding_backward(dy, cache))

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.embedding_dim)

    def cache_numbers(self, input_shape: Shape) -> float:
        return 2 * prod(size or 1 for size in input_shape)  # the tokens, eight bytes each

    def _describe(self) -> str:
        return f"{self.num_embeddings}, {self.embedding_dim}"
