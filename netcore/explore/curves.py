"""View 5: how the training goes or went, and the filters of the first layer as they are now.

A finished run's numbers are those of metrics.jsonl; of a training in this process they come from `Live`, batch by batch.
"""

import json
from typing import Any

import numpy as np

from netcore.explore.asked import Asked
from netcore.explore.session import Session
from netcore.layers import Conv2d, Linear
from netcore.training.progress import label

FILTERS = 64


def training(session: Session, asked: Asked) -> dict[str, Any]:
    live = session.live
    if live is not None:
        live.tell()
    rows = live.history if live is not None else read_metrics(session)
    task = session.recipe.task(session.net)
    return {
        "state": live.state if live is not None else state_of(session),
        "step": live.step if live is not None else int(rows[-1].get("step", 0)) if rows else 0,
        "epochs": session.recipe.epochs,
        "history": rows,
        "metric": {"name": task.metric, "label": label(task.metric), "share": task.metric.endswith("accuracy")},
        "losses": np.array(live.losses if live is not None else [], np.float64).reshape(-1, 2),
        "resume": f"netcore train {session.recipe.name} --run {session.folder} --resume",
        "explore": f"netcore explore {session.folder}",
        **first_filters(session),
    }


def read_metrics(session: Session) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl; one that is torn or no numbers at all is passed over."""
    try:
        lines = (session.folder / "metrics.jsonl").read_text(errors="replace").splitlines()
    except OSError:
        return []
    rows = []
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and all(isinstance(value, (int, float)) for value in row.values()) and {"epoch", "step", "loss"} <= row.keys():
            rows.append(row)
    return rows


def state_of(session: Session) -> str:
    return "finished" if (session.folder / "model.safetensors").exists() else "stopped"


def first_filters(session: Session) -> dict[str, Any]:
    """(filters, inputs, h, w) of the first layer that has weights, where they can be drawn on the image's grid."""
    if "shape" not in session.facts:
        return {"filters": None}
    shape = session.shape
    for name, layer in session.layers():
        if isinstance(layer, Conv2d) and layer.weight.shape[1] in (1, shape[0]):
            return {"filters": layer.weight.data[:FILTERS], "filters_of": name, "filters_count": len(layer.weight.data)}
        if isinstance(layer, Linear):
            if layer.weight.shape[1] != np.prod(shape):
                break
            return {"filters": layer.weight.data[:FILTERS].reshape(-1, *shape), "filters_of": name, "filters_count": len(layer.weight.data)}
    return {"filters": None}
