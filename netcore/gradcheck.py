"""Gradient check: what backward returns against central differences, in float64, on a copy.

    <dL/dx, e_i>  =  (L(x + eps e_i) - L(x - eps e_i)) / (2 eps),      L = Σ y · g

for inputs and parameters, with a random upstream gradient g (a gradient of ones would cancel in a normalisation). It works
on anything with `forward`, `backward` and `parameters()`, a student's class included, and on losses. Entries beside a kink
(ReLU at 0, a tie in a pooling window) are recognised by their two one-sided differences and left out. Entries are sampled
where there are more than `max_entries`; a random direction through the whole array covers the rest.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netcore.diagnosis import diagnose
from netcore.errors import GradientError
from netcore.layers.base import Layer


@dataclass
class GradReport:
    """What was compared: the worst entry of each array, and how many were checked and passed over."""

    worst: dict[str, float] = field(default_factory=dict)  # |numeric - analytic| / max(|numeric|, |analytic|, scale)
    checked: int = 0
    kinks: int = 0

    def __str__(self) -> str:
        lines = [f"  {name:24} {error:.1e}" for name, error in self.worst.items()]
        return "\n".join([f"gradients agree: {self.checked} entries checked, {self.kinks} beside a kink left out; worst relative difference", *lines])


def gradcheck(
    layer: Any,
    *inputs: Any,
    eps: float = 1e-6,
    rtol: float = 1e-4,
    atol: float = 1e-6,
    rng: int | np.random.Generator = 0,
    max_entries: int = 200,
) -> GradReport:
    """Compare backward with central differences; raises GradientError with the worst entry, else returns a GradReport.

    >>> import netcore as nc, numpy as np
    >>> report = nc.gradcheck(nc.Linear(3, 2), np.ones((4, 3)))
    >>> report.checked
    20
    """
    # A seed of its own, so that the upstream gradient is not the very array that a test drew from the same small number.
    generator = rng if isinstance(rng, np.random.Generator) else np.random.default_rng([rng, 0x67726164])
    probe = _Probe(layer, inputs, generator)
    report = GradReport()
    for name, values, analytic in probe.gradients():
        _compare(probe, report, name, values, analytic, (eps, rtol, atol), max_entries)
    if isinstance(layer, Layer):
        probe.check_accumulation()
    return report


class _Probe:
    """A float64 copy of the layer, its inputs, and the scalar L = Σ y · g as a function of them."""

    def __init__(self, layer: Any, inputs: tuple[Any, ...], generator: np.random.Generator) -> None:
        self.layer = copy.deepcopy(layer)
        if hasattr(self.layer, "astype"):
            self.layer.astype(np.float64)
        for parameter in self.layer.parameters():
            parameter.data = np.array(parameter.data, np.float64)
        self.inputs = [self._float64(x) for x in inputs]
        self.rng = generator
        self.fresh = copy.deepcopy(self.layer)  # random layers draw the same numbers, running statistics start the same
        self.random_state = np.random.get_state()  # noqa: NPY002, for a student's layer that draws from the global generator
        given, first = copy.deepcopy(self.inputs), _arrays(copy.deepcopy(self._run()[1]))
        if not _same(given, self.inputs):
            raise GradientError("forward changed its input array; work on a copy")
        if not _same(first, self._run()[1]):
            raise GradientError("forward gives another output for the same input; draw random numbers from a seeded generator of the layer")
        self.upstream = [generator.standard_normal(np.shape(y)) for y in first]

    @staticmethod
    def _float64(x: Any) -> Any:
        if isinstance(x, tuple):
            return tuple(_Probe._float64(part) for part in x)
        x = np.asarray(x)
        return x.astype(np.float64) if x.dtype.kind == "f" else x

    def _run(self) -> tuple[Any, Any]:
        """A forward phase on a fresh copy whose parameters are those of `layer`."""
        np.random.set_state(self.random_state)  # noqa: NPY002
        layer = copy.deepcopy(self.fresh)
        for mine, theirs in zip(layer.parameters(), self.layer.parameters(), strict=True):
            mine.data = theirs.data
            mine.grad = None if theirs.grad is None else np.zeros_like(theirs.data)  # as the layer itself begins
        return layer, layer.forward(*self.inputs)

    def value(self) -> float:
        return float(sum(np.sum(np.asarray(y) * g) for y, g in zip(_arrays(self._run()[1]), self.upstream, strict=True)))

    def gradients(self) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """(name, the array that L depends on, dL/darray as backward has it)."""
        layer, y = self._run()
        found, scale = self._backward(layer, y)
        every = _arrays(tuple(self.inputs))
        values = [x for x in every if np.asarray(x).dtype.kind == "f"]
        if len(found) == len(every):  # integer inputs have their None
            found = [dx for x, dx in zip(every, found, strict=True) if np.asarray(x).dtype.kind == "f"]
        for i, (x, dx) in enumerate(zip(values, found, strict=False)):
            name = f"input {i}" if len(values) > 1 else "input"
            if dx is None:
                raise GradientError(f"backward returned None as the gradient of {name}; return dL/dx, an array of shape {np.shape(x)}")
            yield name, x, np.asarray(dx)
        names = dict(layer.named_parameters()) if hasattr(layer, "named_parameters") else {}
        by_id = {id(parameter): name for name, parameter in names.items()}
        for i, (mine, parameter) in enumerate(zip(self.layer.parameters(), layer.parameters(), strict=True)):
            name = by_id.get(id(parameter), f"parameter {i}")
            if getattr(parameter, "requires_grad", True):
                gradient = np.zeros_like(mine.data) if parameter.grad is None else np.asarray(parameter.grad) * scale
                yield name, mine.data, gradient

    def _backward(self, layer: Any, y: Any) -> tuple[list[Any], float]:
        """The input gradients that backward returns, and by how much those of a loss are to be multiplied."""
        if isinstance(y, float) or (not isinstance(y, tuple) and np.ndim(y) == 0):
            scale = float(self.upstream[0])
            return [None if dx is None else np.asarray(dx) * scale for dx in _arrays(layer.backward())], scale
        return _arrays(layer.backward(*copy.deepcopy(self._like(y)))), 1.0

    def check_accumulation(self) -> None:
        """A gradient that is already there must be added to: the rule for a layer used twice in a pass."""
        alone, y = self._run()
        self._backward(alone, y)
        added, y = self._run()
        for parameter in added.parameters():
            parameter.grad = np.ones_like(parameter.data)
        self._backward(added, y)
        for once, more in zip(alone.parameters(), added.parameters(), strict=True):
            before = 0 if once.grad is None else once.grad
            if once.requires_grad and not np.allclose(np.asarray(more.grad) - 1, before, rtol=1e-6, atol=1e-9):
                raise GradientError(f"backward replaces the gradient of {once.name or 'a parameter'}; it must add to it (parameter.accumulate)")

    def _like(self, y: Any) -> tuple[Any, ...]:
        """The upstream gradients in the nesting of the outputs."""
        rest = iter(self.upstream)

        def nest(value: Any) -> Any:
            return tuple(nest(part) for part in value) if isinstance(value, tuple) else next(rest)

        return nest(y) if isinstance(y, tuple) and not _is_state(self.layer) else (nest(y),)


def _is_state(layer: Any) -> bool:
    """A cell returns one state, which may be a tuple, and takes one back."""
    return bool(getattr(layer, "returns_state", False))


def _arrays(value: Any) -> list[Any]:
    """The arrays of nested tuples, in order."""
    if isinstance(value, (tuple, list)):
        return [array for part in value for array in _arrays(part)]
    return [value]


def _same(a: Any, b: Any) -> bool:
    return all(np.array_equal(x, y, equal_nan=np.asarray(x).dtype.kind == "f") for x, y in zip(_arrays(a), _arrays(b), strict=True))


def _compare(
    probe: _Probe, report: GradReport, name: str, x: np.ndarray, analytic: np.ndarray, limits: tuple[float, float, float], most: int
) -> None:
    if analytic.shape != x.shape:
        raise GradientError(f"the gradient of {name} has shape {analytic.shape}, expected {x.shape}")
    if not np.all(np.isfinite(analytic)):
        index = tuple(int(i) for i in np.unravel_index(int(np.argmin(np.isfinite(analytic))), analytic.shape))
        raise GradientError(f"the gradient of {name} is {analytic[index]} at index {index}")
    eps, rtol, atol = limits
    entries = np.arange(x.size) if x.size <= most else probe.rng.choice(x.size, most, replace=False)
    numeric, kept = _differences(probe, x, entries, eps)
    report.kinks += int(np.count_nonzero(~kept))
    report.checked += int(np.count_nonzero(kept))
    if len(kept) and not kept.any():
        raise GradientError(f"every entry of {name} lies beside a kink (ReLU at 0, a tie of maxima), so nothing was checked; use other numbers")
    found = analytic.reshape(-1)[entries]
    error = np.abs(numeric - found)
    allowed = atol + rtol * np.maximum(np.abs(numeric), np.abs(found))
    bad = kept & ~(error <= allowed)
    scale = float(np.max(np.abs(numeric[kept]), initial=0)) or 1.0
    report.worst[name] = float(np.max(error[kept], initial=0)) / scale
    if bad.any():
        worst = int(np.argmax(np.where(bad, error / allowed, 0)))
        index = tuple(int(i) for i in np.unravel_index(int(entries[worst]), x.shape))
        hint = diagnose(numeric[kept], found[kept], x.shape)
        raise GradientError(
            f"the gradient of {name} is wrong in {np.count_nonzero(bad)} of {np.count_nonzero(kept)} entries; "
            f"worst at index {index}: numeric {numeric[worst]:.8g}, analytic {found[worst]:.8g}{hint}"
        )
    if x.size > most:
        _check_direction(probe, name, x, analytic, limits)


def _differences(probe: _Probe, x: np.ndarray, entries: np.ndarray, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """Central differences at `entries`, and which of them are smooth: where the two one-sided differences agree."""
    flat = x.reshape(-1)
    middle = probe.value()
    numeric, smooth = np.empty(len(entries)), np.ones(len(entries), bool)
    for i, entry in enumerate(entries):
        before = flat[entry]
        flat[entry] = before + eps
        above = probe.value()
        flat[entry] = before - eps
        below = probe.value()
        flat[entry] = before
        numeric[i] = (above - below) / (2 * eps)
        left, right = (middle - below) / eps, (above - middle) / eps
        smooth[i] = abs(right - left) <= 1e-2 * max(abs(left), abs(right)) + 1e-3
    return numeric, smooth


def _check_direction(probe: _Probe, name: str, x: np.ndarray, analytic: np.ndarray, limits: tuple[float, float, float]) -> None:
    """One random direction through the whole array; passed over where it crosses a kink."""
    eps, rtol, atol = limits
    direction = probe.rng.standard_normal(x.shape)
    middle = probe.value()
    x += eps * direction
    above = probe.value()
    x -= 2 * eps * direction
    below = probe.value()
    x += eps * direction
    numeric, found = (above - below) / (2 * eps), float(np.sum(analytic * direction))
    bend = abs(above - 2 * middle + below) / eps
    if bend > 1e-2 * abs(numeric):
        return
    scale = float(np.sqrt(np.sum(analytic**2)))  # of a typical projection
    if abs(numeric - found) > atol + 10 * rtol * max(abs(numeric), scale):
        raise GradientError(f"the gradient of {name} is wrong along a random direction: numeric {numeric:.8g}, analytic {found:.8g}")
