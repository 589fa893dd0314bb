"""The hot-swap: a training with a student's functions, each call compared with the engine's."""

import numpy as np
import pytest

from netcore import functional as F
from netcore.course import assignment, trying
from netcore.course.stage import Submission
from netcore.course.swap import Diverged, Swap, compare
from netcore.errors import ArgumentError

PLAIN = [name for name in assignment.names() if not assignment.find(name).manifest.compiled]


def trial(name, source=None, **options):
    chosen = assignment.find(name)
    return trying.prepare(chosen, Submission(source or chosen.solution, "", chosen.manifest.file), epochs=1, limit=150, **options)


@pytest.mark.parametrize("name", PLAIN)
def test_the_solution_trains_the_recipe_and_every_call_agrees(name):
    tried, before = trial(name), dict(vars(F))
    result = tried.run(progress=False)
    assert np.isfinite(result.history[0]["loss"])
    assert all(tally.calls >= 2 and tally.own_s and tally.engine_s for tally in tried.swap.tallies.values())
    assert vars(F) == before


@pytest.mark.parametrize(
    ("name", "task", "mutant", "said"),
    [
        ("conv", "conv_forward", "flipped", r"conv2d_forward, call 1: y \(64, 16, \d+, \d+\) differs, worst at y\["),
        ("conv", "conv_backward", "db-mean", "conv2d_backward, call 1: db"),
        ("layers", "linear_backward", "", "linear_backward, call 1"),
        ("lstm", "lstm_backward", "", "lstm_backward, call 1"),
    ],
)
def test_the_first_divergence_is_named(name, task, mutant, said):
    chosen = assignment.find(name)
    first = next(m for m in chosen.mutants if m.task == task and mutant in m.name)
    before = dict(vars(F))
    with pytest.raises(Diverged, match=said):
        trial(name, chosen.mutate(first)).run(progress=False)
    assert vars(F) == before


def test_gaps_and_exceptions_are_divergences_that_name_their_line():
    source = assignment.find("conv").solution
    with pytest.raises(Diverged, match="call 1: not written yet"):
        trial("conv", source.replace("y = w.reshape(k, -1) @ cols + b[:, None]", "raise NotImplementedError('conv_forward')")).run(progress=False)
    with pytest.raises(Diverged, match=r"call 1: ValueError: .*\(line \d+, in conv_forward\)"):
        trial("conv", source.replace("w.reshape(k, -1) @ cols", "w.reshape(k, -1) @ x")).run(progress=False)


def test_kernels_train_without_a_compiler_as_python():
    """The adapter of the compiled assignment, on its solution without types: one call of each function."""
    chosen = assignment.find("kernels")
    student = type("student", (), {name: staticmethod(value) for name, value in chosen.reference.items() if callable(value)})
    swap = Swap(trying._imported(chosen.folder / "swap.py", "swap_of_kernels").pairs(student))
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 2, 5, 6)), rng.standard_normal((3, 2, 3, 3))
    with F.replaced(**swap.functions):
        y, cache = F.conv2d_forward(x, w, None, 1, 1)
        F.conv2d_backward(y, cache, needs=(True, True, False))
        z, cache = F.max_pool2d_forward(y, 2)
        assert F.max_pool2d_backward(z, cache).shape == y.shape
        F.conv2d_forward(x, w, None, (1, 2))  # not covered: the engine does it
    assert [tally.calls for tally in swap.tallies.values()] == [1, 1, 1, 1]
    assert swap.tallies["conv2d_forward"].passed_by == 1


def test_numbers_are_compared_as_a_teacher_would():
    want = np.ones((2, 3), np.float32)
    compare("f", 1, "y", want * np.float32(1 + 1e-6), want)
    for got, said in ((want.T, "shape"), (want.astype(np.float64), "float32"), (want * np.nan, "got nan"), (want * 2, "expected 1, got 2")):
        with pytest.raises(Diverged, match=said):
            compare("f", 1, "y", got, want)


def test_what_cannot_be_replaced_is_refused():
    with pytest.raises(ArgumentError, match="conv9d"), F.replaced(conv9d_forward=None):
        pass
