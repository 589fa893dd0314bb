"""Every size formula, once.

Axis letters: N batch, C channels, H W image height and width, K filters, R S kernel height and width, OH OW output height
and width, T time, D features, H hidden size (recurrent layers).
"""

from math import prod

from netcore.errors import ShapeError

Pads = tuple[tuple[int, int], tuple[int, int]]  # ((top, bottom), (left, right))


def window_output(size: int, kernel: int, stride: int, pad: int, dilation: int = 1, ceil_mode: bool = False) -> int:
    """Places where a window of `kernel` fits into `size` with `pad` more on both sides together.

    floor((size + pad - dilation (kernel - 1) - 1) / stride) + 1; ceil instead of floor with ceil_mode.
    """
    span = dilation * (kernel - 1) + 1
    rest = size + pad - span
    out = (-(-rest // stride) if ceil_mode else rest // stride) + 1
    if out < 1:
        raise ShapeError(f"a window that spans {span} does not fit into {size} with padding {pad}; use a smaller kernel or more padding")
    return out


def pool_output(size: int, kernel: int, stride: int, pad: int, dilation: int = 1, ceil_mode: bool = False) -> int:
    """Outputs of a pooling with `pad` on both sides; with ceil_mode the last window must still start inside the image or
    its padding before."""
    if size < 1:
        raise ShapeError(f"pooling needs an image of at least one row and column, got a size of {size}")
    out = window_output(size, kernel, stride, 2 * pad, dilation, ceil_mode)
    return out - 1 if ceil_mode and (out - 1) * stride >= size + pad else out


def transposed_output(size: int, kernel: int, stride: int, pad: int, dilation: int = 1, output_padding: int = 0) -> int:
    """Size that a transposed convolution makes: (size - 1) stride - pad + dilation (kernel - 1) + output_padding + 1."""
    return (size - 1) * stride - pad + dilation * (kernel - 1) + output_padding + 1


def same_padding(kernel: int, dilation: int) -> tuple[int, int]:
    """Padding before and after that keeps the size at stride 1; an odd rest goes after, as in PyTorch."""
    total = dilation * (kernel - 1)
    return total // 2, total - total // 2


def flattened(shape: tuple[int, ...], start: int, end: int) -> tuple[int, ...]:
    """`shape` with its axes start..end (inclusive) made one."""
    return (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :])
