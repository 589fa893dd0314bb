"""A case: a small program of calls into the submission, and the arrays that must come out of it.

The same program runs in the child on the submission, and in the parent (after the child is dead) on the solution and on
its mutants; so a check states what is called and which shapes and dtypes come back, and never an expected value.
What a call returns stays in the child under a name; only what `output` names travels back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

INPUT = ", an input,"
Judge = Callable[[np.ndarray], str]


@dataclass(frozen=True)
class Handle:
    """Something that lives in the child: an array that was sent, or what a call returned."""

    name: str


@dataclass(frozen=True)
class Output:
    """One array that comes back. dtype "float" takes any real floating dtype and sends it as float64.

    `judge`, where given, replaces the comparison with the solution: '' for right, otherwise what is wrong.
    """

    name: str
    handle: Handle
    shape: tuple[int, ...]
    dtype: str
    rtol: float | None = None
    judge: Judge | None = None

    @property
    def sent_as(self) -> np.dtype:
        return np.dtype("float64" if self.dtype == "float" else self.dtype)

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) * self.sent_as.itemsize


class Case:
    """Built by `checks.<task>(case, rng, index)`.

    >>> case = Case()
    >>> y, cache = case.call("relu_forward", np.ones((2, 3), np.float32), returns=2)
    >>> dx = case.call("relu_backward", np.ones((2, 3), np.float32), cache)
    >>> case.output("dx", dx, (2, 3))
    """

    def __init__(self) -> None:
        self.title = ""
        self.steps: list[dict[str, Any]] = []
        self.outputs: list[Output] = []
        self.arrays: list[np.ndarray] = []

    def call(self, function: str, *args: Any, returns: int = 1, **kwargs: Any) -> Any:
        """Call a function or class of the submission; `returns` handles (none for 0, a tuple for 2 and more)."""
        return self._step({"do": "call", "name": function}, args, kwargs, returns)

    def method(self, of: Handle, name: str, *args: Any, returns: int = 1, **kwargs: Any) -> Any:
        """Call a method of an object that an earlier call returned."""
        return self._step({"do": "method", "of": of.name, "name": name}, args, kwargs, returns)

    def get(self, of: Handle, name: str) -> Handle:
        """Read an attribute, such as a layer's gradient."""
        return self._step({"do": "get", "of": of.name, "name": name}, (), {}, 1)

    def set(self, of: Handle, name: str, value: Any) -> None:
        """Set an attribute, such as a layer's weight."""
        self._step({"do": "set", "of": of.name, "name": name}, (value,), {}, 0)

    def raises(self, of: Handle, name: str, *args: Any, error: str) -> Handle:
        """Call a method and give 1.0 where it raises an exception of this class name, otherwise 0.0."""
        return self._step({"do": "raises", "of": of.name, "name": name, "error": error}, args, {}, 1)

    def output(
        self, name: str, handle: Handle, shape: tuple[int, ...], dtype: Any = "float32", *, rtol: float | None = None, judge: Judge | None = None
    ) -> None:
        """Ask for an array back. The tolerance comes from the solution's own noise unless `rtol` (of the largest entry) is given."""
        dtype = np.dtype(dtype).name if dtype != "float" or not isinstance(dtype, str) else dtype  # np.dtype("float64") == "float"
        self.outputs.append(Output(name, handle, tuple(int(n) for n in shape), dtype, rtol, judge))

    def unchanged(self, name: str, array: np.ndarray) -> None:
        """Ask for an array that was sent, as it is after all calls: whoever writes into inputs is found out."""
        self.output(f"{name}{INPUT}", Handle(self._send(array)), array.shape, array.dtype)

    def _step(self, step: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any], returns: int) -> Any:
        step["args"] = [self._encode(arg) for arg in args]
        step["kwargs"] = {key: self._encode(value) for key, value in kwargs.items()}
        handles = [Handle(f"r{len(self.steps)}.{i}") for i in range(returns)]
        step["keep"] = [handle.name for handle in handles]
        self.steps.append(step)
        return handles[0] if returns == 1 else tuple(handles)

    def _encode(self, value: Any) -> dict[str, Any]:
        if isinstance(value, Handle):
            return {"ref": value.name}
        if isinstance(value, np.ndarray):
            return {"ref": self._send(value)}
        if isinstance(value, tuple | list):
            return {"tuple" if isinstance(value, tuple) else "list": [self._encode(item) for item in value]}
        return {"value": value}

    def _send(self, array: np.ndarray) -> str:
        for i, known in enumerate(self.arrays):
            if known is array:
                return f"a{i}"
        self.arrays.append(array)
        return f"a{len(self.arrays) - 1}"
