"""What optimisers share: the parameters, the learning rate, and state that belongs to a parameter itself."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from netcore import checks
from netcore.errors import ArgumentError, CheckpointError
from netcore.parameter import Parameter


class Optimizer:
    """Base class. State is keyed by the identity of a parameter: two parameters of one name never share it.

    An optimiser names its state arrays in `slots` and its numbers in `hyper`, and writes `_update` for one parameter.
    Parameters without a gradient, or frozen, are left as they are.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    hyper: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: Iterable[Parameter], lr: float) -> None:
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

    def step(self) -> None:
        """Update every parameter that has a gradient, in place."""
        for parameter in self.params:
            if parameter.grad is not None and parameter.requires_grad:
                state = self._state_of(parameter)
                state["step"] += 1
                theta = parameter.data
                if not theta.flags.c_contiguous:
                    parameter.data = theta = np.ascontiguousarray(theta)
                gradient = checks.floats("gradient", parameter.grad, dtype=theta.dtype)
                checks.shape_is(f"gradient of {getattr(parameter, 'name', '') or 'a parameter'}", gradient, theta.shape)
                if theta.size:
                    self._update(theta.reshape(-1), gradient.reshape(-1), state)

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
        state = self._state.get(id(parameter))
        if state is None or any(state[slot].size and state[slot].dtype != parameter.data.dtype for slot in self.slots):
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
        fresh: dict[int, dict[str, Any]] = {}
        missing = [name for name in ("lr", *self.hyper) if name not in state]
        if missing:
            raise CheckpointError(f"the state of {type(self).__name__} lacks {', '.join(missing)}; nothing was changed")
        for i, parameter in enumerate(self.params):
            if f"{i}.step" not in state:
                continue
            loaded: dict[str, Any] = {"step": int(state[f"{i}.step"])}
            fresh[id(parameter)] = loaded
            for slot in self.slots:
                expected = self._fresh(slot, parameter)
                if f"{i}.{slot}" not in state:
                    raise CheckpointError(f"the state of {type(self).__name__} lacks {i}.{slot}; nothing was changed")
                value = np.asarray(state[f"{i}.{slot}"])
                if value.shape != expected.shape:
                    raise CheckpointError(
                        f"{i}.{slot} has shape {value.shape}, expected {expected.shape} for parameter {i}; nothing was changed"
                    )
                loaded[slot] = value.astype(expected.dtype)
        known = {name for i in range(len(self.params)) for name in (f"{i}.step", *(f"{i}.{slot}" for slot in self.slots))}
        unknown = sorted(set(state) - known - {"lr", *self.hyper})
        if unknown:
            raise CheckpointError(f"the state holds {', '.join(unknown[:3])}, which {type(self).__name__} does not know; nothing was changed")
        for name in ("lr", *self.hyper):
            value = state[name]
            setattr(self, name, tuple(value) if isinstance(value, (list, tuple)) else value)
        self._state = fresh

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={getattr(self, name)}" for name in ("lr", *self.hyper))
        return f"{type(self).__name__}({len(self.params)} parameters, {numbers})"
