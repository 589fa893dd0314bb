"""The last time step of a sequence of features."""

from typing import Any

import numpy as np

from netcore import checks, memory
from netcore.errors import ShapeError
from netcore.functional.sequence import named
from netcore.layers.base import Layer, Shape


class Last(Layer):
    """(N, T, H) to its last time step (N, H). Backward puts dy there and zeros elsewhere. For sequences of different lengths
    take h_n of a recurrent layer with `return_state=True` instead: it is the state after each one's last valid step.

    >>> import netcore as nc, numpy as np
    >>> nc.Last().forward(np.arange(6.0).reshape(1, 3, 2))
    array([[4., 5.]])
    """

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = checks.floats("input", x)
        if x.ndim != 3:
            raise ShapeError(f"input must have 3 axes (N, T, H), got shape {x.shape}")
        if x.shape[1] == 0:
            raise ShapeError(f"got {named(x.shape, 'N T H')}, T must be at least 1")
        return memory.copy(x[:, -1]), (x.shape, x.dtype)

    def _backward(self, dy: np.ndarray, cache: Any, needs_input: bool = True) -> np.ndarray | None:
        shape, dtype = cache
        dy = checks.gradient("dy", dy, (shape[0], shape[2]), dtype)
        if not needs_input:
            return None
        dx = memory.zeros(shape, dtype)
        dx[:, -1] = dy
        return dx

    def cache_numbers(self, input_shape: Shape) -> float:
        return 0

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 2:
            raise ShapeError(f"input must have shape (T, H) without the batch axis, got {input_shape}")
        return (input_shape[1],)
