"""PyTorch, eager."""

import numpy as np
import torch
from torch import nn

from bench.zoo import Row, Spec, block, data, weights


def build(layers: Spec) -> list[nn.Module]:
    return [make(*layer) for layer in layers]


def make(kind: str, *sizes: int) -> nn.Module:
    match kind:
        case "linear":
            return nn.Linear(*sizes)
        case "conv":
            return nn.Conv2d(*sizes)
        case "deconv":
            return nn.ConvTranspose2d(*sizes)
        case "pool":
            return nn.MaxPool2d(*sizes)
        case "norm":
            return nn.BatchNorm2d(*sizes)
        case "embedding":
            return nn.Embedding(*sizes)
        case "lstm":
            return Outputs(nn.LSTM(*sizes, batch_first=True))
        case "block":
            return Residual(*sizes)
        case "mean":
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        case "last":
            return Last()
    return {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "flatten": nn.Flatten}[kind]()


class Outputs(nn.Module):
    """A recurrent layer's outputs without its states."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)[0]


class Last(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, -1]


class Residual(nn.Module):
    def __init__(self, i: int, o: int, stride: int) -> None:
        super().__init__()
        self.main, self.shortcut = (nn.Sequential(*build(part)) for part in block(i, o, stride))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.main(x) + self.shortcut(x))


class Peer:
    def __init__(self, row: Row) -> None:
        self.net = nn.Sequential(*build(row.layers))
        with torch.no_grad():
            for parameter, value in zip(self.net.parameters(), weights(row.layers), strict=True):
                parameter.copy_(torch.tensor(value))
        self.x, self.target = map(torch.tensor, data(row))
        self.criterion = nn.MSELoss() if row.target == "input" else nn.CrossEntropyLoss()
        self.symbols = row.target == "symbols"
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.forward = self.net

    def step(self) -> float:
        if not self.net.training:
            self.net.train()
        self.optimizer.zero_grad()
        y = self.forward(self.x)
        loss = self.criterion(y.flatten(0, 1), self.target.flatten()) if self.symbols else self.criterion(y, self.target)
        loss.backward()
        self.optimizer.step()
        return float(loss.detach())

    def infer(self) -> None:
        if self.net.training:
            self.net.eval()  # once: who predicts stays in this mode
        with torch.inference_mode():
            self.forward(self.x)

    def parameters(self) -> list[np.ndarray]:
        return [p.detach().numpy() for p in self.net.parameters()]


def threads(n: int) -> None:
    torch.set_num_threads(n)


def versions() -> dict[str, str]:
    return {"torch": torch.__version__}
