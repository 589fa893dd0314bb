"""csrc/embedding.pyx against its twin; gradients of repeated tokens add up, tokens out of range are named."""

import numpy as np
import pytest

import netcore.functional as F
from netcore.errors import ArgumentError, DTypeError, ShapeError
from netcore.reference import embedding as reference
from tests.support import DTYPES, ISAS, assert_close, isa


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dim", [1, 7, 8, 9, 16, 17, 33])
@pytest.mark.parametrize("padding", [None, 3])
def test_twins(level, dtype, dim, padding):
    rng = np.random.default_rng(dim)
    w, tokens = rng.standard_normal((11, dim)).astype(dtype), rng.integers(0, 11, (6, 13))
    dy = rng.standard_normal((6, 13, dim)).astype(dtype)
    with isa(level):
        y, cache = F.embedding_forward(tokens, w, padding)
        dw = F.embedding_backward(dy, cache)
    np.testing.assert_array_equal(y, w[tokens])
    expected = np.zeros(w.shape)
    reference.backward(tokens.reshape(-1), dy.reshape(-1, dim).astype(np.float64), -1 if padding is None else padding, expected)
    assert_close(dw, expected)
    assert padding is None or not dw[padding].any()


def test_integer_kinds_and_empty():
    w = np.ones((300, 2), np.float32)
    for kind in (np.uint8, np.int16, np.uint64, ">i4"):
        assert F.embedding_forward(np.array([[3], [200]]).astype(kind), w)[0].shape == (2, 1, 2) if kind != np.int8 else True
    y, cache = F.embedding_forward(np.zeros((0, 4), int), w)
    assert y.shape == (0, 4, 2)
    assert not F.embedding_backward(y, cache).any()


def test_rejected():
    w = np.ones((5, 2))
    with pytest.raises(ArgumentError, match=r"tokens holds 5 at index \(0, 1\); the greatest allowed is 4"):
        F.embedding_forward(np.array([[0, 5]]), w)
    with pytest.raises(ArgumentError, match="tokens holds -1 at index 2; the least allowed is 0"):
        F.embedding_forward(np.array([0, 1, -1]), w)
    with pytest.raises(DTypeError, match="tokens must be integers, got float64"):
        F.embedding_forward(np.zeros(3), w)
    with pytest.raises(ShapeError, match=r"dy must have shape \(3, 2\)"):
        F.embedding_backward(np.ones((3, 3)), F.embedding_forward(np.zeros(3, int), w)[1])
