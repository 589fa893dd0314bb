"""Forecasting a time series: an LSTM (or a GRU, or a plain RNN) reads a window of the past and predicts the values that follow.

Values are standardised by the training part; the squared error is therefore in units of the series' variance, and to be
compared with that of `persistence`, the forecast that nothing changes.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

import netcore as nc
from netcore import checks
from netcore.data import DataLoader, load, registry, windows
from netcore.errors import ArgumentError
from netcore.recipes.base import Facts, Prepared, Recipe
from netcore.recipes.race import CELLS
from netcore.training import Callback, EarlyStopping, Regression


@dataclass
class SeriesLSTM(Recipe):
    """LSTM that forecasts a time series."""

    name: ClassVar[str] = "series-lstm"
    data: str = "sunspots"
    small_epochs: ClassVar[int] = 40
    batch_size: int = 32
    lr: float = 5e-3
    clip: float = 1.0
    length: Annotated[int, "steps of the past that the network reads"] = 24
    horizon: Annotated[int, "steps that it forecasts"] = 1
    hidden: Annotated[int, "size of the state"] = 32
    cell: Annotated[str, "recurrent layer: lstm, gru or rnn"] = "lstm"
    patience: Annotated[int, "epochs without a better value on held-out data before it stops"] = 12

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.one_of("cell", self.cell, tuple(CELLS))

    def prepare(self, root: Any = None) -> Prepared:
        if registry.entry(self.data).kind != "series":
            raise ArgumentError(f"data set {self.data!r} is no time series; `netcore data list` shows which are")
        series = load(self.data, "all", root)
        w = windows(series, self.length, self.horizon)
        x, y = w.x_train, w.y_train[:, :, 0]
        held_out = max(len(x) // 5, 1)  # the latest windows of the training part
        stop = len(x) - held_out
        begin = max(stop - self.limit, 0) if self.limit else 0
        persistence = float(np.mean(np.sum(np.square(w.y_test[:, :, 0] - w.x_test[:, -1:, 0]), axis=1, dtype=np.float64)))
        facts = {"kind": "series", "mean": float(w.mean[0]), "std": float(w.std[0]), "persistence": persistence}
        return Prepared(
            DataLoader(x[begin:stop], y[begin:stop], batch_size=self.batch_size, shuffle=True),
            DataLoader(x[stop:], y[stop:], batch_size=500),
            DataLoader(w.x_test, w.y_test[:, :, 0], batch_size=500),
            facts,
        )

    def network(self, facts: Facts) -> nc.Sequential:
        return nc.Sequential(**{self.cell: CELLS[self.cell](1, self.hidden)}, last=nc.Last(), head=nc.Linear(self.hidden, self.horizon))

    def callbacks(self) -> list[Callback]:
        """A short series is soon learned by heart: the weights of the best epoch are kept."""
        return [*super().callbacks(), EarlyStopping(patience=self.patience)]

    def task(self, net: nc.Layer) -> Regression:
        return Regression(net, nc.MSELoss())
