"""An LSTM predicts the next value of a time series from the 24 before it, beside the guess that nothing changes.

The last fifth of the series is held out; values are standardised with the mean and deviation of the rest.
"""

from typing import Any

import numpy as np

from netcore import data
from netcore.data import DataLoader
from netcore.errors import ArgumentError
from netcore.layers import LSTM, Last, Linear, Sequential
from netcore.losses import MSELoss
from netcore.optim import Adam, OneCycleLR
from netcore.recipes.recipe import Facts, Options, Recipe, Training, steps
from netcore.training import Regression

PAST = 24


def network(facts: Facts, options: Options) -> Sequential:
    return Sequential(LSTM(1, 32), Last(), Linear(32, 1))


class Forecast(Regression):
    """Squared error in standard deviations, beside that of persistence: the last value once more."""

    def evaluate(self, batch: Any) -> tuple[dict[str, float], int]:
        found, count = super().evaluate(batch)
        x, target = self.pair(batch)
        return found | {"persistence": float(np.sum((x[:, -1] - target) ** 2))}, count


def prepare(options: Options) -> Training:
    series = data.load(str(options.data), split="all", root=options.data_dir)
    if series.x.ndim != 1 or series.vocabulary is not None:
        raise ArgumentError(f"this recipe needs a time series; {options.data!r} is none")
    w = data.windows(series, PAST, 1)
    net = network({}, options)
    loss = MSELoss()
    optimizer = Adam(net.parameters(), lr=float(options.lr or 0))
    loader = DataLoader(w.x_train, w.y_train[:, 0], batch_size=options.batch_size or 1, shuffle=True, rng=options.seed)
    return Training(
        {"past": PAST}, net, loss, optimizer, loader, DataLoader(w.x_test, w.y_test[:, 0], batch_size=500), Forecast(net, loss),
        OneCycleLR(optimizer, optimizer.lr, steps(loader, options)), clip=1.0,
    )  # fmt: skip


RECIPE = Recipe(
    "series-lstm", "an LSTM predicts a time series", "regression", "sunspots", epochs=150, batch_size=32, lr=5e-3,
    network=network, prepare=prepare, others=("nile", "airline", "lynx"),
)  # fmt: skip
