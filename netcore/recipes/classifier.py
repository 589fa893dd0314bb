"""What image classifiers share: cross-entropy, AdamW, one cycle of the learning rate."""

from collections.abc import Callable
from typing import Any

from netcore.data import DataLoader
from netcore.layers import Layer
from netcore.losses import CrossEntropyLoss
from netcore.optim import AdamW, OneCycleLR
from netcore.recipes.recipe import Facts, Options, Training, images, steps
from netcore.training import Classification


def prepare_classifier(
    network: Callable[[Facts, Options], Layer], options: Options, *, weight_decay: float = 1e-2, label_smoothing: float = 0.0, transform: Any = None
) -> Training:
    """Train on the training split, measure on the test split after every epoch."""
    train, test, facts = images(options)
    net = network(facts, options)
    loss = CrossEntropyLoss(label_smoothing)
    optimizer = AdamW(net.parameters(), lr=float(options.lr or 0), weight_decay=weight_decay)
    loader = DataLoader(train, batch_size=options.batch_size or 1, shuffle=True, rng=options.seed, transform=transform)
    return Training(
        facts, net, loss, optimizer, loader, DataLoader(test, batch_size=500), Classification(net, loss),
        OneCycleLR(optimizer, optimizer.lr, steps(loader, options), pct_start=0.25),
    )  # fmt: skip
