"""What optimisers owe besides their update rule: whose state it is, what is skipped, what is refused."""

import numpy as np
import pytest

import netcore as nc

MAKERS = {
    "SGD": lambda p: nc.SGD(p, lr=0.1, momentum=0.9),
    "plain": lambda p: nc.SGD(p, lr=0.1),
    "Adam": lambda p: nc.Adam(p, lr=0.1, amsgrad=True),
    "AdamW": lambda p: nc.AdamW(p, lr=0.1),
    "RMSprop": lambda p: nc.RMSprop(p, lr=0.1, momentum=0.5, centered=True),
    "Adagrad": lambda p: nc.Adagrad(p, lr=0.1, initial_accumulator_value=0.1),
}


@pytest.fixture(params=MAKERS)
def make(request):
    return MAKERS[request.param]


def parameters(seed=0, shapes=((2, 3), (4,)), dtype=np.float32):
    rng = np.random.default_rng(seed)
    made = [nc.Parameter(rng.standard_normal(shape).astype(dtype), name="same name") for shape in shapes]
    for p in made:
        p.grad = rng.standard_normal(p.shape).astype(dtype)
    return made


def run(optimizer, params, steps, seed=1):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        for p in params:
            p.grad = rng.standard_normal(p.shape).astype(p.dtype)
        optimizer.step()
    return [p.data.copy() for p in params]


def test_state_belongs_to_the_parameter_not_its_name(make):
    """Two parameters of one name and shape, in one optimiser, move as each would alone."""
    pair = parameters(shapes=((3,), (3,)))
    together = run(make(pair), pair, 5)
    rng = np.random.default_rng(1)
    gradients = [[rng.standard_normal(3).astype(np.float32) for _ in range(2)] for _ in range(5)]
    for i, p in enumerate(parameters(shapes=((3,), (3,)))):
        alone = make([p])
        for step in gradients:
            p.grad = step[i]
            alone.step()
        np.testing.assert_array_equal(p.data, together[i])


def test_update_in_place_and_gradients_untouched(make):
    params = parameters()
    arrays, gradients = [p.data for p in params], [p.grad.copy() for p in params]
    make(params).step()
    for p, array, gradient in zip(params, arrays, gradients, strict=True):
        assert p.data is array
        np.testing.assert_array_equal(p.grad, gradient)


def test_skips_frozen_and_without_gradient(make):
    params = parameters(shapes=((2,), (2,), (2,)))
    params[0].grad = None
    params[1].requires_grad = False
    before = [p.data.copy() for p in params]
    optimizer = make(params)
    optimizer.step()
    np.testing.assert_array_equal(params[0].data, before[0])
    np.testing.assert_array_equal(params[1].data, before[1])
    assert (params[2].data != before[2]).all()
    optimizer.zero_grad()
    assert all(p.grad is None for p in params)


def test_any_layout_of_data_and_gradient(make):
    plain, odd = parameters(), parameters()
    readonly = odd[1].data.copy()
    readonly.flags.writeable = False
    odd[0].data, odd[1].data = np.asfortranarray(odd[0].data), readonly
    odd[0].grad = np.asfortranarray(odd[0].grad)
    make(plain).step()
    make(odd).step()
    for a, b in zip(plain, odd, strict=True):
        np.testing.assert_array_equal(a.data, b.data)
    assert not readonly.flags.writeable


def test_replaced_data_starts_afresh(make):
    """An array of another size or dtype has no use for the old state, and must not be read with it."""
    (p,) = parameters(shapes=((3,),))
    optimizer = make([p])
    optimizer.step()
    for data in (np.ones(1000, np.float32), np.ones((2, 2), np.float64), np.zeros((0, 3), np.float32)):
        p.data, p.grad = data, np.ones_like(data)
        (fresh,) = parameters(shapes=((3,),))
        fresh.data, fresh.grad = data.copy(), np.ones_like(data)
        optimizer.step()
        make([fresh]).step()
        np.testing.assert_array_equal(p.data, fresh.data)


@pytest.mark.parametrize(
    ("gradient", "error", "message"),
    [
        (np.ones(5, np.float32), nc.ShapeError, "gradient of same name must have shape"),
        (np.ones(4, np.float64), nc.DTypeError, "gradient of same name is float64"),
        (np.ones(4, np.int64), nc.DTypeError, "float32 or float64"),
        ([[1.0]], (nc.ShapeError, nc.DTypeError), "gradient of same name"),
    ],
)
def test_a_gradient_that_does_not_fit_changes_nothing(make, gradient, error, message):
    params = parameters()
    params[1].grad = gradient
    before, optimizer = [p.data.copy() for p in params], make(params)
    with pytest.raises(error, match=message):
        optimizer.step()
    for p, data in zip(params, before, strict=True):
        np.testing.assert_array_equal(p.data, data)
    assert not [key for key in optimizer.state_dict() if key.endswith(".step")]


def test_state_goes_on_where_it_stopped(make):
    straight, stopped = parameters(), parameters()
    optimizer = make(straight)
    run(optimizer, straight, 3)
    expected = run(optimizer, straight, 3, seed=2)
    first = make(stopped)
    run(first, stopped, 3)
    state = first.state_dict()
    assert all(isinstance(v, (int, float, bool, tuple, np.ndarray)) for v in state.values())
    second = make(stopped)
    second.load_state_dict(state)
    before = {k: np.copy(v) for k, v in state.items()}
    for a, b in zip(run(second, stopped, 3, seed=2), expected, strict=True):
        np.testing.assert_array_equal(a, b)
    for key, value in before.items():  # what was handed out stays as it is
        np.testing.assert_array_equal(state[key], value)


def test_state_survives_json_for_its_numbers(make):
    import json

    params = parameters()
    optimizer = make(params)
    optimizer.step()
    state = optimizer.state_dict()
    numbers = json.loads(json.dumps({k: v for k, v in state.items() if not isinstance(v, np.ndarray)}))
    other = make(params)
    other.load_state_dict(numbers | {k: v for k, v in state.items() if isinstance(v, np.ndarray)})
    assert repr(other) == repr(optimizer)


def test_a_state_that_does_not_fit_changes_nothing(make):
    params = parameters()
    optimizer = make(params)
    optimizer.step()
    state = optimizer.state_dict()
    array = next((k for k, v in state.items() if isinstance(v, np.ndarray) and v.size), None)
    wrong = [
        {k: v for k, v in state.items() if k != "lr"},
        state | {"7.step": 1},
        state | {"lr": float("nan")},
        state | {"lr": "fast"},
        state | {"0.step": -1},
        state | {"0.step": None},
        None,
    ]
    if array:
        wrong += [{k: v for k, v in state.items() if k != array}, state | {array: np.zeros(99)}, state | {array: np.full(state[array].shape, "x")}]
    optimizer.lr = 0.7
    before = optimizer.state_dict()
    for bad in wrong:
        with pytest.raises(nc.CheckpointError, match="nothing was changed"):
            optimizer.load_state_dict(bad)
        after = optimizer.state_dict()
        assert list(after) == list(before)
        for key, value in before.items():
            np.testing.assert_array_equal(after[key], value)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda p: nc.SGD([], 0.1), "no parameters"),
        (lambda p: nc.SGD([p, p], 0.1), "same parameter twice"),
        (lambda p: nc.SGD([p.data], 0.1), "takes parameters"),
        (lambda p: nc.SGD(p, 0.1), "iterable of parameters"),
        (lambda p: nc.SGD([p], -0.1), "lr must be at least 0"),
        (lambda p: nc.SGD([p], float("nan")), "lr must be a finite number"),
        (lambda p: nc.SGD([p], "0.1"), "lr must be a finite number"),
        (lambda p: nc.SGD([p], 0.1, momentum=-1), "momentum"),
        (lambda p: nc.SGD([p], 0.1, weight_decay=-1), "weight_decay"),
        (lambda p: nc.SGD([p], 0.1, nesterov=True), "nesterov needs a momentum"),
        (lambda p: nc.SGD([p], 0.1, momentum=0.9, dampening=0.1, nesterov=True), "nesterov"),
        (lambda p: nc.Adam([p], betas=(0.9, 1.0)), "betas"),
        (lambda p: nc.Adam([p], betas=(0.9,)), "betas"),
        (lambda p: nc.Adam([p], betas=0.9), "betas"),
        (lambda p: nc.Adam([p], eps=-1e-8), "eps"),
        (lambda p: nc.RMSprop([p], alpha=-0.1), "alpha"),
        (lambda p: nc.Adagrad([p], lr_decay=-0.1), "lr_decay"),
    ],
)
def test_rejected(build, message):
    with pytest.raises(nc.ArgumentError, match=message):
        build(parameters()[0])


def test_learning_rate_can_be_set(make):
    params = parameters()
    optimizer = make(params)
    optimizer.lr = 0.0
    before = [p.data.copy() for p in params]
    optimizer.step()
    for p, data in zip(params, before, strict=True):
        np.testing.assert_array_equal(p.data, data)
