"""Draw the pictures in the texts of the course's assignments.

    python tools/course_figures.py             all of them, each into netcore/course/assignments/<name>/figures
    python tools/course_figures.py conv        one assignment's

A picture is a function `<assignment>_<picture>`; numbers in pictures are computed, not made up.
"""

import sys
from itertools import pairwise
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from netcore.course import assignment as assignments
from netcore.course.material import digits
from netcore.plot.style import BLACK, BLUE, GREEN, ORANGE, RED, SKY

PALE = {BLUE: "#D6E8F4", ORANGE: "#FBEBCB", GREEN: "#CFEEE3", RED: "#F8DDCB", SKY: "#E0F1FB", BLACK: "#EEEEEE"}
BACK = RED  # gradients


def canvas(width: float, height: float, size: tuple[float, float] | None = None) -> tuple[Figure, Axes]:
    """Axes in which a unit is as long as it is high, without a frame."""
    figure, ax = plt.subplots(figsize=size or (width, height), layout="constrained")
    ax.set_xlim(0, width)
    ax.set_ylim(0, height)
    ax.set_aspect("equal")
    ax.axis("off")
    return figure, ax


def box(ax: Axes, x: float, y: float, text: str, color: str = BLUE, width: float = 1.3, height: float = 0.6, size: float = 11) -> None:
    """A rounded box with its middle at (x, y)."""
    style = FancyBboxPatch(
        (x - width / 2, y - height / 2), width, height, boxstyle="round,pad=0.02,rounding_size=0.08", ec=color, fc=PALE[color], lw=1.4
    )
    ax.add_patch(style)
    ax.text(x, y, text, ha="center", va="center", fontsize=size, color=BLACK)


def arrow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], text: str = "", color: str = BLACK, above: float = 0.14, bend: float = 0.0
) -> None:
    """An arrow with its label above the middle."""
    look = {"arrowstyle": "-|>", "color": color, "lw": 1.5, "shrinkA": 0, "shrinkB": 0, "connectionstyle": f"arc3,rad={bend}"}
    ax.annotate("", end, start, arrowprops=look)
    if text:
        ax.text((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + above, text, ha="center", va="center", fontsize=11, color=color)


def grid(
    ax: Axes, left: float, top: float, numbers: np.ndarray, cell: float = 0.5, marked: dict[tuple[int, int], str] | None = None, form: str = "{:g}"
) -> None:
    """A matrix as a table of squares; (row, column) in `marked` is filled with its colour."""
    for i, row in enumerate(numbers):
        for j, number in enumerate(row):
            fill = (marked or {}).get((i, j))
            x, y = left + j * cell, top - (i + 1) * cell
            ax.add_patch(Rectangle((x, y), cell, cell, ec="#888888", fc=PALE[fill] if fill else "white", lw=0.8))
            ax.text(x + cell / 2, y + cell / 2, form.format(number), ha="center", va="center", fontsize=10, color=BLACK)


def layers_phases() -> Figure:
    """Forward from left to right, backward from right to left, and the caches between."""
    figure, ax = canvas(8.0, 2.6)
    names, places = ["Linear", "ReLU", "Linear", "Loss"], [1.5, 3.3, 5.1, 6.9]
    for name, x in zip(names, places, strict=True):
        box(ax, x, 1.9, name, BLUE)
        box(ax, x, 0.7, name, BACK)
        arrow(ax, (x, 1.58), (x, 1.02), color="#888888")
        ax.text(x + 0.1, 1.3, "cache", ha="left", va="center", fontsize=10, color="#666666")
    for a, b, forth, back in zip([0.2, *places[:-1]], places, ["$x$", "$h$", "$a$", "$s$"], ["$dx$", "$dh$", "$da$", "$ds$"], strict=True):
        start = a + 0.68 if a > 1 else a
        arrow(ax, (start, 1.9), (b - 0.69, 1.9), forth, BLACK)
        arrow(ax, (b - 0.69, 0.7), (start, 0.7), back, BACK)
    ax.text(7.75, 1.9, "$L$", fontsize=12, va="center")
    ax.text(0.05, 2.45, "forward phase", fontsize=11, color=BLUE)
    ax.text(0.05, 0.1, "backward phase", fontsize=11, color=BACK)
    return figure


def layers_overflow() -> Figure:
    """Why the largest score is taken off."""
    figure, ax = plt.subplots(figsize=(6.2, 2.9), layout="constrained")
    s = np.linspace(0, 130, 400)
    with np.errstate(over="ignore"):
        power = np.exp(s.astype(np.float32))
    inside = np.isfinite(power)
    ax.semilogy(s[inside], power[inside], color=BLUE, lw=2)
    ax.text(22, 1e27, "$e^{s}$ in float32", color=BLUE, fontsize=11)
    ax.axvline(s[inside][-1], 0.3, color=RED, ls="--", lw=1.5)
    ax.text(s[inside][-1] + 2, 1e12, f"beyond {s[inside][-1]:.0f}:\ninfinite", color=RED, fontsize=11)
    ax.semilogy(s, np.exp(s - 130), color=GREEN, lw=2)
    ax.text(47, 1e-51, "$e^{s - 130}$, the largest score taken off", color=GREEN, fontsize=11)
    ax.set(xlabel="score $s$", ylim=(1e-60, 1e45))
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def conv_im2col() -> Figure:
    """One image, one patch, its column."""
    figure, ax = canvas(9.0, 3.4)
    image = np.arange(1, 13).reshape(3, 4)
    conv = assignments.find("conv").reference
    cols = conv["im2col"](image[None, None].astype(float), (2, 2), 1, 0)[0]
    patch = {(0, 1): BLUE, (0, 2): BLUE, (1, 1): BLUE, (1, 2): BLUE}
    grid(ax, 0.2, 2.6, image, 0.55, patch)
    ax.text(1.3, 2.85, "image, 3 × 4", ha="center", fontsize=11)
    arrow(ax, (2.6, 1.9), (3.75, 1.9), "im2col")
    arrow(ax, (3.75, 1.35), (2.6, 1.35), "col2im: sums", BACK, above=-0.2)
    grid(ax, 4.9, 2.85, cols, 0.55, {(i, 1): BLUE for i in range(4)})
    ax.text(6.55, 3.1, "matrix: a column for each of the 2 × 3 places", ha="center", fontsize=11)
    for i, (r, q) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        ax.text(4.8, 2.85 - (i + 0.5) * 0.55, f"$r={r},\\ q={q}$", ha="right", va="center", fontsize=10)
    for j in range(6):
        ax.text(4.9 + (j + 0.5) * 0.55, 0.42, f"{j // 3},{j % 3}", ha="center", fontsize=10, color=BLUE if j == 1 else BLACK)
    ax.text(6.55, 0.1, "place $i, j$", ha="center", fontsize=10)
    return figure


def conv_pool() -> Figure:
    """Max-pooling forward and backward on overlapping windows."""
    figure, ax = canvas(9.0, 2.7)
    conv = assignments.find("conv").reference
    x = np.array([[1, 3, 2, 0], [4, 7, 5, 1], [0, 2, 6, 3]], float)
    y, cache = conv["max_pool_forward"](x[None, None], (2, 2), 1)
    dy = np.array([[1, 2, 3], [4, 5, 6]], float)
    dx = conv["max_pool_backward"](dy[None, None], cache)[0, 0]
    grid(ax, 0.1, 2.1, x, 0.5, {(1, 1): GREEN, (1, 2): ORANGE, (2, 2): SKY})
    grid(ax, 3.0, 1.85, y[0, 0], 0.5, {(i, j): {7: GREEN, 6: SKY, 5: ORANGE}[int(y[0, 0, i, j])] for i in range(2) for j in range(3)})
    grid(ax, 5.0, 1.85, dy, 0.5, {(i, j): {7: GREEN, 6: SKY, 5: ORANGE}[int(y[0, 0, i, j])] for i in range(2) for j in range(3)})
    grid(ax, 6.95, 2.1, dx, 0.5, {(1, 1): GREEN, (1, 2): ORANGE, (2, 2): SKY})
    arrow(ax, (2.2, 1.35), (2.9, 1.35), "max")
    arrow(ax, (6.53, 1.35), (6.92, 1.35), color=BACK)
    for place, text in ((1.1, "$x$"), (3.75, "$y$, windows 2 × 2, stride 1"), (5.75, "$dy$"), (7.95, "$dx$: sums")):
        ax.text(place, 2.35, text, ha="center", fontsize=11)
    ax.text(4.5, 0.15, "Each gradient goes to the pixel that won, shown by colours: 7 won four windows.", ha="center", fontsize=11)
    return figure


def autoencoder_tied() -> Figure:
    """Encoder and decoder share one matrix."""
    figure, ax = canvas(8.0, 2.4)
    for x, text, color in ((0.7, "$x$", BLUE), (4.0, "$h$", ORANGE), (7.3, "$y$", BLUE)):
        size = 1.9 if text != "$h$" else 0.8
        box(ax, x, 1.2, text, color, 0.5, size, 13)
    arrow(ax, (1.0, 1.2), (3.7, 1.2), "$\\sigma(x W^\\top + b)$", above=0.22)
    arrow(ax, (4.3, 1.2), (7.0, 1.2), "$h\\,W + c$", above=0.22)
    ax.text(2.35, 0.85, "encoder", ha="center", fontsize=11)
    ax.text(5.65, 0.85, "decoder", ha="center", fontsize=11)
    ax.annotate("", (5.6, 0.7), (2.4, 0.7), arrowprops={"arrowstyle": "<|-|>", "color": BACK, "connectionstyle": "arc3,rad=0.13", "lw": 1.4})
    ax.text(4.0, 0.18, "the same $W$: its gradient is the sum of two", ha="center", fontsize=11, color=BACK)
    ax.text(0.7, 0.08, "$D$ numbers", ha="center", fontsize=10)
    ax.text(4.0, 1.78, "$M < D$ numbers", ha="center", fontsize=10)
    ax.text(7.3, 0.08, "$D$ numbers", ha="center", fontsize=10)
    return figure


def autoencoder_denoising() -> Figure:
    """Digits that no network saw while it learned: clean, with a third of the pixels set to 0, and what two codes make of them."""
    solution, rng = assignments.find("autoencoder").reference, np.random.default_rng(1)
    x, _ = digits(rng, shuffle_pixels=False)
    train, new = x[:1400].astype(np.float64), x[1400:1410].astype(np.float64)
    masks = (rng.random((3 * len(train), 64)) > 0.3).astype(np.float64)
    w, b, c = 0.2 * rng.standard_normal((24, 64)), np.zeros(24), np.zeros(64)
    w, b, c = solution["train_autoencoder"](np.concatenate([train] * 3), masks, w, b, c, 0.3, 20, 25)
    spoilt = new * (rng.random(new.shape) > 0.3)
    rebuilt, _, _ = solution["tied_forward"](spoilt, w, b, c)
    flat = solution["pca_reconstruct"](train, spoilt, 24)
    rows = (("clean", new), ("what goes in", spoilt), ("auto-encoder", rebuilt), ("PCA", flat))
    figure, axes = plt.subplots(4, 10, figsize=(8.0, 3.4), layout="constrained")
    for line, (name, images) in zip(axes, rows, strict=True):
        error = "" if name == "clean" else f"\n{((images - new) ** 2).sum(axis=1).mean():.1f}"
        line[0].set_ylabel(name + error, rotation=0, ha="right", va="center", fontsize=11)
        for ax, image in zip(line, images, strict=True):
            ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
    return figure


def lstm_cell() -> Figure:
    """The cell state goes along the top; gates below."""
    figure, ax = canvas(8.6, 3.6)
    arrow(ax, (0.2, 3.0), (2.05, 3.0), "$c_{t-1}$")
    arrow(ax, (2.55, 3.0), (4.15, 3.0))
    arrow(ax, (4.65, 3.0), (8.4, 3.0), "$c_t$", above=0.17)
    for x, sign in ((2.3, "×"), (4.4, "+")):
        ax.add_patch(plt.Circle((x, 3.0), 0.24, ec=BLACK, fc="white", lw=1.3))
        ax.text(x, 3.0, sign, ha="center", va="center", fontsize=14)
    for x, text, color in ((2.3, "$f=\\sigma$", ORANGE), (3.7, "$i=\\sigma$", ORANGE), (5.1, "$g=\\tanh$", BLUE), (6.6, "$o=\\sigma$", ORANGE)):
        box(ax, x, 1.2, text, color, 1.15, 0.5)
        arrow(ax, (x, 0.5), (x, 0.93), color="#888888")
    arrow(ax, (2.3, 1.47), (2.3, 2.74))
    ax.add_patch(plt.Circle((4.4, 2.05), 0.24, ec=BLACK, fc="white", lw=1.3))
    ax.text(4.4, 2.05, "×", ha="center", va="center", fontsize=14)
    arrow(ax, (3.7, 1.47), (4.22, 1.88))
    arrow(ax, (5.1, 1.47), (4.58, 1.88))
    arrow(ax, (4.4, 2.3), (4.4, 2.74))
    ax.add_patch(plt.Circle((7.4, 2.05), 0.24, ec=BLACK, fc="white", lw=1.3))
    ax.text(7.4, 2.05, "×", ha="center", va="center", fontsize=14)
    arrow(ax, (6.8, 1.47), (7.24, 1.87))
    arrow(ax, (7.4, 3.0), (7.4, 2.3))
    ax.text(7.5, 2.6, "tanh", fontsize=11, ha="left", va="center")
    arrow(ax, (7.65, 2.05), (8.4, 2.05), "$h_t$")
    ax.plot([1.0, 6.6], [0.5, 0.5], color="#888888", lw=1.5)
    ax.text(0.9, 0.5, "$x_t,\\ h_{t-1}$", ha="right", va="center", fontsize=11)
    return figure


def lstm_through_time() -> Figure:
    """A sequence unrolled, with the gradients that meet at each state."""
    figure, ax = canvas(8.6, 3.0)
    places = [1.7, 3.9, 6.1]
    for t, x in enumerate(places, 1):
        box(ax, x, 1.5, f"cell, step {t}", BLUE, 1.35, 0.7)
        arrow(ax, (x - 0.2, 0.45), (x - 0.2, 1.12), f"$x_{t}$", above=-0.45)
        arrow(ax, (x - 0.2, 1.88), (x - 0.2, 2.5))
        ax.text(x - 0.2, 2.68, f"$y_{t}$", ha="center", fontsize=11)
        arrow(ax, (x + 0.25, 2.5), (x + 0.25, 1.88), color=BACK)
        ax.text(x + 0.25, 2.68, f"$dy_{t}$", ha="center", fontsize=11, color=BACK)
        arrow(ax, (x + 0.25, 1.12), (x + 0.25, 0.45), color=BACK)
        ax.text(x + 0.25, 0.2, f"$dx_{t}$", ha="center", fontsize=11, color=BACK)
    edges = [0.2, *places, 7.8]
    for t, (a, b) in enumerate(pairwise(edges)):
        start, end = (a if t == 0 else a + 0.7), (b if t == 3 else b - 0.7)
        arrow(ax, (start, 1.65), (end, 1.65), f"$h_{t}$")
        arrow(ax, (end, 1.35), (start, 1.35), f"$dh_{t}$", BACK, above=-0.18)
    ax.text(8.5, 2.0, "$dW$: the sum\nover all steps", ha="right", fontsize=10, color=BACK, va="bottom")
    return figure


def kernels_build() -> Figure:
    """From source to module."""
    figure, ax = canvas(9.2, 1.9)
    for x, text, color in ((1.0, "kernels.pyx", BLUE), (4.1, "kernels.c", ORANGE), (7.5, "kernels….so", GREEN)):
        box(ax, x, 1.1, text, color, 1.7, 0.65, 12)
    arrow(ax, (1.9, 1.1), (3.2, 1.1), "Cython")
    arrow(ax, (5.0, 1.1), (6.6, 1.1), "C compiler")
    for x, text in ((1.0, "Python with types"), (4.1, "loops in C,\nand calls of Python"), (7.5, "machine code;\nimport kernels")):
        ax.text(x, 0.62, text, ha="center", va="top", fontsize=10, color="#555555")
    ax.text(4.5, 1.68, "netcore course build", ha="center", fontsize=12, family="monospace")
    return figure


def kernels_taps() -> Figure:
    """Indices of one output number: stride 2, padding 1."""
    figure, ax = canvas(9.0, 4.1)
    size, h, w, s, p, i, j = 0.5, 4, 6, 2, 1, 1, 1
    for row in range(-1, h + 1):
        for column in range(-1, w + 1):
            inside = 0 <= row < h and 0 <= column < w
            taken = 0 <= row - (i * s - p) < 3 and 0 <= column - (j * s - p) < 3
            x, y = 0.7 + (column + 1) * size, 3.3 - (row + 1) * size - size
            ax.add_patch(Rectangle((x, y), size, size, ec="#888888", fc=PALE[BLUE] if taken else "white" if inside else PALE[BLACK], lw=0.8))
            ax.text(
                x + size / 2,
                y + size / 2,
                f"{row},{column}" if inside else "0",
                ha="center",
                va="center",
                fontsize=9,
                color=BLACK if inside else "#888888",
            )
    ax.text(2.7, 3.45, "$x$ with padding $p = 1$: row, column", ha="center", fontsize=11)
    for r in range(3):
        for q in range(3):
            ax.add_patch(Rectangle((5.45 + q * size, 2.8 - (r + 1) * size), size, size, ec="#888888", fc=PALE[ORANGE], lw=0.8))
            ax.text(5.45 + (q + 0.5) * size, 2.8 - (r + 0.5) * size, f"{r},{q}", ha="center", va="center", fontsize=9)
    ax.text(6.2, 2.95, "$w$: $r, q$", ha="center", fontsize=11)
    for a in range(2):
        for b in range(3):
            ax.add_patch(
                Rectangle((7.4 + b * size, 2.55 - (a + 1) * size), size, size, ec="#888888", fc=PALE[GREEN] if (a, b) == (i, j) else "white", lw=0.8)
            )
            ax.text(7.4 + (b + 0.5) * size, 2.55 - (a + 0.5) * size, f"{a},{b}", ha="center", va="center", fontsize=9)
    ax.text(8.15, 2.7, "$y$: $i, j$", ha="center", fontsize=11)
    arrow(ax, (4.75, 2.05), (5.4, 2.05))
    arrow(ax, (7.0, 2.05), (7.35, 2.05))
    ax.text(
        4.5, 0.0, "$y_{1,1}$ meets, with $w_{rq}$, the row $2·1 + r - 1$ and the column $2·1 + q - 1$ of $x$ (stride 2)", ha="center", fontsize=11
    )
    return figure


def kernels_fused() -> Figure:
    """Passes through memory: one operation after the other, and all in one loop."""
    figure, ax = canvas(9.0, 3.0)
    steps = ["σ(i)", "σ(f)", "tanh(g)", "σ(o)", "f·c", "i·g", "+", "tanh", "o·t"]
    for k, step in enumerate(steps):
        x = 1.0 + 0.87 * k
        box(ax, x, 2.3, step, BLUE, 0.76, 0.42, 9.5)
        arrow(ax, (x - 0.15, 1.78), (x - 0.15, 2.07), color="#888888")
        arrow(ax, (x + 0.15, 2.07), (x + 0.15, 1.78), color="#888888")
    ax.add_patch(Rectangle((0.55, 1.48), 7.9, 0.3, fc=PALE[BLACK], ec="#888888"))
    ax.text(4.5, 1.63, "memory: nine times there and back", ha="center", va="center", fontsize=10.5)
    box(ax, 4.5, 0.85, "one loop over the units: all nine, in registers", GREEN, 5.4, 0.45, 11)
    arrow(ax, (4.3, 0.35), (4.3, 0.6), color="#888888")
    arrow(ax, (4.7, 0.6), (4.7, 0.35), color="#888888")
    ax.add_patch(Rectangle((0.55, 0.05), 7.9, 0.3, fc=PALE[BLACK], ec="#888888"))
    ax.text(4.5, 0.2, "memory: once", ha="center", va="center", fontsize=10.5)
    ax.text(4.5, 2.8, "NumPy: one operation after the other", ha="center", fontsize=11, color=BLUE)
    return figure


def main(wanted: list[str]) -> None:
    plt.rcParams.update({"font.family": "DejaVu Sans", "mathtext.fontset": "dejavusans", "savefig.facecolor": "white"})
    for name, draw in list(globals().items()):
        home, _, picture = name.partition("_")
        if home in assignments.names() and callable(draw) and (not wanted or home in wanted):
            folder = assignments.HOME / home / "figures"
            folder.mkdir(exist_ok=True)
            path = Path(folder / f"{picture.replace('_', '-')}.png")
            figure = draw()
            figure.savefig(path, dpi=110, metadata={"Software": None})
            plt.close(figure)
            print(f"{path.relative_to(assignments.HOME.parent.parent.parent)}  {path.stat().st_size >> 10} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
