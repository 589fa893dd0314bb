"""Looking on while it trains: losses of each batch, numbers of each epoch, and now and then a copy of the weights.

Training writes into this object, the server's threads read from it; neither waits for the other. Weights are copied once a
second at most, and only while a page asks for them, so that a training which nobody watches does no more than append a number
a batch. It keeps no state of its own in checkpoints: a run begun with it resumes without it, and the other way round.
"""

import time
from typing import Any, ClassVar

import numpy as np

from netcore.training import Callback

EVERY = 1.0  # seconds between two copies of the weights
WATCHED = 10.0  # seconds for which a page that has asked counts as watching
LONGEST = 2048  # losses kept; then two neighbours become their mean


class Live(Callback):
    """A callback for `recipes.train(…, watch=[live])`, and what the page asks about it."""

    kept: ClassVar[bool] = False

    def __init__(self) -> None:
        self.state, self.epochs, self.step = "begins", 0, 0
        self.losses: list[tuple[int, float]] = []
        self.history: list[dict[str, float]] = []
        self.said = False  # a page has been told that it is over
        self._span, self._sum, self._count = 1, 0.0, 0
        self._before: tuple[float, int] | None = None  # the epoch's sums at the batch before; a resumed epoch's are not known
        self._asked = self._copied = -1e9
        self._newest: dict[str, np.ndarray] | None = None

    # ---- the training's side ------------------------------------------------------------------------------------------

    def after_batch(self, job: Any) -> None:
        before, self._before = self._before, (job.loss_sum, job.samples)
        self.step, self.state = job.step, "trains"
        if before is None and job.step > 1:
            self.history = list(job.history)
            return
        total, samples = before or (0.0, 0)
        self._sum, self._count = self._sum + (job.loss_sum - total) / max(job.samples - samples, 1), self._count + 1
        if self._count == self._span:
            self.losses.append((job.step, self._sum / self._span))
            self._sum, self._count = 0.0, 0
            if len(self.losses) > LONGEST:
                pairs = zip(self.losses[::2], self.losses[1::2], strict=False)
                self.losses, self._span = [(later, (a + b) / 2) for (_, a), (later, b) in pairs], 2 * self._span
        if self.is_watched() and time.monotonic() - self._copied > EVERY:
            self._copied, self._newest = time.monotonic(), job.net.state_dict()

    def after_epoch(self, job: Any, metrics: dict[str, float]) -> None:
        self._before, self.history = (0.0, 0), list(job.history)

    def finish(self, job: Any) -> None:
        self._newest = job.net.state_dict()

    def over(self, state: str) -> None:
        """The training has ended: 'finished', 'interrupted', or 'failed'."""
        self.state = state

    # ---- the page's side ----------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Some page asks something."""
        self._asked = time.monotonic()

    def tell(self) -> None:
        """A page asks how it stands."""
        self.said = self.said or self.state in ("finished", "interrupted", "failed")

    def is_watched(self) -> bool:
        """Whether a page has asked of late."""
        return time.monotonic() - self._asked < WATCHED

    def take(self) -> dict[str, np.ndarray] | None:
        """The newest weights, once."""
        newest, self._newest = self._newest, None
        return newest
