"""csrc/gemm.pyx and csrc/kernels/gemm.h against NumPy in float64."""

import numpy as np
import pytest

from netcore import config
from netcore.backend import kernels
from tests.support import DTYPES, ISAS, assert_close, isa

# Around the tiles (4×4, 6×16, 12×32; 3×3 and 4×6 dot products for less than 64 rows), the slab (256) and the blocks (384 rows,
# 2048 columns); batches that are packed while the weights stay in place (one block, some, too deep for it); rows a page apart;
# primes; empty.
SIZES = [
    (1, 1, 1), (5, 7, 3), (11, 31, 17), (12, 32, 256), (13, 33, 257), (64, 10, 784), (100, 65, 600),
    (64, 200, 310), (65, 149, 4096), (97, 901, 1111), (66, 131, 4099), (401, 70, 1024),
    (2, 6, 16), (7, 12, 33), (63, 19, 15), (64, 5, 1), (1601, 70, 29), (29, 2111, 19), (4, 5, 0), (0, 3, 4), (3, 0, 4),
]  # fmt: skip


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
def test_product(level, dtype, size, transposed):
    m, n, k = size
    rng = np.random.default_rng(m + n + k)
    a = rng.standard_normal((k, m) if transposed[0] else (m, k)).astype(dtype)
    b = rng.standard_normal((n, k) if transposed[1] else (k, n)).astype(dtype)
    a, b = a.T if transposed[0] else a, b.T if transposed[1] else b
    bias = rng.standard_normal(n).astype(dtype)
    for s in (None, bias):
        guarded = np.full((m + 2, n), 7, dtype)  # rows before and after must stay as they are
        with isa(level):
            kernels.gemm.matmul(a, b, s, guarded[1:-1])
        assert_close(guarded[1:-1], a.astype(np.float64) @ b.astype(np.float64) + (0 if s is None else s))
        assert (guarded[[0, -1]] == 7).all()


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("rows, transposed", [(311, False), (61, True), (90, True), (311, True)])
def test_bits_do_not_depend_on_threads(rows, transposed, level):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((rows, 523)).astype(np.float32), rng.standard_normal((523, 211)).astype(np.float32)
    b = np.asfortranarray(b) if transposed else b
    before = config.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            out = np.empty((rows, 211), np.float32)
            with isa(level):
                kernels.gemm.matmul(a, b, None, out)
            results.append(out)
    finally:
        config.set_num_threads(before)
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])
