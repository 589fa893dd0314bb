"""One of every layer, with an input that it takes: what the tests of all layers run over."""

from collections.abc import Callable

import numpy as np

import netcore as nc

RNG = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape)


IMAGE, SEQUENCE, FLAT = normal(3, 4, 7, 6), normal(3, 5, 4), normal(5, 6)

# name -> (layer, input or inputs); the layers are made anew for each test
ZOO: dict[str, tuple[Callable[[], nc.Layer], tuple[np.ndarray, ...]]] = {
    "Linear": (lambda: nc.Linear(6, 3, rng=0), (FLAT,)),
    "Linear, no bias": (lambda: nc.Linear(4, 3, bias=False, rng=0), (SEQUENCE,)),
    "Conv2d": (lambda: nc.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), (1, 2), groups=2, rng=0), (IMAGE,)),
    "Conv2d same": (lambda: nc.Conv2d(4, 2, (2, 4), padding="same", rng=0), (IMAGE,)),
    "Conv1d": (lambda: nc.Conv1d(5, 4, 3, 2, 1, rng=0), (SEQUENCE,)),
    "ConvTranspose2d": (lambda: nc.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2, rng=0), (IMAGE,)),
    "MaxPool2d": (lambda: nc.MaxPool2d(3, 2, 1), (IMAGE,)),
    "MaxPool2d 2x2": (lambda: nc.MaxPool2d(2), (IMAGE,)),
    "MaxPool1d": (lambda: nc.MaxPool1d(2), (SEQUENCE,)),
    "AvgPool2d": (lambda: nc.AvgPool2d(3, 2, 1, count_include_pad=False), (IMAGE,)),
    "AvgPool1d": (lambda: nc.AvgPool1d(2), (SEQUENCE,)),
    "AdaptiveAvgPool2d": (lambda: nc.AdaptiveAvgPool2d((3, 4)), (IMAGE,)),
    "Upsample": (lambda: nc.Upsample((2, 3)), (IMAGE,)),
    "Flatten": (nc.Flatten, (IMAGE,)),
    "Unflatten": (lambda: nc.Unflatten(1, (2, -1)), (IMAGE,)),
    "Identity": (nc.Identity, (IMAGE,)),
    "ReLU": (nc.ReLU, (FLAT,)),
    "LeakyReLU": (lambda: nc.LeakyReLU(0.2), (FLAT,)),
    "ELU": (lambda: nc.ELU(0.7), (FLAT,)),
    "GELU": (nc.GELU, (FLAT,)),
    "GELU tanh": (lambda: nc.GELU("tanh"), (FLAT,)),
    "SiLU": (nc.SiLU, (FLAT,)),
    "Sigmoid": (nc.Sigmoid, (FLAT,)),
    "Tanh": (nc.Tanh, (FLAT,)),
    "Softplus": (nc.Softplus, (FLAT,)),
    "Softmax": (lambda: nc.Softmax(1), (IMAGE,)),
    "LogSoftmax": (nc.LogSoftmax, (FLAT,)),
    "Dropout": (lambda: nc.Dropout(0.4, rng=1), (FLAT,)),
    "BatchNorm1d": (lambda: nc.BatchNorm1d(6), (FLAT,)),
    "BatchNorm2d": (lambda: nc.BatchNorm2d(4), (IMAGE,)),
    "LayerNorm": (lambda: nc.LayerNorm((7, 6)), (IMAGE,)),
    "GroupNorm": (lambda: nc.GroupNorm(2, 4), (IMAGE,)),
    "Embedding": (lambda: nc.Embedding(9, 3, padding_idx=2, rng=0), (RNG.integers(0, 9, (3, 5)),)),
    "RNN": (lambda: nc.RNN(4, 5, rng=0), (SEQUENCE,)),
    "LSTM": (lambda: nc.LSTM(4, 5, num_layers=2, bidirectional=True, rng=0), (SEQUENCE,)),
    "GRU": (lambda: nc.GRU(4, 5, batch_first=False, rng=0), (SEQUENCE,)),
    "Last": (nc.Last, (SEQUENCE,)),
    "Add": (nc.Add, (FLAT, normal(5, 6), normal(5, 6))),
    "Multiply": (nc.Multiply, (FLAT, normal(5, 6), normal(5, 6))),
    "Concat": (lambda: nc.Concat(1), (FLAT, normal(5, 2))),
    "Gaussian": (lambda: nc.Gaussian(3, beta=0.0, rng=0), (FLAT,)),
    "Penalised": (lambda: nc.Penalised(nc.Activity(), weight=0.0), (FLAT,)),
    "Contractive": (lambda: nc.Contractive(6, 3, weight=0.0, rng=0), (FLAT,)),
    "TiedLinear": (lambda: nc.TiedLinear(nc.Linear(3, 6, rng=0), rng=1), (FLAT,)),
    "Sequential": (lambda: nc.Sequential(nc.Linear(6, 5, rng=0), nc.Tanh(), nc.Linear(5, 2, rng=1)), (FLAT,)),
}
