"""What a recipe is: a network, its data and its training, with defaults that work.

A recipe is one short file in this folder, with a `RECIPE` at its end. `network(facts, options)` builds the network from
what is known of the data (shape, classes, symbols), so that a run can be loaded again without it; `prepare(options)`
builds everything that `netcore.training.fit` needs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from netcore import data
from netcore.data import Dataset
from netcore.errors import ArgumentError
from netcore.layers import Layer
from netcore.losses import Loss
from netcore.optim import Optimizer
from netcore.rng import manual_seed
from netcore.training import Callback, Run, fit

Facts = dict[str, Any]  # what a network is built from; plain values, kept in the run's config.json


@dataclass(frozen=True)
class Options:
    """What may be chosen on the command line; None takes the recipe's default."""

    data: str | None = None  # name of a data set, or text:PATH
    data_dir: str | None = None  # where its files are
    epochs: int | None = None
    batch_size: int | None = None
    lr: float | None = None
    seed: int = 0
    limit: int | None = None  # use so many training examples (or characters) only


@dataclass
class Training:
    """What `fit` is called with."""

    facts: Facts
    net: Layer
    loss: Loss
    optimizer: Optimizer
    train: Any
    val: Any
    task: Any = None
    schedule: Any = None
    schedule_per: str = "batch"
    clip: float | None = None
    callbacks: Sequence[Callback] = ()


@dataclass(frozen=True)
class Recipe:
    """Name, one line about it, defaults, and the two functions. `small_epochs` is for the small embedded sets."""

    name: str
    about: str
    kind: str  # classification, reconstruction, language or regression
    data: str
    epochs: int
    batch_size: int
    lr: float
    network: Callable[[Facts, Options], Layer]
    prepare: Callable[[Options], Training]
    small_epochs: int | None = None
    others: Sequence[str] = field(default=())  # other data sets that fit

    def complete(self, options: Options) -> Options:
        """The options with this recipe's defaults filled in."""
        name = options.data or self.data
        small = name == self.data and self.small_epochs is not None
        epochs = self.small_epochs if small else self.epochs
        defaults = {"data": name, "epochs": epochs, "batch_size": self.batch_size, "lr": self.lr}
        given = {f.name: getattr(options, f.name) for f in fields(options)}
        filled = replace(options, **{key: value for key, value in defaults.items() if given[key] is None})
        for key, low in (("epochs", 0), ("batch_size", 1), ("limit", 1)):
            value = getattr(filled, key)
            if value is not None and value < low:
                raise ArgumentError(f"{key.replace('_', '-')} must be at least {low}, got {value}")
        return filled

    def train(self, options: Options, run: Run | None = None, resume: bool = False, progress: bool | None = None) -> tuple[Training, list[dict[str, float]]]:
        """Seed, prepare and fit; returns what was trained and its history."""
        options = self.complete(options)
        manual_seed(options.seed)
        training = self.prepare(options)
        if run is not None and not resume:
            run.write_config({"recipe": self.name, "options": options.__dict__, "facts": training.facts})
        history = fit(
            training.net, training.loss, training.optimizer, training.train, training.val, options.epochs or 0,
            task=training.task, schedule=training.schedule, schedule_per=training.schedule_per, clip=training.clip,
            callbacks=training.callbacks, run=run, resume=resume, progress=progress,
        )  # fmt: skip
        return training, history


def images(options: Options) -> tuple[Dataset, Dataset, Facts]:
    """Training and test images of a labelled set, and what a network needs to know of them."""
    train, test = (data.load(str(options.data), split=split, root=options.data_dir) for split in ("train", "test"))
    if train.y is None or train.x.ndim != 4:
        raise ArgumentError(f"this recipe needs labelled images; {options.data!r} holds none")
    if options.limit is not None:
        train = train.take(slice(0, options.limit))
    classes = list(train.classes) or [str(label) for label in range(int(train.y.max()) + 1)]
    return train, test, {"shape": list(train.x.shape[1:]), "classes": classes}


def steps(loader: Any, options: Options) -> int:
    """Batches of the whole training: what a schedule spans."""
    return max(1, len(loader) * (options.epochs or 0))
