"""What optimisers share: the parameters, the learning rate, and state that belongs to a parameter itself."""

from collections.abc import Iterable
from copy import copy
from typing import Any, ClassVar, cast

import numpy as np

from netcore import checks
from netcore.errors import ArgumentError, CheckpointError
from netcore.parameter import Parameter

Known = tuple[np.ndarray, np.ndarray, dict[str, Any]]  # a parameter's array, the same flat, its state


class Optimizer:
    """Base class. State is keyed by the identity of a parameter: two parameters of one name never share it.

    An optimiser names its state arrays in `slots` and its numbers in `hyper`, and writes `_update` for one parameter.
    Parameters without a gradient, or frozen, are left as they are.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    hyper: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: Iterable[Parameter], lr: float) -> None:
        if not isinstance(params, Iterable):
            raise ArgumentError(f"{type(self).__name__} takes an iterable of parameters (net.parameters()), got {type(params).__name__}")
        self.params = list(params)
        for parameter in self.params:
            if not all(hasattr(parameter, name) for name in ("data", "grad", "requires_grad")):
                raise ArgumentError(f"{type(self).__name__} takes parameters (net.parameters()), got {type(parameter).__name__}")
        if not self.params:
            raise ArgumentError(f"{type(self).__name__} was given no parameters")
        if len({id(parameter) for parameter in self.params}) < len(self.params):
            raise ArgumentError(f"{type(self).__name__} was given the same parameter twice")
        self.lr = checks.number("lr", lr, 0)
        self._state: dict[int, dict[str, Any]] = {}  # id(parameter) -> slots and step; self.params keeps the ids alive
        self._known: dict[int, Known] = {}  # id(parameter) -> what a step found

    def step(self) -> None:
        """Update every parameter that has a gradient, in place; none of them, if one gradient does not fit."""
        ready = []
        for parameter in self.params:
            gradient, theta, known = parameter.grad, parameter.data, self._known.get(id(parameter))
            if gradient is None or not parameter.requires_grad:
                continue
            if (
                known is None
                or known[0] is not theta
                or type(gradient) is not np.ndarray
                or gradient.dtype is not theta.dtype
                or gradient.shape != theta.shape
                or not (gradient.flags.carray and theta.flags.carray)
            ):
                gradient, known = self._checked_gradient(parameter), None
            ready.append((parameter, gradient, known))
        for parameter, gradient, known in ready:
            _, flat, state = known or self._prepared(parameter)
            state["step"] += 1
            if flat.size:
                self._update(flat, gradient if gradient.ndim == 1 else gradient.reshape(-1), state)

    def _prepared(self, parameter: Parameter) -> Known:
        """What holds for a parameter until its array is replaced."""
        if not parameter.data.flags.carray:  # contiguous, aligned and writeable
            parameter.data = parameter.data.copy()
        known = self._known[id(parameter)] = (parameter.data, parameter.data.reshape(-1), self._state_of(parameter))
        return known

    def _checked_gradient(self, parameter: Parameter) -> np.ndarray:
        """The gradient, contiguous, of the parameter's dtype and shape."""
        theta, gradient = parameter.data, cast(np.ndarray, parameter.grad)
        if theta.dtype not in checks.FLOATS or getattr(gradient, "dtype", None) != theta.dtype or gradient.shape != theta.shape:
            name = getattr(parameter, "name", "") or "a parameter"
            checks.floats(name, theta)
            gradient = checks.floats(f"gradient of {name}", gradient, dtype=theta.dtype)
            checks.shape_is(f"gradient of {name}", gradient, theta.shape)
        return gradient if gradient.flags.carray else checks.floats("gradient", gradient)

    def zero_grad(self) -> None:
        for parameter in self.params:
            parameter.grad = None

    def _update(self, theta: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        """One parameter's update; all arrays are flat, `state` holds the slots and `step`, counted from 1."""
        raise NotImplementedError(f"{type(self).__name__} does not define _update")

    def _fresh(self, slot: str, parameter: Parameter) -> np.ndarray:
        """A slot's array before the first step, flat; empty where it is not used."""
        return np.zeros(parameter.data.size, parameter.data.dtype)

    def _state_of(self, parameter: Parameter) -> dict[str, Any]:
        """The parameter's slots and step; fresh ones, where its array was replaced by one of another size or dtype."""
        state, data = self._state.get(id(parameter)), parameter.data
        if state is not None:
            for slot in self.slots:
                array = state[slot]
                if (array.size != data.size and array.size) or array.dtype != data.dtype:
                    break
            else:
                return state
        state = {"step": 0, **{slot: self._fresh(slot, parameter) for slot in self.slots}}
        self._state[id(parameter)] = state
        return state

    def state_dict(self) -> dict[str, Any]:
        """Numbers under their names, state under '<position in params>.<slot>': a flat dict of numbers and arrays."""
        flat: dict[str, Any] = {name: getattr(self, name) for name in ("lr", *self.hyper)}
        for i, parameter in enumerate(self.params):
            for name, value in self._state.get(id(parameter), {}).items():
                flat[f"{i}.{name}"] = value.copy() if isinstance(value, np.ndarray) else value
        return flat

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The opposite of `state_dict`, for the same parameters in the same order; changes nothing if something does not fit."""
        name = type(self).__name__
        if not isinstance(state, dict):
            raise CheckpointError(f"the state of {name} must be a dict, got {type(state).__name__}; nothing was changed")
        slots = {f"{i}.{slot}" for i in range(len(self.params)) for slot in ("step", *self.slots)}
        missing = [key for key in ("lr", *self.hyper) if key not in state]
        unknown = sorted(str(key) for key in set(state) - slots - {"lr", *self.hyper})
        if missing or unknown:
            wrong = [f"lacks {', '.join(missing[:3])}"] * bool(missing) + [f"holds {', '.join(unknown[:3])}, which it does not know"] * bool(unknown)
            raise CheckpointError(f"the state of {name} {' and '.join(wrong)}; nothing was changed")
        loaded = copy(self)  # takes the numbers first: they say which slots there are
        try:
            for key in ("lr", *self.hyper):
                setattr(loaded, key, _like(getattr(self, key), state[key]))
            loaded._known = {}
            loaded._state = {
                id(parameter): loaded._loaded_slots(i, parameter, state) for i, parameter in enumerate(self.params) if f"{i}.step" in state
            }
        except (TypeError, ValueError) as error:
            raise CheckpointError(f"the state does not fit {name}: {error}; nothing was changed") from error
        vars(self).update(vars(loaded))

    def _loaded_slots(self, i: int, parameter: Parameter, state: dict[str, Any]) -> dict[str, Any]:
        """Slots and step of the i-th parameter."""
        loaded: dict[str, Any] = {"step": checks.at_least(f"{i}.step", int(state[f"{i}.step"]), 1)}
        for slot in self.slots:
            expected = self._fresh(slot, parameter)
            value = np.asarray(state[f"{i}.{slot}"]) if f"{i}.{slot}" in state else np.empty(0)
            if value.dtype.kind != "f" or value.shape != expected.shape:
                raise ValueError(f"{i}.{slot} is {value.dtype} of shape {value.shape}, expected {expected.shape}")
            loaded[slot] = np.array(value, expected.dtype)
        return loaded

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={getattr(self, name)}" for name in ("lr", *self.hyper))
        return f"{type(self).__name__}({len(self.params)} parameters, {numbers})"


def _like(model: Any, value: Any) -> Any:
    """A number read from a state, of the kind that `model` has."""
    if isinstance(model, tuple):
        if len(value) != len(model):
            raise ValueError(f"{value!r} should be {len(model)} numbers")
        return tuple(_like(a, b) for a, b in zip(model, value, strict=True))
    return bool(value) if isinstance(model, bool) else checks.number("a number of the state", float(value))
