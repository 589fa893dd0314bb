"""Winograd's minimal filtering F(4×4, 3×3), matrix by matrix. Compiled twin: csrc/winograd.pyx, whose head has the picture.

    y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ x B) ] A        dw = Gᵀ [ (A dy Aᵀ) ⊙ (Bᵀ x B) ] G

The rows of A, B and G evaluate polynomials at 0, 1, -1, 2, -2 and ∞ (Lavin and Gray, 2016, section 4.3).
"""

import numpy as np

Pads = tuple[tuple[int, int], tuple[int, int]]

B_T = np.array(
    [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]]
)
A_T = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]])
G = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24


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
    """y = convolution of x with w (K, C, 3, 3), plus b."""
    points = _both_ways(B_T, _tiles(x, *_counts(y.shape), 6, padding))
    products = np.einsum("kcuv,ncijuv->nkijuv", _both_ways(G, w), points)
    squares = _both_ways(A_T, products)
    n, k, rows, columns, *_ = squares.shape
    y[...] = squares.transpose(0, 1, 2, 4, 3, 5).reshape(n, k, 4 * rows, 4 * columns)[:, :, : y.shape[2], : y.shape[3]]
    if b is not None:
        y += b[:, None, None]


def input_gradient(dy: np.ndarray, w: np.ndarray, b: np.ndarray | None, dx: np.ndarray, padding: Pads) -> None:
    """dx from dy: the convolution of dy with the filters turned by 180°, padded by what the forward padding leaves of 2."""
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    (top, bottom), (left, right) = padding
    forward(dy, turned, b, dx, ((2 - top, 2 - bottom), (2 - left, 2 - right)))


def weight_gradient(x: np.ndarray, dy: np.ndarray, dw: np.ndarray, padding: Pads) -> None:
    """dw from x and dy."""
    rows, columns = _counts(dy.shape)
    points = _both_ways(B_T, _tiles(x, rows, columns, 6, padding))
    gradients = _both_ways(A_T.T, _tiles(dy, rows, columns, 4, ((0, 0), (0, 0))))
    dw[...] = _both_ways(G.T, np.einsum("nkijuv,ncijuv->kcuv", gradients, points))
