"""The training loop, on one page.

    for each epoch
        for each batch
            forward, loss, backward          the task's (tasks.py)
            clip, step, next learning rate
        measure on held-out data, write it down, keep a checkpoint

What surrounds it has files of its own: tasks.py (what a batch means), state.py (everything that a checkpoint keeps),
run.py (the folder of a run), callbacks.py, progress.py.
"""

import math
import os
from collections.abc import Iterable, Sequence
from typing import Any

from netcore import checks
from netcore.errors import TrainingError
from netcore.layers import Layer
from netcore.losses import Loss
from netcore.nonfinite import first_nonfinite
from netcore.optim import Optimizer, ReduceLROnPlateau, clip_grad_norm
from netcore.training.callbacks import Callback, measured
from netcore.training.progress import Progress
from netcore.training.run import Run
from netcore.training.state import Job
from netcore.training.tasks import Classification


def fit(
    net: Layer,
    loss: Loss,
    optimizer: Optimizer,
    train: Iterable[Any],
    val: Iterable[Any] | None = None,
    epochs: int = 1,
    *,
    task: Any = None,
    schedule: Any = None,
    schedule_per: str = "batch",
    clip: float | None = None,
    callbacks: Sequence[Callback] = (),
    run: Run | str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool | None = None,
    distributed: Any = None,
) -> list[dict[str, float]]:
    """Train `net`; returns the history, one dict of numbers an epoch.

    `train` and `val` are loaders. `task` says what a batch means (Classification unless given). `schedule` is stepped
    after every batch, or with schedule_per='epoch' after every epoch (ReduceLROnPlateau always so, with the validation
    loss). `clip` bounds the norm of all gradients. With a `run`, metrics and checkpoints are kept in its folder, and
    `resume=True` goes on where the newest checkpoint was taken: amid an epoch, to the same bits. A loss that is not
    finite raises TrainingError, which names the first layer whose output is not. `distributed` is a group of processes
    that each run their rows of every batch (netcore.distributed).
    """
    checks.at_least("epochs", epochs, 1)
    checks.one_of("schedule_per", schedule_per, ("batch", "epoch"))
    task = task if task is not None else Classification(net, loss)
    if distributed is not None:
        train, val, task, run = distributed.share(net, optimizer, train, val, task, run)
        progress = progress if distributed.speaks else False
    job = Job(net, optimizer, train, val, task, schedule, callbacks, run if isinstance(run, Run) or run is None else Run(run))
    job.restore() if resume else job.begin()
    plateau = isinstance(schedule, ReduceLROnPlateau)
    per_epoch = schedule_per == "epoch" or plateau
    with Progress(job, epochs, progress) as bar:
        while job.epoch < epochs and not job.stopped:
            net.train()
            for batch in train:
                optimizer.zero_grad()
                value, samples = task.train(batch)
                check_finite("loss", value, net, batch, job)
                if clip is not None:
                    check_finite("norm of the gradient", clip_grad_norm(optimizer.params, clip), net, batch, job)
                optimizer.step()
                if schedule is not None and not per_epoch:
                    schedule.step()
                job.after_batch(value, samples)
                bar.advance(value, samples)
            job.before_evaluation()
            metrics = job.train_metrics()
            if val is not None:
                metrics |= evaluate(net, task, val)
                if not math.isfinite(metrics["val_loss"]):
                    check_finite("validation loss", metrics["val_loss"], net, next(iter(val)), job)
            if schedule is not None and per_epoch:
                schedule.step(measured(metrics, "val_loss" if val is not None else "loss")) if plateau else schedule.step()
            job.after_epoch(metrics)
            bar.epoch_done(metrics)
        job.finish()
    return job.history


def evaluate(net: Layer, task: Any, loader: Iterable[Any]) -> dict[str, float]:
    """Loss and metrics on held-out data, averaged over its samples, in eval mode: {'val_loss': …, 'val_<metric>': …}."""
    carried, mode = task.state_dict(), net.training
    net.eval()
    task.reset()
    sums: dict[str, float] = {}
    samples = 0
    for batch in loader:
        found, count = task.evaluate(batch)
        sums = {name: sums.get(name, 0.0) + value for name, value in found.items()}
        samples += count
    net.train(mode)
    task.load_state_dict(carried)
    return {f"val_{name}": value / samples for name, value in sums.items()}


def check_finite(what: str, value: float, net: Layer, batch: Any, job: Job) -> None:
    """Stop where the loss is not finite, and say which layer's output was the first."""
    if math.isfinite(value):
        return
    where = first_nonfinite(net, *batch[0]) if isinstance(batch[0], tuple) else first_nonfinite(net, batch[0])
    told = f"the first output that is not finite is that of {where}" if where else "all outputs are finite, so it is the loss or the target"
    message = f"the {what} is {value} at epoch {job.epoch + 1}, step {job.step + 1}; {told}. Try a smaller learning rate, or clip the gradients"
    if job.run is not None:
        job.run.note(message)
    raise TrainingError(message)
