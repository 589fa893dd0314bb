"""Features made by hand, the baseline that a learned representation has to beat (statement S1 of the lecture).

    zoning               mean grey value of each of cells × cells zones of the image
    oriented gradients   in each zone a histogram of the gradient's direction, weighted with its length, and scaled to length 1

Sources: Ø. Trier, A. Jain, T. Taxt, "Feature extraction methods for character recognition", 1996 (zoning); N. Dalal and
B. Triggs, "Histograms of oriented gradients for human detection", 2005, here with one block an image and cells that do not
overlap. Read next: probe.py.
"""

import numpy as np

from netcore import checks
from netcore.errors import ShapeError


def zoning(images: np.ndarray, cells: int = 7) -> np.ndarray:
    """Rows (N, C · cells²) from images (N, C, H, W): the mean of each zone. Zones differ by a pixel where cells does not divide.

    >>> zoning(np.arange(16.0).reshape(1, 1, 4, 4), cells=2)
    array([[ 2.5,  4.5, 10.5, 12.5]])
    """
    return _pooled(_images(images), cells).reshape(len(images), -1)


def oriented_gradients(images: np.ndarray, cells: int = 7, bins: int = 9) -> np.ndarray:
    """Rows (N, C · bins · cells²) from images (N, C, H, W), float64.

    Gradients are central differences (one-sided at the border); directions count modulo 180°, and each pixel shares its length
    between the two nearest bins. Each image's histograms are scaled to length 1 together.

    >>> ramp = np.tile(np.arange(8.0), (8, 1))[None, None]       # grey values rise to the right: direction 0°
    >>> oriented_gradients(ramp, cells=1, bins=4).round(6)
    array([[1., 0., 0., 0.]])
    """
    images, bins = _images(images), checks.positive("bins", bins)
    down, right = np.gradient(images, axis=(2, 3))
    length = np.hypot(down, right)
    place = np.mod(np.arctan2(down, right), np.pi) / np.pi * bins  # in [0, bins)
    low = np.floor(place).astype(np.int64) % bins
    share = place - np.floor(place)
    histograms = [
        _pooled(length * (np.where(low == k, 1 - share, 0) + np.where((low + 1) % bins == k, share, 0)), cells) for k in range(bins)
    ]
    rows = np.stack(histograms, axis=2).reshape(len(images), -1)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _pooled(images: np.ndarray, cells: int) -> np.ndarray:
    """Zone means (N, C, cells, cells), by sums over rows and columns between the zones' edges."""
    cells = checks.positive("cells", cells)
    if min(images.shape[2:]) < cells:
        raise ShapeError(f"images of {images.shape[2]}x{images.shape[3]} cannot be cut into {cells}x{cells} zones")
    for axis in (2, 3):
        edges = np.arange(cells + 1) * images.shape[axis] // cells
        sizes = np.diff(edges).reshape(-1, *(1,) * (3 - axis))
        images = np.add.reduceat(images, edges[:-1], axis=axis) / sizes
    return images


def _images(images: np.ndarray) -> np.ndarray:
    if images.ndim != 4:
        raise ShapeError(f"images must have shape (N, C, H, W), got {images.shape}")
    return images.astype(np.float64)
