"""The copy task: read some symbols, wait, then write them down in their order. RNN against LSTM, on the very same batches.

    x (N, T, S + 1), one-hot:   three of S symbols | nothing, for `lag` steps | three times: now
    y (N, T):                   what is judged are the last three steps, where the three symbols are due

Guessing gets one in S right. Sources: S. Hochreiter and J. Schmidhuber, "Long short-term memory", 1997, experiment 2; in this
form A. Graves, G. Wayne and I. Danihelka, "Neural Turing machines", 2014, section 4.1. Beside it: adding.py.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

import netcore as nc
from netcore.losses import CrossEntropyLoss
from netcore.recipes.adding import SAMPLES, loaders, remember
from netcore.recipes.base import Prepared
from netcore.recipes.race import Race, RaceRecipe

SYMBOLS, LENGTH = 4, 3
IGNORED = -100  # the target of steps that are not judged: CrossEntropyLoss leaves them out


def copy_task(samples: int, lag: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """x float32 (N, 3 + lag + 3, S + 1) and y int64 (N, 3 + lag + 3).

    >>> x, y = copy_task(1, 2, np.random.default_rng(0))
    >>> x[0].argmax(axis=1)[:3].tolist() == y[0, -3:].tolist(), y[0, :5].tolist()
    (True, [-100, -100, -100, -100, -100])
    """
    said = rng.integers(0, SYMBOLS, (samples, LENGTH))
    x = np.zeros((samples, 2 * LENGTH + lag, SYMBOLS + 1), np.float32)
    x[np.arange(samples)[:, None], np.arange(LENGTH), said] = 1
    x[:, -LENGTH:, SYMBOLS] = 1
    y = np.full(x.shape[:2], IGNORED)
    y[:, -LENGTH:] = said
    return x, y


class Copying(Race):
    """The share of the symbols that each network writes down rightly, and the mean of their cross-entropies."""

    better = "max"

    def __init__(self, net: Any, clip: float = 0.0) -> None:
        super().__init__(net, clip, CrossEntropyLoss)

    def score(self, y: np.ndarray, target: np.ndarray) -> float:
        judged = target != IGNORED
        return float(np.mean(y.argmax(axis=-1)[judged] == target[judged])) * len(target)

    def evaluate(self, batch: Any) -> tuple[dict[str, float], int]:
        x, target = batch
        guesses = self.net.forward(x)
        loss = sum(each.forward(y, target) for each, y in zip(self.losses, guesses, strict=True)) / len(guesses)
        right = {f"{name}_accuracy": self.score(y, target) for name, y in zip(self.names, guesses, strict=True)}
        return {"loss": loss * len(x), **right}, len(x)

    @property
    def watched(self) -> tuple[str, ...]:
        return tuple(f"{name}_accuracy" for name in self.names)


@dataclass
class Copy(RaceRecipe):
    """The copy task: a plain RNN against an LSTM."""

    name: ClassVar[str] = "copy"
    lag: Annotated[int, "steps between the symbols and their copy"] = 30

    @property
    def length(self) -> int:
        """Steps of a sequence."""
        return 2 * LENGTH + self.lag

    def prepare(self, root: Any = None) -> Prepared:
        rng = np.random.default_rng(self.seed)
        parts = [copy_task(min(n, self.limit or n), self.lag, rng) for n in SAMPLES]
        train, val, test = loaders(parts, self.batch_size)
        return Prepared(train, val, test, {"kind": "numbers"})

    def runner(self, kind: Any) -> nc.Sequential:
        layer = kind(SYMBOLS + 1, self.hidden)
        if kind is nc.LSTM:
            remember(layer, self.length)
        return nc.Sequential(rnn=layer, head=nc.Linear(self.hidden, SYMBOLS))

    def task(self, net: Any) -> Copying:
        task = Copying(net, self.clip)
        task.metric = f"{task.names[0]}_accuracy"  # type: ignore[misc]
        return task
