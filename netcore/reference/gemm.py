"""The matrix product: out = a · b + bias. Compiled twin: csrc/gemm.pyx."""

import numpy as np


def matmul(a: np.ndarray, b: np.ndarray, bias: np.ndarray | None, out: np.ndarray) -> None:
    """out (m, n) = a (m, k) · b (k, n) + bias (n); a and b may be transposed views."""
    np.matmul(a, b, out=out)
    if bias is not None:
        out += bias


def tile_flops(like: np.ndarray, repeats: int) -> float:
    """Small products, again and again; the FLOPs that were done."""
    a, b = np.zeros((12, 128), like.dtype), np.zeros((128, 32), like.dtype)
    for _ in range(repeats):
        a @ b
    return 2.0 * 12 * 32 * 128 * repeats
