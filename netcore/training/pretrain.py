"""Greedy layer-wise pre-training: each layer of an encoder learns to reproduce what the layer below it puts out, one at a time.

    for each block (a layer with weights and the activation behind it), from the input up
        train the auto-encoder block -> its mirror on the features of the blocks below
        throw the mirror away, keep the block

Source: Y. Bengio et al., "Greedy layer-wise training of deep networks", 2007, section 4; G. Hinton and R. Salakhutdinov, 2006,
did it with Boltzmann machines. With `corrupt` the blocks are denoising auto-encoders (P. Vincent et al., 2010).
"""

from typing import Any

import numpy as np

from netcore import checks
from netcore.analysis import Still
from netcore.data import DataLoader
from netcore.errors import ArgumentError
from netcore.layers import Layer, Sequential
from netcore.losses import MSELoss
from netcore.mirror import mirror
from netcore.optim import Adam
from netcore.training.loop import fit
from netcore.training.reconstruction import Reconstruction

BATCH = 500


def pretrain(
    encoder: Sequential, x: np.ndarray, *, epochs: int = 5, lr: float = 2e-3, batch_size: int = 128, corrupt: Any = None, rng: Any = None,
) -> list[float]:
    """Train the blocks of `encoder` in place on inputs x (N, …); returns the last training loss of each block's auto-encoder.

    Raises ArgumentError where the encoder has no layer with weights, or one that `mirror` cannot undo.

    >>> import netcore as nc
    >>> encoder = nc.Sequential(nc.Linear(6, 4), nc.Tanh(), nc.Linear(4, 2))
    >>> len(pretrain(encoder, np.ones((8, 6), np.float32), epochs=1))
    2
    """
    checks.positive("epochs", epochs)
    losses = []
    for start, end in blocks(encoder):
        below, block = encoder[:start], encoder[start:end]
        assert isinstance(below, Sequential) and isinstance(block, Sequential)
        h = _features(below, x) if start else x
        net = Sequential(block=block, mirror=mirror(block, h.shape[1:]))
        optimizer = Adam(net.parameters(), lr=lr)
        loader = DataLoader(h, batch_size=batch_size, shuffle=True, rng=rng)
        task = Reconstruction(net, MSELoss(), corrupt=corrupt)
        losses.append(fit(net, task.loss, optimizer, loader, epochs=epochs, task=task, progress=False)[-1]["loss"])
    encoder.reset()
    encoder.assign_paths()
    return losses


def blocks(encoder: Sequential) -> list[tuple[int, int]]:
    """(start, end) of the layers with weights, each with what follows it up to the next one with weights; layers before the first
    one (a Flatten, say) belong to it.

    >>> import netcore as nc
    >>> blocks(nc.Sequential(nc.Flatten(), nc.Linear(6, 4), nc.Tanh(), nc.Linear(4, 2)))
    [(0, 3), (3, 4)]
    """
    heavy = [k for k, layer in enumerate(encoder) if layer.parameters()]
    if not heavy:
        raise ArgumentError("the encoder has no layer with weights to train")
    starts = [0, *heavy[1:]]
    return list(zip(starts, [*starts[1:], len(encoder)], strict=True))


def _features(net: Layer, x: np.ndarray) -> np.ndarray:
    still = Still(net)
    return np.concatenate([still.forward(x[k : k + BATCH]) for k in range(0, len(x), BATCH)])
