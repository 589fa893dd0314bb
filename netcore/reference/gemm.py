"""The matrix product: out = a · b + bias. Compiled twin: csrc/gemm.pyx."""

import numpy as np


def matmul(a: np.ndarray, b: np.ndarray, bias: np.ndarray | None, out: np.ndarray) -> None:
    """out (m, n) = a (m, k) · b (k, n) + bias (n); a and b may be transposed views."""
    np.matmul(a, b, out=out)
    if bias is not None:
        out += bias
