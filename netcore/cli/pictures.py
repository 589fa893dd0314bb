"""Images from files: .png (and what else the image reader knows), .npy, idx; as float32 (N, C, H, W) in [0, 1]."""

from pathlib import Path

import numpy as np

from netcore.data.files import problem, read_bytes
from netcore.data.idx import parse_idx
from netcore.data.npz import parse_npy
from netcore.errors import DataError


def read_images(path: str, shape: tuple[int, ...], invert: bool = False) -> np.ndarray:
    """The images of a file, as a network that takes images of `shape` (C, H, W) wants them.

    Whole numbers are taken as 0..255, fractions as they are. Colours become grey where the network sees in grey. Raises
    DataError for a file of another kind, images of another size, and fractions outside [0, 1].
    """
    name = path.lower().removesuffix(".gz")
    if name.endswith(".npy"):
        array = parse_npy(read_bytes(path, "a .npy file"), path)
    elif "idx" in Path(name).name or name.endswith("ubyte"):
        array = parse_idx(read_bytes(path, "an idx file"), path)
    else:
        array = read_picture(path)
    x = pixels(array, path)
    x = arranged(x, shape, path)
    return np.ascontiguousarray(1 - x if invert else x)


def pixels(array: np.ndarray, path: str) -> np.ndarray:
    """float32 in [0, 1]."""
    if array.dtype.kind in "iu":
        array = array / 255.0
    if array.dtype.kind != "f" or not array.size or not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
        raise problem(path, "pixels: whole numbers in 0..255 or fractions in 0..1", f"{array.dtype} of shape {array.shape}", "scale them")
    return array.astype(np.float32)


def arranged(x: np.ndarray, shape: tuple[int, ...], path: str) -> np.ndarray:
    """(H, W), (H, W, 3 or 4), (N, H, W), (C, H, W) or (N, C, H, W), as (N, C, H, W) of the network's `shape`."""
    channels, height, width = shape
    if x.ndim == 3 and x.shape[:2] == (height, width) and x.shape[2] in (1, 3, 4):  # a picture with colours last
        x = x[:, :, :3].transpose(2, 0, 1)
    if channels == 1 and x.ndim == 3 and x.shape == (3, height, width):
        x = np.tensordot(np.array([0.299, 0.587, 0.114], np.float32), x, 1)  # Rec. 601 luma
    if x.shape[-2:] == (height, width):
        if x.ndim == 2 or (x.ndim == 3 and channels == 1):
            x = x.reshape(-1, 1, height, width)
        elif x.ndim == 3 and x.shape[0] == channels:
            x = x[None]
        if x.ndim == 4 and x.shape[1:] == shape:
            return x
    raise problem(path, f"images of {height}x{width} with {channels} channel(s)", f"shape {x.shape}", "resize or convert them first")


def read_picture(path: str) -> np.ndarray:
    """A picture through Pillow, or matplotlib where only that is installed."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise problem(path, "an image file", (error.strerror or str(error)).lower(), "check the path") from None
    import io

    try:
        from PIL import Image

        return np.asarray(Image.open(io.BytesIO(content)))
    except ModuleNotFoundError:
        pass
    except Exception as error:
        raise problem(path, "an image (.png, .npy, idx)", str(error), "convert it to .png") from None
    try:
        from matplotlib.image import imread
    except ModuleNotFoundError:
        raise DataError(f"{path}: reading pictures needs matplotlib; pip install 'netcore-nn[plot]', or give a .npy or idx file") from None
    try:
        return imread(io.BytesIO(content), format=Path(path).suffix[1:] or "png")
    except Exception as error:
        raise problem(path, "an image (.png, .npy, idx)", str(error), "convert it to .png") from None
