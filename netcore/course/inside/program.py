"""Runs the program of a case (../case.py) on a module: in the child on the submission, in the parent on the solution.

steps:  call a function, call or probe a method, get or set an attribute; each keeps what it returned under names.
values: {"ref": name}, {"value": json}, {"tuple": [...]}, {"list": [...]}.
"""

from typing import Any

import numpy as np


class Refused(Exception):
    """The submission returned something that cannot be what was asked for; `status` says of which kind."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


def run(module: Any, steps: list[dict[str, Any]], arrays: list[np.ndarray], outputs: list[tuple[str, str]]) -> list[Any]:
    """The values behind `outputs`, pairs of a printed name and the name of what was kept."""
    kept: dict[str, Any] = {f"a{i}": array for i, array in enumerate(arrays)}
    for step in steps:
        args = [decode(value, kept) for value in step["args"]]
        kwargs = {key: decode(value, kept) for key, value in step["kwargs"].items()}
        names = step["keep"]
        result = _do(step, module, kept, args, kwargs)
        if len(names) == 1:
            kept[names[0]] = result
        elif names:
            if not isinstance(result, tuple | list) or len(result) != len(names):
                found = f"{len(result)} things" if isinstance(result, tuple | list) else f"one {type(result).__name__}"
                raise Refused("wrong_shape", f"{step['name']} must return {len(names)} things, it returned {found}")
            kept.update(zip(names, result, strict=True))
    return [kept[name] for _, name in outputs]


def _do(step: dict[str, Any], module: Any, kept: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
    do, name = step["do"], step["name"]
    if do == "call":
        function = module.get(name)
        if function is None:
            raise Refused("missing", f"there is no {name} in the file")
        return function(*args, **kwargs)
    owner = kept[step["of"]]
    if do == "set":
        return setattr(owner, name, args[0])
    if not hasattr(owner, name):
        raise Refused("missing", f"{type(owner).__name__} has no {name}")
    if do == "get":
        return getattr(owner, name)
    if do == "method":
        return getattr(owner, name)(*args, **kwargs)
    try:
        getattr(owner, name)(*args, **kwargs)
    except NotImplementedError:
        raise
    except Exception as error:
        return float(step["error"] in [kind.__name__ for kind in type(error).__mro__])
    return 0.0


def decode(value: dict[str, Any], kept: dict[str, Any]) -> Any:
    """A value of the program as a Python object."""
    [(kind, content)] = value.items()
    if kind == "ref":
        return kept[content]
    if kind == "value":
        return content
    items = [decode(item, kept) for item in content]
    return tuple(items) if kind == "tuple" else items


def as_array(name: str, value: Any, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """What was returned as a plain contiguous array of exactly this shape and dtype, or Refused."""
    if value is None:
        raise Refused("wrong_shape", f"{name} is None; is a return missing?")
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise Refused("wrong_dtype", f"{name} must be an array of {dtype}, got {type(value).__name__} with dtype {array.dtype}")
    if array.shape != tuple(shape):
        raise Refused("wrong_shape", f"{name} must have shape {tuple(shape)}, got {array.shape}{_why(array.shape, tuple(shape))}")
    if dtype == "float":
        if array.dtype.kind != "f":
            raise Refused("wrong_dtype", f"{name} must be a floating-point number, got {array.dtype}")
        return np.array(array, dtype=np.float64, order="C", subok=False)
    if array.dtype != np.dtype(dtype):
        made = "; an array made without a dtype is float64" if array.dtype == np.float64 else ""
        raise Refused("wrong_dtype", f"{name} must be {dtype}, got {array.dtype}{made}")
    return np.array(array, order="C", subok=False)


def _why(got: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """What the two shapes suggest."""
    if len(wanted) > 1 and sorted(got) == sorted(wanted):
        return "; is it transposed?" if got == wanted[::-1] else "; are the axes in another order?"
    for axis in range(len(got)):
        if got[:axis] + got[axis + 1 :] == wanted:
            return f"; is a sum or a mean over axis {axis} missing?"
    if len(got) < len(wanted):
        return "; is it summed over too many axes?" if set(got) <= set(wanted) else ""
    return ""
