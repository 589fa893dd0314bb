"""csrc/lstm.pyx against netcore/reference/lstm.py and against finite differences. What is tested: recurrent_duties.py."""

import importlib

import numpy as np
import pytest

from netcore.backend import BACKEND
from tests.kernels import recurrent_duties as duties
from tests.support import DTYPES, ISAS


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", duties.SIZES)
@pytest.mark.parametrize("reverse", [False, True])
def test_agrees_with_reference(level, dtype, size, reverse):
    duties.agrees_with_reference("lstm", level, dtype, duties.arguments("lstm", *size, reverse=reverse))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", ["none", "b_ih", "b_hh"])
@pytest.mark.parametrize("with_dy", [True, False])
def test_missing_biases_and_output_gradients(dtype, bias, with_dy):
    duties.agrees_with_reference("lstm", ISAS[0], dtype, duties.arguments("lstm", 3, 5, [4, 2], bias=bias), with_dy)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("lengths", [[3, 3], [4, 1, 0, 3], [1]])
@pytest.mark.parametrize("reverse", [False, True])
def test_gradients_by_differences(level, lengths, reverse):
    duties.gradients_by_differences("lstm", level, duties.arguments("lstm", 3, 5, lengths, reverse=reverse))


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("lengths", [[3] * 10, [4, 1, 0, 3, 2, 6, 6, 1, 5]])
@pytest.mark.parametrize("hidden", [96, 224])  # weights that fit the second-level cache, and weights that do not
def test_bits_do_not_depend_on_threads(level, lengths, hidden):
    duties.bits_do_not_depend_on_threads("lstm", level, lengths, hidden)


@pytest.mark.skipif(BACKEND != "compiled", reason="only the compiled walk has two ways")
def test_who_takes_the_input_along():
    """Many sequences and few weights, or very few weights; both ways are among the sizes above."""
    folds = importlib.import_module("netcore._kernels.recurrent").folds
    w_ih, w_hh = np.ones((64, 1), np.float32), np.ones((64, 16), np.float32)
    assert folds(1, w_ih, w_hh)
    wide = np.ones((64, 99), np.float32)
    assert folds(16, wide, w_hh)
    assert not folds(15, wide, w_hh)
    assert not folds(16, w_ih, np.ones((2048, 512), np.float32))


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", duties.SIZES)
@pytest.mark.parametrize("reverse", [False, True])
def test_nothing_kept_and_the_same_bits(level, dtype, size, reverse):
    duties.nothing_kept_and_the_same_bits("lstm", level, dtype, duties.arguments("lstm", *size, reverse=reverse))


def test_only_what_is_needed():
    duties.only_what_is_needed("lstm")


def test_no_gradient_from_nothing():
    duties.no_gradient_from_nothing("lstm")


def test_gates_open_and_shut():
    """With the forget gate open and the input gate shut the cell carries its state through all steps unchanged; the other
    way round it forgets at once."""
    args = duties.arguments("lstm", 3, 4, [5, 5])
    keep, forget = np.full(16, 0.0), np.full(16, 0.0)
    keep[0:4], keep[4:8] = -1e4, 1e4
    forget[0:4], forget[4:8] = -1e4, -1e4
    kernel = duties.module("lstm")
    assert np.array_equal(kernel.forward(**(args | {"b_ih": keep}))[2], args["c0"])
    assert (kernel.forward(**(args | {"b_ih": forget}))[2] == 0).all()
