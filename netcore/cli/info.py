"""`netcore info`: what was built, found and used, and a self-check of two seconds; made to be pasted into a forum."""

import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click
import numpy as np

import netcore as nc
from netcore.cli.cases import cases
from netcore.config import config

EXTRAS = ("click", "rich", "pooch", "matplotlib", "safetensors", "torch")
CHECKED = ("Linear", "Conv2d", "ConvTranspose2d", "MaxPool2d", "BatchNorm2d", "LSTM", "GRU", "RNN", "GELU", "CrossEntropyLoss")


@click.command("info")
def command() -> None:
    """What was built, found and used; checks itself in two seconds.

    Paste the output into a question or a bug report.
    """
    facts = config() | {"packages": ", ".join(f"{name} {found}" for name in EXTRAS if (found := installed(name)))}
    facts["data sets"] = ", ".join(str(d["name"]) for d in nc.data.describe() if d["found"])
    for key, value in facts.items():
        click.echo(f"{key + ':':17} {value}")
    click.echo("self-check:")
    before, wrong = nc.get_isa(), []
    for level in [name for name, supported in nc.isa_levels() if supported] or [before]:
        began = time.monotonic()
        if level != "numpy":
            nc.set_isa(level)
        failures = list(problems())
        wrong += [f"{level}: {problem}" for problem in failures]
        told = "; ".join(failures) if failures else f"ok: matrix product, {len(CHECKED)} layers both ways, float32 and float64"
        click.echo(f"  {level + ':':15} {told} ({time.monotonic() - began:.1f} s)")
    if before != "numpy":
        nc.set_isa(before)
    if wrong:
        raise click.ClickException(f"the self-check failed ({wrong[0]}); please report it with the lines above")


def problems() -> Any:
    """What is wrong with the kernels in use, one line each: a product against NumPy's, gradients against differences,
    float32 against float64."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((65, 130)), rng.standard_normal((71, 130))
    for dtype, limit in ((np.float32, 1e-5), (np.float64, 1e-13)):
        y, _ = nc.functional.linear_forward(a.astype(dtype), b.astype(dtype))
        if not error(y, a @ b.T) < limit:
            yield f"the {np.dtype(dtype)} matrix product is wrong by {error(y, a @ b.T):.1e}"
    known = cases(rng)
    for name in CHECKED:
        nc.manual_seed(0)
        layer, inputs = known[name]()
        try:
            nc.gradcheck(layer, *inputs, max_entries=12)
        except nc.GradientError as failure:
            yield f"{name}: {failure}"
        if isinstance(layer, nc.Layer):
            single = layer.eval()(*(x.astype(np.float32) for x in inputs))
            double = layer.astype(np.float64)(*inputs)
            if not error(single, double) < 1e-5:
                yield f"{name}: float32 differs from float64 by {error(single, double):.1e}"


def error(got: np.ndarray, expected: np.ndarray) -> float:
    """Relative to the result's scale; NaN where something is not a number."""
    return float(np.abs(got - expected).max() / np.abs(expected).max())


def installed(name: str) -> str:
    """The version of a package, without importing it; '' where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
