"""The report of an auto-encoder: what comes out beside what PCA makes of it, and what its code looks like; of a VAE also the ledger."""

from typing import Any

import numpy as np

from netcore import analysis, plot
from netcore.layers import Gaussian
from netcore.report.classifier import MOST, first_weights
from netcore.report.opened import Opened
from netcore.report.page import Page, node, picture, table
from netcore.report.words import mathless

IMAGES = 10  # beside their reconstructions
TRAIN = 5000  # training images that PCA is fitted on
AROUND = np.linspace(-2, 2, 9)  # standard deviations, for walks through the code


def sections(page: Page, run: Opened) -> None:
    shape = tuple(run.facts["shape"])
    if run.data is not None:
        x, y = run.data.test.x[:MOST], run.data.test.y[:MOST]
        beside_pca(page, run, x)
        codes = codes_of(run.net, x)
        code_pictures(page, run, codes, y)
        if any(isinstance(layer, Gaussian) for layer in run.net.layers()):
            ledger(page, run, x)
    if (weight := first_weights(run.net, shape)) is not None:
        page.add("What the first layer looks for", picture(
            plot.filters(weight, title=""), "Each square is the weights of one unit: red pixels speak for it, blue ones against."))  # fmt: skip


def beside_pca(page: Page, run: Opened, x: np.ndarray) -> None:
    """Images, what went in where that is something else, what came out, and what PCA makes of as many numbers."""
    assert run.data is not None
    task: Any = run.recipe.task(run.net)
    task.reset()
    went_in, _ = task.pair((x, None))
    came_out = task.pixels(analysis.reconstruct(run.net, went_in))
    train = run.data.train.x[:TRAIN].reshape(-1, x[0].size)
    size = min(code_size(run.net, x), x[0].size, len(train))
    pca = analysis.PCA(size).fit(train)
    linear = pca.reconstruct(went_in.reshape(len(x), -1)).reshape(x.shape)
    errors = {name: np.square(y - x, dtype=np.float64).reshape(len(x), -1).sum(axis=1) for name, y in (("net", came_out), ("PCA", linear))}
    spoiled = went_in is not x
    shown = [0, *np.linspace(1, len(x) - 1, IMAGES - 1).astype(int)] if len(x) > IMAGES else range(len(x))
    rows = {"image": x, **({"went in": np.clip(went_in, 0, 1)} if spoiled else {}), "came out": came_out, f"PCA, {size}": np.clip(linear, 0, 1)}
    pictures = {name: images[list(shown)].mean(axis=1) for name, images in rows.items()}
    ours, theirs = errors["net"].mean(), errors["PCA"].mean()
    better = f"{100 * (1 - ours / theirs):.0f} % less" if ours < theirs else f"{100 * (ours / theirs - 1):.0f} % more"
    page.add(
        "What comes out",
        picture(plot.reconstructions(pictures, title=""), f"Test images, and what is left of them after a code of {size} numbers; below, what the "
                f"best linear code of as many keeps. The network's squared error is {better} than that of PCA."),
        table([("this network", f"{ours:.3f}", f"{np.median(errors['net']):.3f}"), ("PCA", f"{theirs:.3f}", f"{np.median(errors['PCA']):.3f}")],
              (f"code of {size}", "squared error an image, mean>", "median>")),
        *(["Here the code is the mean of its distribution; the score at the top is for codes drawn from it."] if _has_latent(run.net) else []),
    )  # fmt: skip
    worst = np.argsort(-errors["net"], kind="stable")[:IMAGES]
    page.add("Where most is lost", picture(
        plot.reconstructions({"image": x[worst].mean(axis=1), "came out": came_out[worst].mean(axis=1)}, title=""),
        f"The test images with the greatest error, from {errors['net'][worst[0]]:.1f} down to {errors['net'][worst[-1]]:.1f}."))  # fmt: skip


def codes_of(net: Any, x: np.ndarray) -> np.ndarray:
    """(N, Z) the codes; of a VAE their means."""
    return analysis.features(net, x, "latent" if _has_latent(net) else "encoder")


def code_size(net: Any, x: np.ndarray) -> int:
    return codes_of(net, x[:2]).shape[1]


def _has_latent(net: Any) -> bool:
    return any(name == "latent" for name, _ in net.children())


def _decode(run: Opened, codes: np.ndarray) -> np.ndarray:
    """Pixels (N, H, W) of codes (N, Z), by what follows the encoder."""
    task: Any = run.recipe.task(run.net)
    return task.pixels(analysis.decode(run.net["decoder"], codes.astype(np.float32))).mean(axis=1)  # type: ignore[index]


def code_pictures(page: Page, run: Opened, codes: np.ndarray, labels: np.ndarray) -> None:
    """A map of the codes; the decoded plane where there are two numbers, else walks along the dimensions that vary most."""
    names = [mathless(name) for name in run.facts["classes"]]
    if codes.shape[1] == 2:
        ax, told = plot.code_map(codes, labels, names, title=""), "Each point is a test image at the place of its code"
    else:
        flat = analysis.PCA(min(2, codes.shape[1])).fit(codes).encode(codes)
        flat = np.hstack([flat, np.zeros((len(flat), 2 - flat.shape[1]))])  # a code of one number is a line
        ax = plot.code_map(flat, labels, names, title="", xlabel="direction 1", ylabel="direction 2")
        told = f"Each point is a test image; of its {codes.shape[1]} numbers, the two directions that vary most"
    content: list[Any] = [picture(ax, f"{told}. The network has never seen the classes.")]
    middle, spread = codes.mean(axis=0), codes.std(axis=0)
    if codes.shape[1] == 2:
        across, up = (middle[k] + np.linspace(-2, 2, 13) * spread[k] for k in (0, 1))
        places = np.array([[a, b] for b in up for a in across])
        images = _decode(run, places).reshape(len(up), len(across), *run.facts["shape"][1:])
        content.append(picture(plot.manifold_grid(images, up, across, title=""), "The image that is decoded at each place of the plane."))
    elif codes.shape[1] > 2:
        rows = {}
        for dimension in np.argsort(-spread)[:8]:
            walk = np.repeat(middle[None], len(AROUND), axis=0)
            walk[:, dimension] += AROUND * spread[dimension]
            rows[f"code {dimension}"] = _decode(run, walk)
        told = "Walks from the mean code along the numbers that vary most, two standard deviations both ways."
        content.append(picture(plot.reconstructions(rows, title=""), told))
    page.add("The code", *content)


def ledger(page: Page, run: Opened, x: np.ndarray) -> None:
    """Where each nat of the ELBO goes; and images from codes that are drawn, not encoded."""
    found = analysis.elbo_ledger(run.net, x, rng=0)
    rows = [("reconstruction", f"{found.reconstruction:.2f}"), ("KL divergence", f"{found.kl.sum():.2f}")]
    alarm = [node("p", "The code has collapsed: no dimension carries anything.", class_="alarm")] if found.collapsed else []
    drawn = _decode(run, np.random.default_rng(0).standard_normal((20, len(found.kl))))
    page.add(
        "The ledger of the ELBO", *alarm,
        table(rows, ("nats an image", ">"), foot=("-ELBO", f"{-found.elbo:.2f}")),
        picture(plot.kl_by_dimension(found, title=""), f"{int(found.active.sum())} of {len(found.kl)} dimensions are active: "
                "their mean varies from image to image."),
        picture(plot.reconstructions({"drawn": drawn[:10], " ": drawn[10:]}, title=""), "Images decoded from codes that were drawn from N(0, 1)."),
    )  # fmt: skip
