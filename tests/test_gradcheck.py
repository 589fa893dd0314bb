"""gradcheck passes what is right and catches what is wrong, with a diagnosis."""

import numpy as np
import pytest

import netcore as nc

X = np.random.default_rng(0).standard_normal((4, 3))


def wrong(change):
    """A Linear layer whose gradients are changed after they are computed."""

    class Wrong(nc.Linear):
        def _backward(self, dy, cache, needs_input=True):
            dx = super()._backward(dy, cache, needs_input)
            return change(self, dx, dy)

    return Wrong(3, 3, rng=0)


def scaled(name, factor):
    def change(layer, dx, dy):
        parameter = getattr(layer, name)
        parameter.grad = parameter.grad * factor
        return dx

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda layer, dx, dy: -dx, "input is wrong.*sign is wrong"),
        (lambda layer, dx, dy: 2 * dx, "twice the right one"),
        (lambda layer, dx, dy: dx * 0, "zero everywhere"),
        (lambda layer, dx, dy: dx[:, ::-1], "input is wrong in"),
        (scaled("weight", 0.25), "weight is wrong.*0.25 times.*mean where a sum"),
        (lambda layer, dx, dy: [setattr(layer.weight, "grad", layer.weight.grad.T.copy()), dx][1], "transpose"),
        (lambda layer, dx, dy: [setattr(layer.bias, "grad", None), dx][1], "bias is wrong.*zero everywhere"),
        (lambda layer, dx, dy: dx * np.nan, "input is nan at index"),
        (lambda layer, dx, dy: dx[:2], r"has shape \(2, 3\), expected \(4, 3\)"),
        (lambda layer, dx, dy: dx + 1e-3 * (np.arange(12).reshape(4, 3) == 7), r"worst at index \(2, 1\)"),
    ],
)
def test_planted_mistakes_are_caught(change, message):
    with pytest.raises(nc.GradientError, match=message):
        nc.gradcheck(wrong(change), X)


def test_the_layer_itself_is_left_alone():
    layer = nc.Linear(3, 2, rng=0)
    before = layer.state_dict()
    nc.gradcheck(layer, X)
    assert layer.weight.dtype == np.float32
    assert layer.pending == 0
    assert layer.weight.grad is None
    assert all(np.array_equal(before[name], value) for name, value in layer.state_dict().items())


def test_kinks_are_left_out():
    report = nc.gradcheck(nc.ReLU(), np.array([[0.0, 1.0, -1.0, 0.0]]))
    assert (report.checked, report.kinks) == (2, 2)
    assert "2 beside a kink" in str(report)


def test_large_arrays_are_sampled_and_checked_along_a_direction():
    class OneWrong(nc.Identity):
        def _backward(self, dy, cache, needs_input=True):
            return dy * np.where(np.arange(dy.size).reshape(dy.shape) % 7 == 3, 1.5, 1)

    assert nc.gradcheck(nc.Identity(), np.random.default_rng(0).standard_normal((50, 40)), max_entries=20).checked == 20
    with pytest.raises(nc.GradientError):
        nc.gradcheck(OneWrong(), np.random.default_rng(0).standard_normal((50, 40)), max_entries=1)


@pytest.mark.parametrize(
    "loss",
    [
        nc.CrossEntropyLoss(0.1), nc.NLLLoss(), nc.MSELoss("sum"), nc.L1Loss(), nc.HuberLoss(0.5), nc.BCEWithLogitsLoss(), nc.KLDivLoss("batchmean"),
    ],
    ids=lambda loss: type(loss).__name__,
)  # fmt: skip
def test_losses(loss):
    rng = np.random.default_rng(0)
    target = rng.integers(0, 3, 4) if isinstance(loss, (nc.CrossEntropyLoss, nc.NLLLoss)) else rng.random((4, 3))
    nc.gradcheck(loss, X, target)


def test_a_students_own_class():
    """forward, backward and parameters() are all that is asked for."""

    class Mine:
        def __init__(self):
            self.w = nc.Parameter(np.array([[2.0, 0.5]]))

        def parameters(self):
            return [self.w]

        def forward(self, x):
            self.x = x
            return x * self.w.data

        def backward(self, dy):
            self.w.grad = (dy * self.x).sum(axis=0, keepdims=True)
            return dy * self.w.data

    assert nc.gradcheck(Mine(), np.ones((3, 2))).checked == 8


class Student:
    """A class that is no layer, with a parameter that is no Parameter; `change` plants the mistake."""

    class Weight:
        def __init__(self):
            self.data, self.grad = np.array([2.0, 0.5, 1.0]), np.zeros(3)

    def __init__(self, change=lambda x: x):
        self.w, self.change = self.Weight(), change

    def parameters(self):
        return [self.w]

    def forward(self, x):
        self.x = self.change(x)
        return self.x * self.w.data

    def backward(self, dy):
        self.w.grad += (dy * self.x).sum(axis=0)
        return dy * self.w.data


def test_a_students_parameters_may_begin_with_gradients_of_zero():
    assert nc.gradcheck(Student(), X).checked == 15


def test_a_forward_that_changes_its_input_is_caught():
    def double(x):
        x *= 2
        return x

    x = X.copy()
    with pytest.raises(nc.GradientError, match="forward changed its input"):
        nc.gradcheck(Student(double), x)
    assert np.array_equal(x, X)


def test_random_numbers_must_repeat():
    noise = np.random.default_rng(0)
    with pytest.raises(nc.GradientError, match="another output for the same input"):
        nc.gradcheck(Student(lambda x: x + noise.standard_normal(x.shape)), X)
    assert nc.gradcheck(Student(lambda x: x + np.random.standard_normal(x.shape)), X).checked == 15  # noqa: NPY002


def test_a_gradient_that_is_missing_is_no_success():
    with pytest.raises(nc.GradientError, match="returned None as the gradient of input"):
        nc.gradcheck(wrong(lambda layer, dx, dy: None), X)
    with pytest.raises(nc.GradientError, match="every entry of input lies beside a kink"):
        nc.gradcheck(nc.MaxPool2d(2), np.zeros((1, 1, 4, 4)))


def test_replacing_a_gradient_instead_of_adding_is_caught():
    class Replaces(nc.Layer):
        def __init__(self):
            self.w = nc.Parameter(np.ones(3, np.float32), name="w")

        def _forward(self, x):
            return x * self.w.data, x

        def _backward(self, dy, cache, needs_input=True):
            self.w.grad = (dy * cache).sum(axis=0)
            return dy * self.w.data

    with pytest.raises(nc.GradientError, match="replaces the gradient of w; it must add"):
        nc.gradcheck(Replaces(), X)


def test_state_and_cells():
    rng = np.random.default_rng(0)
    sequence, state = rng.standard_normal((2, 5, 4)), rng.standard_normal((2, 3))
    nc.gradcheck(nc.LSTM(4, 3, return_state=True, rng=0), sequence)
    nc.gradcheck(nc.LSTMCell(4, 3, rng=0), sequence[:, 0], (state, state + 1))
    nc.gradcheck(nc.GRUCell(4, 3, rng=0), sequence[:, 0], state)
