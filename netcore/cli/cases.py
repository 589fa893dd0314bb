"""One small example of every layer and loss, for gradient checks from the command line."""

from collections.abc import Callable
from typing import Any

import numpy as np

import netcore as nc

Case = tuple[Any, tuple[Any, ...]]  # the layer, and what goes in


def residual_graph() -> nc.Graph:
    x = nc.Input((2, 5, 5))
    h = nc.Conv2d(2, 2, 3, padding=1)(x)
    return nc.Graph(inputs=x, outputs=nc.Tanh()(nc.Add()(h, x)))


def cases(rng: np.random.Generator) -> dict[str, Callable[[], Case]]:
    """Name to a function that makes (layer, inputs)."""

    def z(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape)

    def p(*shape: int) -> np.ndarray:
        return rng.uniform(0.05, 0.95, shape)

    image, sequence, tokens = (2, 2, 6, 5), (3, 4, 3), np.array([[0, 2, 1], [3, 3, 0]])
    labels = np.array([1, 0, 2])
    one: dict[str, Callable[[], Case]] = {
        "Linear": lambda: (nc.Linear(4, 3), (z(5, 4),)),
        "Conv1d": lambda: (nc.Conv1d(2, 3, 3, stride=2, padding=1), (z(2, 2, 7),)),
        "Conv2d": lambda: (nc.Conv2d(2, 4, (2, 3), stride=(2, 1), padding=1, groups=2), (z(*image),)),
        "ConvTranspose2d": lambda: (nc.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1), (z(*image),)),
        "MaxPool1d": lambda: (nc.MaxPool1d(3, stride=2), (z(2, 2, 7),)),
        "MaxPool2d": lambda: (nc.MaxPool2d(3, stride=2, padding=1), (z(*image),)),
        "AvgPool1d": lambda: (nc.AvgPool1d(3, stride=2), (z(2, 2, 7),)),
        "AvgPool2d": lambda: (nc.AvgPool2d(3, stride=2, padding=1), (z(*image),)),
        "AdaptiveAvgPool2d": lambda: (nc.AdaptiveAvgPool2d((4, 3)), (z(*image),)),
        "Upsample": lambda: (nc.Upsample(2), (z(*image),)),
        "BatchNorm1d": lambda: (nc.BatchNorm1d(4), (z(6, 4),)),
        "BatchNorm2d": lambda: (nc.BatchNorm2d(2), (z(*image),)),
        "LayerNorm": lambda: (nc.LayerNorm(4), (z(3, 4),)),
        "GroupNorm": lambda: (nc.GroupNorm(2, 4), (z(2, 4, 3, 3),)),
        "Embedding": lambda: (nc.Embedding(4, 3), (tokens,)),
        "Dropout": lambda: (nc.Dropout(0.3, rng=1), (z(6, 5),)),
        "RNN": lambda: (nc.RNN(3, 4, num_layers=2), (z(*sequence),)),
        "GRU": lambda: (nc.GRU(3, 4, bidirectional=True), (z(*sequence),)),
        "LSTM": lambda: (nc.LSTM(3, 4, num_layers=2, bidirectional=True), (z(*sequence),)),
        "RNNCell": lambda: (nc.RNNCell(3, 4), (z(2, 3), z(2, 4))),
        "GRUCell": lambda: (nc.GRUCell(3, 4), (z(2, 3), z(2, 4))),
        "LSTMCell": lambda: (nc.LSTMCell(3, 4), (z(2, 3), (z(2, 4), z(2, 4)))),
        "Last": lambda: (nc.Last(), (z(*sequence),)),
        "Flatten": lambda: (nc.Flatten(), (z(*image),)),
        "Unflatten": lambda: (nc.Unflatten(1, (2, 3)), (z(4, 6),)),
        "Gaussian": lambda: (nc.Gaussian(3, beta=0.0, rng=1), (z(4, 6),)),
        "Add": lambda: (nc.Add(), (z(2, 3), z(2, 3))),
        "Multiply": lambda: (nc.Multiply(), (z(2, 3), z(2, 3))),
        "Concat": lambda: (nc.Concat(), (z(2, 3), z(2, 2))),
        "Sequential": lambda: (nc.Sequential(nc.Linear(4, 5), nc.Tanh(), nc.Linear(5, 2)), (z(3, 4),)),
        "Graph": lambda: (residual_graph(), (z(2, 2, 5, 5),)),
        "CrossEntropyLoss": lambda: (nc.CrossEntropyLoss(label_smoothing=0.1), (z(3, 4), labels)),
        "NLLLoss": lambda: (nc.NLLLoss(), (z(3, 4), labels)),
        "MSELoss": lambda: (nc.MSELoss(), (z(3, 4), z(3, 4))),
        "L1Loss": lambda: (nc.L1Loss(), (z(3, 4), z(3, 4))),
        "HuberLoss": lambda: (nc.HuberLoss(), (2 * z(3, 4), z(3, 4))),
        "BCELoss": lambda: (nc.BCELoss(), (p(3, 4), p(3, 4))),
        "BCEWithLogitsLoss": lambda: (nc.BCEWithLogitsLoss(), (z(3, 4), p(3, 4))),
        "KLDivLoss": lambda: (nc.KLDivLoss(reduction="batchmean"), (z(3, 4), p(3, 4))),
    }
    for kind in (nc.ReLU, nc.LeakyReLU, nc.ELU, nc.GELU, nc.SiLU, nc.Sigmoid, nc.Tanh, nc.Softplus, nc.Softmax, nc.LogSoftmax, nc.Identity):
        one[kind.__name__] = lambda kind=kind: (kind(), (z(4, 5),))  # type: ignore[misc]
    return one
