"""What every report has: the score at the top, the network layer by layer, the curves, and how to do it again."""

import math
import time
from itertools import islice
from typing import Any
from xml.etree.ElementTree import Element

import netcore as nc
from netcore import plot
from netcore.analysis import Still
from netcore.config import config
from netcore.data import registry
from netcore.errors import NetcoreError
from netcore.recipes.language import CharacterModel
from netcore.recipes.race import SideBySide
from netcore.report.opened import Opened, duration
from netcore.report.page import Content, Page, node, picture, side_by_side, table
from netcore.report.words import mathless, named
from netcore.summary import HEADERS, Summary
from netcore.training.progress import shown

SHOWN = (0, 1, 2, 3, 4)  # columns of a summary: layer, class, output, parameters, multiply-adds


def head(run: Opened) -> list[Content]:
    """The lines under the title."""
    lines: list[Content] = [node("p", type(run.recipe).summary())]
    for part, metrics in run.result.items():
        main = sorted(metrics.items(), key=lambda item: item[0] == "loss")
        told = ", ".join(f"{named(name)} {shown(name, value)}" for name, value in main if math.isfinite(value))
        lines.append(node("p", f"On {part} data: {told}", class_="score"))
    if not run.result:
        reached = f"after {run.history[-1]['epoch']:g} of {run.recipe.epochs} epochs" if run.history else "before its first epoch ended"
        lines.append(node("p", f"This training has not finished; the report shows it {reached}.", class_="alarm"))
    epochs = f"{len(run.history)} epoch{'s' * (len(run.history) > 1)} in {duration(run.seconds)}" if run.history else "no epoch finished"
    lines.append(node("p", f"{run.recipe.data}, {sum(p.size for p in run.net.parameters()):,} parameters, {epochs}"))
    return lines


def network(page: Page, run: Opened, input_shape: tuple[int, ...]) -> None:
    """The layers as a table, and as a diagram where they form a chain."""
    content: list[Content] = []
    for name, part, shape in _parts(run.net, input_shape):
        if name:
            content.append(node("h3", name))
        try:
            rows = part.summary(shape)
        except NetcoreError as error:
            content.append(f"The layers cannot be listed: {error}")
            continue
        content.append(_layers(rows))
        if not isinstance(run.net, SideBySide) and 1 < len(rows.lines) <= 40:
            content.append(picture(plot.network_diagram(part, shape), "The representations from input to output; heights are sizes, widths channels.",
                                   alt="Diagram of the network: " + _chain(rows), wide=True))  # fmt: skip
    page.add("The network", *content)


def _parts(net: Any, shape: tuple[int, ...]) -> list[tuple[str, Any, tuple[int, ...]]]:
    """(name, network, input shape) of what can be tabulated: several for networks that run side by side."""
    if isinstance(net, SideBySide):
        return [(name, child, shape) for name, child in net.children()]
    if isinstance(net, CharacterModel):
        copy: Any = Still(net).net
        copy.rnn.return_state = False  # the table is of what goes up, not of the state that goes on
        return [("", nc.Sequential(**dict(copy.children())), shape)]
    return [("", net, shape)]


def _layers(rows: Summary) -> Any:
    headers = [HEADERS[k] + (">" if k >= 3 else "") for k in SHOWN]
    cells = [[line.cells()[k] for k in SHOWN] for line in rows.lines]
    return table(cells, headers, foot=["all", "", "", f"{rows.parameters:,}", f"{rows.multiply_adds:,}"])


def _chain(rows: Summary) -> str:
    return ", then ".join(f"{line.kind} to {' by '.join(map(str, line.output))}" for line in rows.lines)


def curves(page: Page, run: Opened) -> None:
    """Loss, and every other number that was measured on held-out data."""
    if not run.history:
        return
    keys = list(run.history[0])
    content: list[Element] = []
    losses = {key: name for key, name in (("loss", "training"), ("val_loss", "held out")) if key in keys}
    if losses:
        content.append(picture(plot.learning_curves(run.history, losses, title="loss"), "The loss of each epoch, on the training data while the "
                               "network changes, and on held-out data after the epoch."))  # fmt: skip
    others = {key: named(key.removeprefix("val_")) for key in keys if key.startswith("val_") and key != "val_loss"}
    together = isinstance(run.net, SideBySide)
    for group in [others] if together and others else [{key: name} for key, name in others.items()]:
        name = ("accuracy" if "accuracy" in " ".join(group.values()) else "squared error") if together else next(iter(group.values()))
        ax = plot.learning_curves(run.history, {key: mathless(text) for key, text in group.items()}, title=mathless(name), ylabel="")
        content.append(picture(ax, f"On held-out data, after each epoch: {name}."))
    page.add("Learning curves", side_by_side(*content))


def again(page: Page, run: Opened) -> None:
    """Command, options, data set, versions, seconds."""
    page.add("To do it again", node("pre", node("code", run.command)),
             "The same seed, the same data and the same version give the same numbers.")  # fmt: skip
    page.add("Configuration", table([(name.replace("_", " "), str(value)) for name, value in run.recipe.chosen().items()]))
    page.add("Data set", table(_data(run)))
    environment = run.config.get("environment")
    then = {str(key): str(value) for key, value in environment.items()} if isinstance(environment, dict) else {}
    here = config()
    versions = [(key, then.get(key, "not recorded"), here.get(key, "")) for key in dict.fromkeys([*then, *here])]
    page.add("Versions and time", table(versions, ("", "trained with", "report made with")), table(_time(run)))


def _data(run: Opened) -> list[tuple[str, str]]:
    rows = [("name", run.recipe.data)]
    if run.recipe.data in registry.names():
        entry = registry.entry(run.recipe.data)
        rows += [("what it is", entry.title), ("licence", entry.licence), ("source", entry.source)]
    if run.data is None:
        return [*rows, ("not read", run.problem)]
    parts = {"training": run.data.train, "held out": run.data.val, run.data.test_name: run.data.test}
    return [*rows, *((name, f"{part.samples:,} {_unit(run)}") for name, part in parts.items())]


def _unit(run: Opened) -> str:
    return {"images": "images", "text": "characters", "series": "windows"}.get(str(run.facts.get("kind")), "examples")


def _time(run: Opened) -> list[tuple[str, str]]:
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime())
    rows = [("training, all epochs", duration(run.seconds))]
    if run.history:
        rows += [("an epoch", duration(run.seconds / len(run.history))), ("steps", f"{run.history[-1].get('step', 0):,.0f}")]
    return [*rows, ("report made", made)]


def first_batches(loader: Any, count: int) -> Any:
    """The first `count` batches of a loader."""
    return islice(iter(loader), count)
