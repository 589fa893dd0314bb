"""A trainable array and its gradient."""

from collections.abc import Callable

import numpy as np

from netcore.errors import ShapeError


class Parameter:
    """An array that training changes, with the gradient that backward phases add up.

    Optimisers know parameters by identity: the same object in two layers is one parameter, two objects with the same
    name are two.

    >>> p = Parameter(np.zeros(3, np.float32), name="bias")
    >>> p.accumulate(np.ones(3, np.float32))
    >>> p.accumulate(np.ones(3, np.float32))
    >>> p.grad
    array([2., 2., 2.], dtype=float32)
    """

    __slots__ = ("__weakref__", "data", "grad", "name", "on_gradient", "requires_grad")

    def __init__(self, data: np.ndarray, requires_grad: bool = True, name: str = "") -> None:
        self.data: np.ndarray = np.asarray(data, order="C")  # ascontiguousarray would make a scalar an array of one
        self.grad: np.ndarray | None = None
        self.requires_grad = requires_grad
        self.name = name
        self.on_gradient: Callable[[Parameter], None] | None = None  # told whenever the gradient has grown

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def dtype(self) -> np.dtype:
        return self.data.dtype

    @property
    def size(self) -> int:
        return self.data.size

    def accumulate(self, gradient: np.ndarray | None) -> None:
        """Add to `.grad`. The array becomes the parameter's own, so pass a fresh one; None (not wanted) adds nothing."""
        if gradient is None or not self.requires_grad:
            return
        if gradient.shape != self.data.shape:
            raise ShapeError(f"the gradient of parameter {self.name!r} must have its shape {self.shape}, got {gradient.shape}")
        if self.grad is None:
            self.grad = gradient
        else:
            self.grad += gradient
        if self.on_gradient is not None:
            self.on_gradient(self)

    def zero_grad(self) -> None:
        self.grad = None

    def __repr__(self) -> str:
        frozen = "" if self.requires_grad else ", frozen"
        return f"Parameter({self.name or 'unnamed'}, {self.shape}, {self.dtype}{frozen})"
