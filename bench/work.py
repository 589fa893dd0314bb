"""What a step has to do at the least, and how long that takes at the roofline.

    arithmetic   2 FLOPs a multiply-add; the backward phase once that for the weights' gradient and once for the input's and the
                 state's; for its input's the first trained layer is not asked. A layer that Winograd's algorithm suits needs its products only:
                 for a tile of 4 x 4 outputs, 36 where the direct computation with 3 x 3 filters has 144, and 64 in place of 400
                 with 5 x 5 (its transforms are not counted). An embedding has no arithmetic.
    update       Adam reads gradient, parameter and two moments, and writes the last three: 28 bytes a parameter, at the
                 bandwidth measured for as much memory as the four arrays take.

Both are needed one after the other, so their times add up. All else that a step does (activations, pools, norms, the loss,
traffic of activations, Python) counts as nothing: the roofline is a bound, not a prediction.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import roofline, zoo
from bench.kernels import Case

ADAM_TOUCHES, ADAM_MOVES = 16, 28  # bytes a float32 parameter


@dataclass(frozen=True)
class Work:
    flops: float
    parameters: float = 0.0  # that are updated

    def seconds(self, roof: dict[str, Any]) -> dict[str, float]:
        """{'arithmetic': s, 'update': s} at the roofline."""
        update = ADAM_MOVES * self.parameters / roofline.rate(roof["update"], ADAM_TOUCHES * self.parameters) if self.parameters else 0.0
        return {"arithmetic": self.flops / roof["flops"], "update": update}


def of_row(row: zoo.Row, kind: str) -> Work:
    """Of a 'step' or an 'infer' of a row of the zoo."""
    if kind == "infer":
        return Work(sum(2.0 * products for products, _, _ in leaves(row.layers, row.shape, row.batch)))
    trained = [(products, spared) for products, spared, has_parameters in leaves(row.layers, row.shape, row.batch) if has_parameters]
    flops = 6.0 * sum(products for products, _ in trained) - 2.0 * trained[0][1]
    return Work(flops, float(sum(value.size for value in zoo.weights(row.layers))))


def leaves(layers: zoo.Spec, shape: tuple, batch: int) -> Iterator[tuple[float, float, bool]]:
    """(multiply-adds of a forward phase, those of the input's gradient alone, whether there is something to train) for each
    layer, those inside of blocks too."""
    from bench.peers.netcore import make

    for kind, *sizes in layers:
        layer = make(kind, *sizes)
        if kind == "block":
            for part in zoo.block(*sizes):
                yield from leaves(part, shape, batch)
        else:
            left = saved(tuple(layer.weight.shape), (batch, *layer.output_shape(shape)), *sizes[3:]) if kind == "conv" else 1.0
            products, alone = left * batch * layer.multiply_adds(shape), left * batch * layer.input_multiply_adds(shape)
            yield products, alone, bool(zoo.shapes((kind, *sizes)))
        shape = layer.output_shape(shape)


def saved(w: tuple, y: tuple, stride: int, pad: int, groups: int = 1) -> float:
    """The share of a convolution's multiplications that is left, by the algorithm that suits it."""
    import netcore.functional as F

    chosen = F.conv_algorithm(np.dtype(np.float32), w, y, (stride, stride), ((pad, pad), (pad, pad)), (1, 1), groups)
    tile = (w[2] + 3) ** 2  # products for 4 x 4 outputs
    return tile * math.ceil(y[2] / 4) * math.ceil(y[3] / 4) / (w[2] ** 2 * y[2] * y[3]) if chosen == "winograd" else 1.0


def of_case(case: Case, roof: dict[str, Any]) -> float:
    """Seconds of a single kernel at the roofline: its arithmetic or its traffic, whichever takes longer."""
    flops = case.flops
    if case.group.startswith("conv"):
        n, c, size, k, r, stride, pad, groups = case.arguments
        out = (size + 2 * pad - r) // stride + 1
        flops *= saved((k, c // groups, r, r), (n, k, out, out), stride, pad, groups)
    return max(flops / roof["flops"], case.nbytes / roofline.rate(roof["copy"], case.touched) if case.nbytes else 0.0)
