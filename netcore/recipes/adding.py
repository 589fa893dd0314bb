"""The adding problem: 100 pairs (number, mark); the answer is the sum of the two marked numbers (Hochreiter and Schmidhuber, 1997).

Guessing the mean has a squared error of 1/6. An LSTM and a plain RNN of the same size learn side by side, from the same
sequences, with nothing in common but the batch: the first learns it, the second does not (S13 of the lecture).
"""

from typing import Any

import numpy as np

from netcore.data import DataLoader
from netcore.layers import LSTM, RNN, Concat, Graph, Input, Last, Linear
from netcore.losses import MSELoss
from netcore.optim import Adam, CosineAnnealingLR
from netcore.recipes.recipe import Facts, Options, Recipe, Training, steps
from netcore.training import Regression

LAG, HIDDEN, SAMPLES = 100, 64, 20_000


def sequences(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """x (count, LAG, 2): numbers from U(0, 1), and a 1 at one place of each half; y (count, 1), their sum."""
    x = np.zeros((count, LAG, 2), np.float32)
    x[:, :, 0] = rng.random((count, LAG))
    rows, half = np.arange(count), LAG // 2
    for start in (0, half):
        x[rows, start + rng.integers(0, half, count), 1] = 1
    return x, (x[:, :, 0] * x[:, :, 1]).sum(axis=1, keepdims=True)


def network(facts: Facts, options: Options) -> Graph:
    """Two networks that only share their input: output 0 is the LSTM's answer, output 1 the RNN's."""
    x = Input((LAG, 2))
    answers = [Linear(HIDDEN, 1)(Last()(cell(x))) for cell in (LSTM(2, HIDDEN), RNN(2, HIDDEN))]
    return Graph(x, Concat(1)(*answers))


class Duel(Regression):
    """The target twice, once for each; the metric is the LSTM's squared error, with the RNN's beside it."""

    metric = "lstm"

    def pair(self, batch: Any) -> tuple[np.ndarray, np.ndarray]:
        return batch[0], np.repeat(batch[1], 2, axis=1)

    def evaluate(self, batch: Any) -> tuple[dict[str, float], int]:
        x, target = self.pair(batch)
        y = self.net.forward(x)
        lstm, rnn = np.sum((y - target) ** 2, axis=0, dtype=np.float64)
        return {"loss": self.loss.forward(y, target) * len(x), "lstm": float(lstm), "rnn": float(rnn)}, len(x)


def prepare(options: Options) -> Training:
    rng = np.random.default_rng(options.seed)
    count = options.limit or SAMPLES
    net = network({}, options)
    loss = MSELoss()
    optimizer = Adam(net.parameters(), lr=float(options.lr or 0))
    loader = DataLoader(*sequences(count, rng), batch_size=options.batch_size or 1, shuffle=True, rng=options.seed)
    val = DataLoader(*sequences(1000, rng), batch_size=500)
    return Training({}, net, loss, optimizer, loader, val, Duel(net, loss), CosineAnnealingLR(optimizer, steps(loader, options)), clip=1.0)


RECIPE = Recipe(
    "adding", "the adding problem at lag 100: LSTM against RNN", "regression", "adding", epochs=20, batch_size=50, lr=2e-3,
    network=network, prepare=prepare,
)  # fmt: skip
