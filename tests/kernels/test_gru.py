"""csrc/gru.pyx against netcore/reference/gru.py and against finite differences. What is tested: recurrent_duties.py."""

import pytest

from tests.kernels import recurrent_duties as duties
from tests.support import DTYPES, ISAS


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", duties.SIZES)
@pytest.mark.parametrize("reverse", [False, True])
def test_agrees_with_reference(level, dtype, size, reverse):
    duties.agrees_with_reference("gru", level, dtype, duties.arguments("gru", *size, reverse=reverse))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", ["none", "b_ih", "b_hh"])
@pytest.mark.parametrize("with_dy", [True, False])
def test_missing_biases_and_output_gradients(dtype, bias, with_dy):
    duties.agrees_with_reference("gru", ISAS[0], dtype, duties.arguments("gru", 3, 5, [4, 2], bias=bias), with_dy)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("lengths", [[3, 3], [4, 1, 0, 3], [1]])
@pytest.mark.parametrize("reverse", [False, True])
def test_gradients_by_differences(level, lengths, reverse):
    duties.gradients_by_differences("gru", level, duties.arguments("gru", 3, 5, lengths, reverse=reverse))


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("lengths", [[3] * 10, [4, 1, 0, 3, 2, 6, 6, 1, 5]])
def test_bits_do_not_depend_on_threads(level, lengths):
    duties.bits_do_not_depend_on_threads("gru", level, lengths)


@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", duties.SIZES)
@pytest.mark.parametrize("reverse", [False, True])
def test_nothing_kept_and_the_same_bits(level, dtype, size, reverse):
    duties.nothing_kept_and_the_same_bits("gru", level, dtype, duties.arguments("gru", *size, reverse=reverse))


def test_only_what_is_needed():
    duties.only_what_is_needed("gru")


def test_no_gradient_from_nothing():
    duties.no_gradient_from_nothing("gru")
