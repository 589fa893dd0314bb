"""What the check adds for mistakes that no mutant foresaw: as a good teaching assistant would say it."""

import numpy as np
import pytest

from netcore.course import assignment, grade, hints, seeds, stage
from netcore.course.inside import program
from netcore.course.runtime import Runtime

RIGHT = np.arange(1.0, 13.0).reshape(3, 4) ** 1.5
SQUARE = np.arange(9.0).reshape(3, 3)


def changed(index, by):
    other = RIGHT.copy()
    other[index] += by
    return other


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (0 * RIGHT, "yours are all 0"),
        (-RIGHT, "only the sign is wrong, everywhere"),
        (RIGHT / 3, "yours are 0.3333 (1/3) times the right ones, everywhere"),
        (RIGHT * 4, "yours are 4 times the right ones, everywhere"),
        (RIGHT + 2.5, "yours are too large by the same 2.5 everywhere"),
        (RIGHT[:, ::-1], "they come in the reverse order along axis 1"),
        (changed(2, RIGHT[0]), "all of the wrong ones have index 2 on axis 0"),
        (changed((slice(None), slice(1, None)), np.array([1, -2, 3.0])), "those with index 0 on axis 1 are right, all others have wrong ones"),
        (np.random.default_rng(0).standard_normal((3, 4)), ""),
    ],
)
def test_how_wrong_numbers_are_related_to_the_right_ones(got, said):
    assert hints.relation(got, RIGHT, 1e-3) == said


def test_exchanged_axes():
    assert hints.relation(SQUARE.T, SQUARE, 1e-3) == "axes 0 and 1 are exchanged"


@pytest.mark.parametrize(
    ("got", "wanted", "said"),
    [
        ((3, 2), (2, 3), "transposed"),
        ((3, 1, 2), (1, 3, 2), "another order"),
        ((5, 3), (3,), "over axis 0 missing"),
        ((), (3,), "too many axes"),
        ((4,), (3,), ""),
    ],
)
def test_what_shapes_suggest(got, wanted, said):
    with pytest.raises(program.Refused) as refused:
        program.as_array("y", np.zeros(got, np.float32), wanted, "float32")
    assert said in str(refused.value) and str(wanted) in str(refused.value) and str(got) in str(refused.value)


def provoked(action):
    with pytest.raises(ValueError) as error:
        action()
    return hints.in_words(f"ValueError: {error.value} (line 3, in f)")


def test_errors_of_numpy_in_words():
    a, b = np.ones((2, 3)), np.ones((2, 4))
    assert provoked(lambda: a @ b) == "ValueError: the inner sizes of the product @ do not fit, 3 and 2 (line 3, in f)"
    assert provoked(lambda: np.dot(a, b)) == "ValueError: the inner sizes of the product of (2,3) and (2,4) do not fit (line 3, in f)"
    assert provoked(lambda: a + b) == "ValueError: arrays of shapes (2,3) and (2,4) do not fit elementwise (line 3, in f)"
    assert provoked(lambda: a.__setitem__(..., b)) == "ValueError: values of shape (2,4) do not fit into a place of shape (2,3) (line 3, in f)"
    assert "np.maximum" in provoked(lambda: max(a, 0))


def test_what_builds_on_what():
    layers = assignment.find("layers").uses
    assert layers["train_network"] >= {"linear_forward", "relu_backward", "cross_entropy_backward"} and not layers["relu_forward"]
    assert layers["phases"] == {"linear_forward", "linear_backward"}
    conv = assignment.find("conv").uses
    wrong = {"im2col", "conv_forward", "max_pool_forward", "train_cnn"}
    assert [hints.first(conv, task, [], wrong) for task in ("im2col", "conv_forward", "train_cnn")] == [None, "im2col", "im2col"]


@pytest.mark.parametrize(
    ("old", "new", "task", "said"),
    [
        ("dx = dy * (x > 0)", "x[x > 0] = 1; x[x <= 0] = 0; dx = dy * x", "relu_backward", "x, an input, was changed by your code: "),
        (
            "    return dx, dw, db\n\n\n",
            "    return dx, dw\n\n\n",
            "phases",
            "It builds on 'Linear, backward', which is not right yet: mend that first",
        ),
        ("ds /= len(targets)", "ds /= ds.size", "cross_entropy_backward", "(1/3) times the right ones"),
        ("y = np.maximum(x, 0)", "y = np.maximum(x, np.zeros(x.shape))", "relu_forward", "got float64; an array made without a dtype is float64"),
    ],
)
def test_a_check_says_it(old, new, task, said):
    layers = assignment.find("layers")
    source = layers.solution.replace(old, new, 1)
    with Runtime(boxed=False) as runtime:
        record = grade.grade(layers, stage.Submission(source, seeds.digest(source.encode()), "layers.py"), runtime=runtime)
    assert said in next(test["message"] for test in record["tests"] if test["id"] == f"{task}.visible")
