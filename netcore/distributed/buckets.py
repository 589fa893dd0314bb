"""Gradients summed over all ranks, bucket by bucket, while the backward phase still goes on.

    g = Σ_r n_r g_r / Σ_r n_r        n_r rows on rank r, g_r the gradient of their mean loss: that of the whole batch's mean

The first step shows in which order the parameters' gradients are complete (the last layer's first). From then on the
gradients are copied in this order into a flat buffer, cut into buckets of about a megabyte; as soon as a bucket is full its
sum begins, and only what is left at the end of the backward phase has to be waited for.

Source: S. Li et al., "PyTorch distributed: experiences on accelerating data parallel training", VLDB 2020.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from netcore.distributed.group import Group
from netcore.errors import TrainingError
from netcore.parameter import Parameter

BUCKET_BYTES = 1 << 20


class GradientBuckets:
    """One step is: `begin(rows)`, the backward phase, `finish(total)`. `overlap=False` begins all sums at the end."""

    def __init__(self, params: Iterable[Parameter], group: Group, overlap: bool = True, bucket_bytes: int = BUCKET_BYTES) -> None:
        self.group, self.overlap, self.bucket_bytes = group, overlap, bucket_bytes
        self.params = [p for p in params if p.requires_grad]
        self._order: list[Parameter] = []  # as the gradients were complete in the first step
        self._expected: dict[int, int] = {}  # times that a parameter's gradient grows in a step
        self._seen: dict[int, int] = {}
        self._buckets: list[list[Parameter]] = []
        self._flat: list[np.ndarray] = []
        self._requests: list[Any] = []
        self._rows = 0
        for parameter in self.params:
            parameter.on_gradient = self._grew

    def begin(self, rows: int) -> None:
        """Before the backward phase over so many rows."""
        self._rows, self._seen, self._requests = rows, {}, []

    def finish(self, total: float) -> None:
        """After it: every parameter has the gradient of all `total` rows' mean loss."""
        if not self._buckets:
            self._lay_out()
        while len(self._requests) < len(self._buckets):
            self._start()
        for bucket, flat, request in zip(self._buckets, self._flat, self._requests, strict=True):
            request.Wait()
            flat /= total
            for parameter, gradient in zip(bucket, np.split(flat, np.cumsum([p.size for p in bucket])[:-1]), strict=True):
                parameter.grad = gradient.reshape(parameter.shape).copy()

    def _grew(self, parameter: Parameter) -> None:
        """A layer has added to a parameter's gradient."""
        key = id(parameter)
        self._seen[key] = self._seen.get(key, 0) + 1
        if not self._buckets:
            self._order = [p for p in self._order if p is not parameter] + [parameter]
            return
        if self._seen[key] > self._expected.get(key, 0) and self.overlap:
            raise TrainingError(
                f"parameter {parameter.name or 'without a name'} was used more often than in the first step; "
                "gradients can be summed during the backward phase only where every step is alike (use overlap=False)"
            )
        while self.overlap and len(self._requests) < len(self._buckets) and self._complete(self._buckets[len(self._requests)]):
            self._start()

    def _complete(self, bucket: list[Parameter]) -> bool:
        return all(self._seen.get(id(p), 0) == self._expected.get(id(p), 0) for p in bucket)

    def _lay_out(self) -> None:
        """Cut the parameters, in an order that all ranks share, into buckets of one dtype."""
        position = {id(p): i for i, p in enumerate(self.params)}
        found = self.group.gather([(position[id(p)], self._seen[id(p)]) for p in self._order])
        order = max(found, key=len)  # a rank without rows has seen nothing
        self._expected = {id(self.params[i]): count for i, count in order}
        unused = [i for i in range(len(self.params)) if i not in dict(order)]
        for i in [i for i, _ in order] + unused:
            parameter = self.params[i]
            last = self._buckets[-1] if self._buckets else []
            if not last or last[0].dtype != parameter.dtype or sum(p.data.nbytes for p in last) >= self.bucket_bytes:
                self._buckets.append([])
            self._buckets[-1].append(parameter)
        self._flat = [np.zeros(sum(p.size for p in bucket), bucket[0].dtype) for bucket in self._buckets]

    def _start(self) -> None:
        """Begin the sum of the next bucket; a parameter without a gradient counts as zeros."""
        k, at = len(self._requests), 0
        flat = self._flat[k]
        for parameter in self._buckets[k]:
            end = at + parameter.size
            if parameter.grad is None or not self._rows:
                flat[at:end] = 0
            else:
                np.multiply(parameter.grad.reshape(-1), self._rows, out=flat[at:end])
            at = end
        self._requests.append(self.group.start_sum(flat))
