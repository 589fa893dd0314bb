"""The adding problem: remember two numbers over a long lag, then add them. RNN against LSTM, on the very same batches.

    x (N, T, 2): a number from U(0, 1) and a marker, 1 at two places of the sequence and 0 elsewhere;  y = sum of the marked two

Always to predict 1 has a mean squared error of 1/6 ≈ 0.167; under 0.01 counts as solved. The gradient of the plain RNN
vanishes over the lag, the LSTM's goes along its cell. Source: S. Hochreiter and J. Schmidhuber, "Long short-term memory",
Neural Computation 9, 1997, experiment 4 (here in the form of Q. Le et al., 2015).
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

import netcore as nc
from netcore.data import DataLoader
from netcore.recipes.base import Prepared
from netcore.recipes.race import RaceRecipe

SAMPLES = 20_000, 1_000, 2_000  # training, validation, test


def adding_problem(samples: int, lag: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """x float32 (N, lag, 2) and y float32 (N, 1); one marker lies in the first half of the sequence, one in the second."""
    x = np.zeros((samples, lag, 2), np.float32)
    x[:, :, 0] = rng.random((samples, lag), np.float32)
    rows, half = np.arange(samples), lag // 2
    first, second = rng.integers(0, half, samples), rng.integers(half, lag, samples)
    x[rows, first, 1] = x[rows, second, 1] = 1
    return x, (x[rows, first, 0] + x[rows, second, 0])[:, None]


def remember(lstm: Any, steps: int) -> None:
    """Forget gates that open for spans up to `steps`: b_f = ln u, u from U(1, steps - 1), and b_i = -b_f.

    A cell whose forget gate is σ(b_f) keeps its content for about e^b_f steps; with b_f = 1 that is less than four, and
    the gradient over a hundred is as good as none. Source: C. Tallec and Y. Ollivier, "Can recurrent neural networks warp
    time?", 2018, equation 16.
    """
    size = lstm.hidden_size
    bias = np.log(nc.default_rng().uniform(1, max(steps - 1, 2), size)).astype(np.float32)
    lstm.bias_ih_l0.data[: 2 * size] = np.concatenate([-bias, bias])  # rows: i, f, g, o
    lstm.bias_hh_l0.data[: 2 * size] = 0


@dataclass
class Adding(RaceRecipe):
    """The adding problem: a plain RNN against an LSTM."""

    name: ClassVar[str] = "adding"
    lag: Annotated[int, "steps of a sequence"] = 100

    def prepare(self, root: Any = None) -> Prepared:
        rng = np.random.default_rng(self.seed)
        parts = [adding_problem(min(n, self.limit or n), self.lag, rng) for n in SAMPLES]
        train, val, test = loaders(parts, self.batch_size)
        return Prepared(train, val, test, {"kind": "numbers"})

    def runner(self, kind: Any) -> nc.Sequential:
        layer = kind(2, self.hidden)
        if kind is nc.LSTM:
            remember(layer, self.lag)
        return nc.Sequential(rnn=layer, last=nc.Last(), head=nc.Linear(self.hidden, 1))


def loaders(parts: list[tuple[np.ndarray, np.ndarray]], batch_size: int) -> tuple[DataLoader, DataLoader, DataLoader]:
    """Of the training, validation and test parts; only training is shuffled."""
    train, val, test = (DataLoader(x, y, batch_size=batch_size if k == 0 else 500, shuffle=k == 0) for k, (x, y) in enumerate(parts))
    return train, val, test
