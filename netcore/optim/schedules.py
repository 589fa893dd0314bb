"""Learning-rate schedules: each sets `optimizer.lr` from the number of its own steps.

Call `step()` after each epoch, or after each batch, as the schedule's total counts. The rates are given in closed form,
so that a schedule's state is its step number alone.
"""

import math
from collections.abc import Callable
from typing import Any

from netcore import checks
from netcore.errors import ArgumentError, CheckpointError
from netcore.optim.base import Optimizer


def _checked(optimizer: Optimizer) -> Optimizer:
    if not hasattr(optimizer, "lr"):
        raise ArgumentError(f"a schedule takes an optimizer, got {type(optimizer).__name__}")
    return optimizer


class Schedule:
    """Base class: lr = self.rate(t) at step t = 0, 1, …; the optimiser's own lr is the base rate."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = _checked(optimizer)
        self.base_lr = optimizer.lr
        self.t = 0
        optimizer.lr = self.rate(0)

    def rate(self, t: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} does not define rate")

    def step(self) -> None:
        self.t += 1
        self.optimizer.lr = self.rate(self.t)

    def state_dict(self) -> dict[str, Any]:
        return {"t": self.t, "base_lr": self.base_lr}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The opposite of `state_dict`; changes nothing if an entry is missing."""
        self.t, self.base_lr = _entries(state, t=int, base_lr=float)
        self.optimizer.lr = self.rate(self.t)


def _entries(state: dict[str, Any], **kinds: Callable[[Any], Any]) -> list[Any]:
    """The entries of a state under the names of `kinds`, each made the kind it should be."""
    try:
        return [kind(state[name]) for name, kind in kinds.items()]
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"the schedule's state must hold {', '.join(kinds)}, got {state!r}; nothing was changed") from error


class StepLR(Schedule):
    """lr · gamma^⌊t / step_size⌋"""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = checks.positive("step_size", step_size), checks.number("gamma", gamma)
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        return self.base_lr * self.gamma ** (t // self.step_size)


class ExponentialLR(Schedule):
    """lr · gamma^t"""

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = checks.number("gamma", gamma)
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        return self.base_lr * self.gamma**t


class CosineAnnealingLR(Schedule):
    """eta_min + (lr - eta_min) (1 + cos(π t / T_max)) / 2 (Loshchilov and Hutter, 2017, equation 5, without restarts)."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = checks.positive("T_max", T_max), checks.number("eta_min", eta_min, 0)
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2


class OneCycleLR(Schedule):
    """Cosine up from max_lr / div_factor to max_lr in the first pct_start of total_steps, then cosine down to
    max_lr / div_factor / final_div_factor (Smith and Topin, 2018). Step it after every batch."""

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ) -> None:
        self.max_lr = checks.number("max_lr", max_lr, 0)
        self.total_steps = checks.positive("total_steps", total_steps)
        self.pct_start = checks.number("pct_start", pct_start, 0, 1)
        self.initial = self.max_lr / checks.number("div_factor", div_factor, 0, open_low=True)
        self.final = self.initial / checks.number("final_div_factor", final_div_factor, 0, open_low=True)
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        top, last = self.pct_start * self.total_steps - 1, self.total_steps - 1
        if t > last:
            return self.final
        if t <= top:
            return _cosine(self.initial, self.max_lr, t / top if top > 0 else 1.0)
        return _cosine(self.max_lr, self.final, (t - top) / (last - top))


def _cosine(start: float, end: float, part: float) -> float:
    """From start (part = 0) to end (part = 1) along half a cosine."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * part))


class LinearWarmup(Schedule):
    """lr · (start_factor + (1 - start_factor) min(t / total_iters, 1))"""

    def __init__(self, optimizer: Optimizer, total_iters: int, start_factor: float = 1.0 / 3) -> None:
        self.total_iters = checks.positive("total_iters", total_iters)
        self.start_factor = checks.number("start_factor", start_factor, 0, 1)
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        return self.base_lr * (self.start_factor + (1 - self.start_factor) * min(t / self.total_iters, 1.0))


class ReduceLROnPlateau:
    """Multiply lr by `factor` when a metric has not got better for more than `patience` steps. `step(metric)`."""

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        self.optimizer = _checked(optimizer)
        self.mode = checks.one_of("mode", mode, ("min", "max"))
        self.threshold_mode = checks.one_of("threshold_mode", threshold_mode, ("rel", "abs"))
        self.factor, self.patience = checks.number("factor", factor, 0), checks.at_least("patience", patience, 0)
        if self.factor >= 1:
            raise ArgumentError(f"factor must be below 1, got {factor!r}")
        self.threshold, self.cooldown = checks.number("threshold", threshold), checks.at_least("cooldown", cooldown, 0)
        self.min_lr, self.eps = checks.number("min_lr", min_lr, 0), checks.number("eps", eps, 0)
        self.best = math.inf if mode == "min" else -math.inf
        self.bad_steps = self.cooling = 0

    def _better(self, metric: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        bar = self.best * (1 + sign * self.threshold) if self.threshold_mode == "rel" else self.best + sign * self.threshold
        return metric < bar if self.mode == "min" else metric > bar

    def step(self, metric: float) -> None:
        try:
            metric = float(metric)
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"the metric must be a number, got {metric!r}") from error
        if self._better(metric):
            self.best, self.bad_steps = metric, 0
        else:
            self.bad_steps += 1
        if self.cooling > 0:
            self.cooling, self.bad_steps = self.cooling - 1, 0
        if self.bad_steps > self.patience:
            lower = max(self.optimizer.lr * self.factor, self.min_lr)
            if self.optimizer.lr - lower > self.eps:
                self.optimizer.lr = lower
            self.cooling, self.bad_steps = self.cooldown, 0

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "bad_steps": self.bad_steps, "cooling": self.cooling}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.best, self.bad_steps, self.cooling = _entries(state, best=float, bad_steps=int, cooling=int)
