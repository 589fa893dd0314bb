"""csrc/optim.pyx and csrc/kernels/optim.h against the NumPy twins in float64, at every size of tail."""

import numpy as np
import pytest

from netcore import config
from netcore.backend import kernels
from netcore.reference import optim as reference
from tests.support import DTYPES, ISAS, assert_close, isa

SIZES = [0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 16383, 16384, 16385]

# name, numbers before the arrays, which state arrays are there
RULES = [
    ("sgd", (0.1, 0.0, 0.0, 0.01, False, True), (False,)),
    ("sgd", (0.1, 0.9, 0.2, 0.01, False, True), (True,)),
    ("sgd", (0.1, 0.9, 0.2, 0.0, False, False), (True,)),
    ("sgd", (0.1, 0.9, 0.0, 0.01, True, False), (True,)),
    ("adam", (0.1, 0.9, 0.99, 1e-8, 0.02, False, 3), (True, True, False)),
    ("adam", (0.1, 0.9, 0.99, 1e-8, 0.02, True, 1), (True, True, True)),
    ("rmsprop", (0.1, 0.9, 1e-8, 0.02, 0.0), (True, False, False)),
    ("rmsprop", (0.1, 0.9, 1e-8, 0.0, 0.5), (True, True, True)),
    ("adagrad", (0.1, 1e-8, 0.02), (True,)),
]


def run(module, name, numbers, arrays):
    """The arrays after the update; `arrays` themselves stay as they are."""
    copies = [a.copy() for a in arrays]
    gradient = copies[1].copy()
    getattr(module, name)(*numbers, *copies)
    np.testing.assert_array_equal(copies[1], gradient)
    return copies


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize(("name", "numbers", "present"), RULES)
def test_against_reference(level, dtype, n, name, numbers, present):
    rng = np.random.default_rng(n)
    arrays = [rng.standard_normal(n).astype(dtype) for _ in range(2)]
    arrays += [(rng.random(n if there else 0) + 1).astype(dtype) for there in present]  # squares are positive
    if name == "rmsprop" and present[1]:
        arrays[3] /= 4  # a mean whose square is below the mean square
    with isa(level):
        got = run(kernels.optim, name, numbers, arrays)
    expected = run(reference, name, numbers, [a.astype(np.float64) for a in arrays])
    for i, (a, e) in enumerate(zip(got, expected, strict=True)):
        assert_close(a, e, 5e-6 if dtype is np.float32 else 1e-13, f"{name}, array {i}")


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", SIZES)
def test_writes_nothing_outside(level, dtype, n):
    for name, numbers, present in RULES:
        guards = [np.full(n + 32, 0.5, dtype) for _ in range(2 + len(present))]
        views = [g[16 : 16 + (n if there else 0)] for g, there in zip(guards, (True, True, *present), strict=True)]
        with isa(level):
            getattr(kernels.optim, name)(*numbers, *views)
        for g in guards:
            assert (g[:16] == 0.5).all() and (g[16 + n :] == 0.5).all()


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_square_sum(level, dtype):
    for n in SIZES:
        g = np.random.default_rng(n).standard_normal(n).astype(dtype)
        with isa(level):
            got = kernels.optim.square_sum(g)
        assert abs(got - reference.square_sum(g)) <= (1e-6 if dtype is np.float32 else 1e-14) * n


def test_bits_do_not_depend_on_threads():
    rng = np.random.default_rng(0)
    before = config.get_num_threads()
    try:
        for name, numbers, present in RULES:
            arrays = [rng.random(200_001).astype(np.float32) for _ in range(2)]
            arrays += [rng.random(200_001 if there else 0).astype(np.float32) for there in present]
            if name == "rmsprop":
                arrays[3] /= 4
                arrays[2] += 1
            results = []
            for threads in (1, 2, 3):
                config.set_num_threads(threads)
                results.append(run(kernels.optim, name, numbers, arrays))
            for result in results[1:]:
                for a, b in zip(results[0], result, strict=True):
                    np.testing.assert_array_equal(a, b)
    finally:
        config.set_num_threads(before)
