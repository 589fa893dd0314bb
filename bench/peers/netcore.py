"""netcore, as a course would write it."""

import numpy as np

import netcore as nc
from bench.zoo import Row, Spec, block, data, weights
from netcore import memory
from netcore.layers.network import Network


def build(layers: Spec) -> list[nc.Layer]:
    return [make(*layer) for layer in layers]


def make(kind: str, *sizes: int) -> nc.Layer:
    match kind:
        case "linear":
            return nc.Linear(*sizes)
        case "conv":
            return nc.Conv2d(*sizes)
        case "deconv":
            return nc.ConvTranspose2d(*sizes)
        case "pool":
            return nc.MaxPool2d(*sizes)
        case "norm":
            return nc.BatchNorm2d(*sizes)
        case "embedding":
            return nc.Embedding(*sizes)
        case "lstm":
            return nc.LSTM(*sizes)
        case "block":
            return Residual(*sizes)
        case "mean":
            return nc.Sequential(nc.AdaptiveAvgPool2d(1), nc.Flatten())
    return {"relu": nc.ReLU, "sigmoid": nc.Sigmoid, "flatten": nc.Flatten, "last": nc.Last}[kind]()


class Residual(Network):
    """relu(main(x) + shortcut(x))."""

    def __init__(self, i: int, o: int, stride: int) -> None:
        main, shortcut = (build(part) for part in block(i, o, stride))
        self.main, self.shortcut = nc.Sequential(*main), nc.Sequential(*(shortcut or [nc.Identity()]))
        self.add, self.relu = nc.Add(), nc.ReLU()
        self.assign_paths()

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, None]:
        both = self.main._run_forward(x), self.shortcut._run_forward(x)
        return self.relu._run_forward(self.add._run_forward(*both)), None

    def _backward(self, dy: np.ndarray, cache: None = None, needs_input: bool = True) -> np.ndarray:
        main, shortcut = self.add._run_backward(self.relu._run_backward(dy))
        return memory.add(self.main._run_backward(main), self.shortcut._run_backward(shortcut))

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.main.output_shape(input_shape)

    def multiply_adds(self, input_shape: tuple[int, ...]) -> int:
        return self.main.multiply_adds(input_shape) + self.shortcut.multiply_adds(input_shape)


class Peer:
    def __init__(self, row: Row) -> None:
        self.net = nc.Sequential(*build(row.layers))
        self.params = list(self.net.parameters())
        for parameter, value in zip(self.params, weights(row.layers), strict=True):
            parameter.data[...] = value
        self.x, self.target = data(row)
        self.criterion = nc.MSELoss() if row.target == "input" else nc.CrossEntropyLoss()
        self.optimizer = nc.Adam(self.net.parameters(), lr=1e-3)

    def step(self) -> float:
        if not self.net.training:
            self.net.train()
        self.optimizer.zero_grad()
        value = self.phases()
        self.optimizer.step()
        return value

    def phases(self) -> float:
        value = self.criterion.forward(self.net.forward(self.x), self.target)
        self.net.backward(self.criterion.backward(), input_grad=False)
        return value

    def infer(self) -> None:
        if self.net.training:
            self.net.eval()  # once: who predicts stays in this mode
        self.net.forward(self.x)

    def parameters(self) -> list[np.ndarray]:
        return [p.data for p in self.params]


def threads(n: int) -> None:
    nc.set_num_threads(n)


def versions() -> dict[str, str]:
    return {"netcore": nc.__version__, "numpy": np.__version__, "instruction set": nc.get_isa()}
