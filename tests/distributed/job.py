"""What the tests of netcore.distributed run under mpiexec: train one small problem and save the weights (rank 0).

    mpiexec -n RANKS python -m tests.distributed.job PROBLEM OUT [RUN] [--resume] [--kill-at STEP]

Without mpiexec it is the single process that the others are compared with.
"""

import os
import signal
import sys

import numpy as np

import netcore as nc
from netcore.distributed import world
from netcore.training import LanguageModel, fit
from netcore.training.callbacks import Callback


class KillRank(Callback):
    """SIGKILL the last rank at a step; None: never."""

    def __init__(self, at, group):
        self.at, self.group = at, group

    def after_batch(self, job):
        if job.step == self.at and self.group.rank == self.group.size - 1:
            os.kill(os.getpid(), signal.SIGKILL)


def images():
    """A convolutional network on batches of 10, the last one of 3: more ranks than rows, at 4 ranks."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((43, 1, 8, 8)), rng.integers(0, 4, 43)
    net = nc.Sequential(nc.Conv2d(1, 6, 3), nc.ReLU(), nc.MaxPool2d(2), nc.Flatten(), nc.Linear(54, 20), nc.Tanh(), nc.Linear(20, 4))
    train = nc.data.DataLoader(x, y, batch_size=10, shuffle=True, rng=1, transform=nc.data.Shift(1))
    return net.astype(np.float64), nc.CrossEntropyLoss(), train, nc.data.DataLoader(x[:7], y[:7], batch_size=3), None


def text():
    """A character model that carries its state from chunk to chunk."""
    from netcore.recipes.language import CharacterModel

    rng = np.random.default_rng(0)
    net = CharacterModel(nc.LSTM(6, 9, return_state=True), 7, 6, 0.0).astype(np.float64)
    train = nc.data.TextLoader(rng.integers(0, 7, 400), batch_size=8, steps=6)
    loss = nc.CrossEntropyLoss()
    return net, loss, train, None, LanguageModel(net, loss)


def main(problem, out, run=None, *flags):
    group = world()
    nc.set_num_threads(1)
    nc.manual_seed(5 + group.rank)  # only rank 0's weights count
    with group.or_abort():
        net, loss, train, val, task = {"images": images, "text": text}[problem]()
        optimizer = nc.Adam(net.parameters(), lr=1e-2)
        at = [int(flag.removeprefix("--kill-at=")) for flag in flags if flag.startswith("--kill-at=")]
        folder = None if run in (None, "-") else nc.training.Run(run, save_every=2)
        history = fit(
            net, loss, optimizer, train, val, epochs=3, task=task, clip=1.0, run=folder, resume="--resume" in flags,
            callbacks=[KillRank(at[0] if at else None, group)], progress=False, distributed=group if group.size > 1 else None,
        )  # fmt: skip
        if "--fail" in flags and group.rank == group.size - 1:
            raise nc.ArgumentError("this rank has had enough")
        if group.speaks:
            nc.save(out, {**net.state_dict(), "history": np.array([row["loss"] for row in history])})


if __name__ == "__main__":
    main(*sys.argv[1:])
