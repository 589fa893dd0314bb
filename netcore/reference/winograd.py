"""Winograd's minimal filtering F(4×4, r×r), r = 3 or 5, matrix by matrix. Compiled twin: csrc/winograd.pyx, whose head has the picture.

    y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ x B) ] A        dw = Gᵀ [ (A dy Aᵀ) ⊙ (Bᵀ x B) ] G

The rows of A, B and G belong to the points 0, 1, -1, 2, -2, for r = 5 also 1/2, -1/2, and ∞ (Lavin and Gray, 2016, section 4.3).
"""

import numpy as np
from numpy.polynomial import polynomial

Pads = tuple[tuple[int, int], tuple[int, int]]
FINITE = (0, 1, -1, 2, -2, 0.5, -0.5)


def _transforms(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(Bᵀ, A, G) for filters of size × size, over n = size + 3 points.

    A and G evaluate polynomials of 4 and of `size` coefficients at the points p (at ∞: the last coefficient), G divided by
    Π (p - q) over the other finite points q; the rows of Bᵀ are the coefficients of Π (x - q), at ∞ over all.
    """
    points = np.array(FINITE[: size + 2])
    others = [np.delete(points, i) for i in range(len(points))]
    b_t = np.zeros((size + 3, size + 3))
    for row, roots in zip(b_t, [*others, points], strict=True):
        row[: len(roots) + 1] = polynomial.polyfromroots(roots)
    shares = [np.prod(p - rest) for p, rest in zip(points, others, strict=True)]
    a, g = (np.vstack([np.vander(points, count, increasing=True), np.eye(count)[-1]]) for count in (4, size))
    return b_t, a, g / np.array([*shares, 1])[:, None]


def _both_ways(matrix: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """matrix · square · matrixᵀ for squares in the last two axes."""
    return matrix.astype(squares.dtype) @ squares @ matrix.T.astype(squares.dtype)


def _tiles(x: np.ndarray, rows: int, columns: int, size: int, padding: Pads) -> np.ndarray:
    """(N, C, rows, columns, size, size): a square of the padded image every 4 pixels, filled up with zeros."""
    height, width = 4 * rows - 4 + size, 4 * columns - 4 + size
    padded = np.zeros((*x.shape[:2], max(height, x.shape[2] + padding[0][0]), max(width, x.shape[3] + padding[1][0])), x.dtype)
    padded[:, :, padding[0][0] :, padding[1][0] :][:, :, : x.shape[2], : x.shape[3]] = x
    squares = np.lib.stride_tricks.sliding_window_view(padded[:, :, :height, :width], (size, size), axis=(2, 3))
    return squares[:, :, ::4, ::4]


def _counts(shape: tuple[int, ...]) -> tuple[int, int]:
    return -(-shape[2] // 4), -(-shape[3] // 4)


def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray | None, y: np.ndarray, padding: Pads) -> None:
    """y = convolution of x with w (K, C, r, r), plus b."""
    b_t, a, g = _transforms(w.shape[2])
    points = _both_ways(b_t, _tiles(x, *_counts(y.shape), len(b_t), padding))
    products = np.einsum("kcuv,ncijuv->nkijuv", _both_ways(g, w), points)
    squares = _both_ways(a.T, products)
    n, k, rows, columns, *_ = squares.shape
    y[...] = squares.transpose(0, 1, 2, 4, 3, 5).reshape(n, k, 4 * rows, 4 * columns)[:, :, : y.shape[2], : y.shape[3]]
    if b is not None:
        y += b[:, None, None]


def input_gradient(dy: np.ndarray, w: np.ndarray, b: np.ndarray | None, dx: np.ndarray, padding: Pads) -> None:
    """dx from dy: the convolution of dy with the filters turned by 180°, padded by what the forward padding leaves of r - 1."""
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    (top, bottom), (left, right) = padding
    rest = w.shape[2] - 1
    forward(dy, turned, b, dx, ((rest - top, rest - bottom), (rest - left, rest - right)))


def weight_gradient(x: np.ndarray, dy: np.ndarray, dw: np.ndarray, padding: Pads) -> None:
    """dw from x and dy."""
    b_t, a, g = _transforms(dw.shape[2])
    rows, columns = _counts(dy.shape)
    points = _both_ways(b_t, _tiles(x, rows, columns, len(b_t), padding))
    gradients = _both_ways(a, _tiles(dy, rows, columns, 4, ((0, 0), (0, 0))))
    dw[...] = _both_ways(g.T, np.einsum("nkijuv,ncijuv->kcuv", gradients, points))
