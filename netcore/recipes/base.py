"""What a recipe is: its options with their defaults and help, and the handful of parts that make a training.

    prepare(root)            read the data: loaders, and the facts about it that the network depends on
    network(facts)           the network, from the facts and the options alone, so that a run can be opened without its data
    task(net)                what a batch means, and the loss            (netcore/training/tasks.py)
    optimizer(net), schedule(optimizer, steps), callbacks(), clip       how it is trained

A recipe is a dataclass: each field is an option of the command line, `Annotated` with its help. Subclasses change a default
by naming the field again. Next: `mlp.py`, `images.py`; `running.py` puts the parts together.
"""

import inspect
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, ClassVar, NamedTuple, get_args, get_origin

from netcore import checks, optim
from netcore.layers import Layer
from netcore.optim import Optimizer
from netcore.training import Average, Callback

EMBEDDED = ("digits", "fashion-mnist-mini", "persuasion", "sunspots", "nile", "airline", "lynx")
Facts = dict[str, Any]  # what the network must know of the data; kept in the run's config.json


class Prepared(NamedTuple):
    """Loaders for training, for watching its progress, and for the final test; and the facts about the data."""

    train: Any
    val: Any
    test: Any
    facts: Facts
    test_name: str = "test"  # what the last one is: texts have no third part, there it is 'validation'


class Option(NamedTuple):
    """One field of a recipe, for the command line."""

    name: str
    kind: type
    default: Any
    help: str


@dataclass
class Recipe:
    """Base class of all recipes."""

    name: ClassVar[str]
    full_epochs: ClassVar[int] = 10  # for data sets of their full size, MNIST's say
    small_epochs: ClassVar[int] = 20  # for the embedded ones, whose epochs are short

    data: Annotated[str, "data set: see `netcore data list`, or text:PATH for a text file"] = ""
    epochs: Annotated[int, "passes over the training data (0: as many as suit the data)"] = 0
    batch_size: Annotated[int, "examples in a batch"] = 64
    lr: Annotated[float, "highest learning rate"] = 1e-3
    seed: Annotated[int, "of all random numbers: same seed, same result"] = 1
    limit: Annotated[int, "use only that many training examples (0: all)"] = 0
    weight_decay: Annotated[float, "decoupled weight decay"] = 0.0
    clip: Annotated[float, "bound on the norm of the gradient (0: none)"] = 0.0
    ema: Annotated[float, "decay of the moving average of the weights (0: none)"] = 0.0

    def __post_init__(self) -> None:
        for name, low in (("epochs", 0), ("batch_size", 1), ("seed", 0), ("limit", 0)):
            checks.at_least(name, getattr(self, name), low)
        checks.number("lr", self.lr, 0, open_low=True)
        checks.number("clip", self.clip, 0)
        checks.number("weight_decay", self.weight_decay, 0)
        checks.number("ema", self.ema, 0, 1)
        self.epochs = self.epochs or (self.small_epochs if self.data in EMBEDDED else self.full_epochs)

    # ---- the parts --------------------------------------------------------------------------------------------------

    def prepare(self, root: Any = None) -> Prepared:
        raise NotImplementedError(f"{type(self).__name__} does not define prepare")

    def network(self, facts: Facts) -> Layer:
        raise NotImplementedError(f"{type(self).__name__} does not define network")

    def task(self, net: Layer) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define task")

    def optimizer(self, net: Layer) -> Optimizer:
        return optim.AdamW(net.parameters(), lr=self.lr, weight_decay=self.weight_decay)

    def schedule(self, optimizer: Optimizer, steps: int) -> Any:
        """Stepped after every batch; `steps` is their number in the whole training. None leaves the rate as it is."""
        return optim.OneCycleLR(optimizer, max_lr=self.lr, total_steps=steps, pct_start=0.2)

    def callbacks(self) -> Sequence[Callback]:
        return [Average(self.ema)] if self.ema else []

    @property
    def joint_clip(self) -> float | None:
        """The bound on the norm of the whole network's gradient that the loop keeps; None for none."""
        return self.clip or None

    # ---- what the command line asks ---------------------------------------------------------------------------------

    @classmethod
    def options(cls) -> list[Option]:
        """Every field with its type, default and help; the help is that of the class which first described it."""
        found = []
        for field in fields(cls):
            kind: Any = None
            for owner in cls.__mro__:
                hint = inspect.get_annotations(owner).get(field.name)
                if get_origin(hint) is Annotated:
                    kind, text = get_args(hint)
                    break
            if kind is None:
                raise TypeError(f"field {field.name!r} of {cls.__name__} has no help; annotate it: Annotated[type, 'help']")
            found.append(Option(field.name, kind, field.default, text))
        return found

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(cls) or "").split("\n")[0]

    def chosen(self) -> dict[str, Any]:
        """All options, ready for JSON."""
        return asdict(self)
