"""Which axis of a layer's output counts its units? The second one of images and of flat features; of sequences it depends.

    (N, F)      F of a linear layer
    (N, C, H, W)   C of a convolution: a unit is a whole channel
    (N, C, L)   C of a convolution along one axis
    (N, T, H)   H of a recurrent layer, an embedding, a linear layer: a unit is one number at every step

The last two look alike, so the layers are asked: the nearest one, from the named layer down, that says which of them it is.
"""

import numpy as np

from netcore.analysis.still import Still
from netcore.errors import ArgumentError
from netcore.layers import Conv2d, Embedding, GroupNorm, Layer, LayerNorm, Linear
from netcore.layers.norm import BatchNorm2d
from netcore.layers.pool import Pool
from netcore.layers.recurrent import Recurrent

LAST: tuple[type[Layer], ...] = (Recurrent, Embedding, Linear, LayerNorm)
CHANNELS: tuple[type[Layer], ...] = (Conv2d, Pool, BatchNorm2d, GroupNorm)


def unit_axis(still: Still, name: str, y: np.ndarray) -> int:
    """The axis of y, the output of the named layer, along which its units lie. Raises ArgumentError where no layer tells.

    >>> import netcore as nc
    >>> net = nc.Sequential(rnn=nc.LSTM(3, 5), drop=nc.Dropout(0.5), head=nc.Linear(5, 2))
    >>> unit_axis(Still(net), "drop", np.zeros((2, 7, 5)))
    2
    """
    if y.ndim in (2, 4):
        return 1
    if y.ndim == 3:
        names = list(still.layers)
        inside = [k for k, other in enumerate(names) if not name or f"{other}.".startswith(f"{name}.")]
        for other in reversed(names[: inside[-1] + 1]):
            if isinstance(still.layers[other], LAST):
                return 2
            if isinstance(still.layers[other], CHANNELS):
                return 1
    raise ArgumentError(f"layer {name!r} puts out an array of shape {y.shape}, and no layer tells which of its axes counts units")
