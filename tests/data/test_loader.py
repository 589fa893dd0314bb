"""DataLoader: every sample once an epoch, orders that differ and repeat, and a state that resumes exactly."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netcore as nc
from netcore.data import DataLoader, load
from netcore.data.augment import Compose, Flip, Noise
from netcore.errors import ArgumentError, CheckpointError

X = np.arange(23 * 3, dtype=np.float32).reshape(23, 3)
Y = np.arange(23)
IMAGES = np.random.default_rng(5).random((23, 1, 4, 4), np.float32)


def test_in_order() -> None:
    batches = list(DataLoader(X, Y, batch_size=5))
    assert [len(yb) for _, yb in batches] == [5, 5, 5, 5, 3]
    assert np.array_equal(np.concatenate([xb for xb, _ in batches]), X)
    assert all(xb.dtype == np.float32 and yb.dtype == Y.dtype for xb, yb in batches)
    dropped = DataLoader(X, Y, batch_size=5, drop_last=True)
    assert len(dropped) == len(list(dropped)) == 4
    assert len(DataLoader(X, batch_size=24, drop_last=True)) == 0 and len(DataLoader(X, batch_size=24)) == 1


@given(n=st.integers(1, 40), batch=st.integers(1, 12), drop=st.booleans(), seed=st.integers(0, 9))
def test_shuffled_epochs_are_permutations(n: int, batch: int, drop: bool, seed: int) -> None:
    loader = DataLoader(np.arange(n), np.arange(n) * 2, batch, shuffle=True, rng=seed, drop_last=drop)
    for _ in range(3):
        pairs = [(int(a), int(b)) for xb, yb in loader for a, b in zip(xb, yb, strict=True)]
        assert all(b == 2 * a for a, b in pairs)
        assert len({a for a, _ in pairs}) == len(pairs) == (n // batch * batch if drop else n)


def order(loader: DataLoader) -> list[int]:
    return [int(i) for _, yb in loader for i in yb]


def test_each_epoch_has_its_own_order_and_the_seed_gives_it_again() -> None:
    a, b = (DataLoader(X, Y, 4, shuffle=True, rng=3) for _ in range(2))
    epochs = [order(a) for _ in range(3)]
    assert epochs == [order(b) for _ in range(3)] and len({tuple(e) for e in epochs}) == 3
    assert order(DataLoader(X, Y, 4, shuffle=True, rng=4)) != epochs[0]
    assert a.epoch == 3


def test_the_global_seed_decides_and_nothing_else_disturbs() -> None:
    orders = []
    for disturb in (False, True):
        nc.manual_seed(11)
        loader = DataLoader(X, Y, 4, shuffle=True)
        if disturb:
            nc.default_rng().random(100)
        orders.append(order(loader))
    assert orders[0] == orders[1]
    generator = np.random.default_rng(3)
    loader = DataLoader(X, Y, shuffle=True, rng=generator)
    before = generator.bit_generator.state
    order(loader)
    assert generator.bit_generator.state == before


def test_tuples_datasets_and_no_labels() -> None:
    xb, yb = next(iter(DataLoader((X, Y), (Y, Y * 2), 4)))
    assert [a.shape for a in xb] == [(4, 3), (4,)] and np.array_equal(yb[1], yb[0] * 2)
    xb, yb = next(iter(DataLoader(X, batch_size=2)))
    assert xb.shape == (2, 3) and yb is None
    digits = load("digits", "test")
    xb, yb = next(iter(DataLoader(digits, batch_size=7)))
    assert np.array_equal(xb, digits.x[:7]) and np.array_equal(yb, digits.y[:7])
    assert next(iter(DataLoader(digits, digits.x)))[1].shape == (32, 1, 8, 8)


def test_a_text_is_not_cut_into_samples() -> None:
    with pytest.raises(ArgumentError, match="'persuasion' is one long text; cut it with TextLoader"):
        DataLoader(load("persuasion"))


def test_batches_are_copies() -> None:
    x = X.copy()
    for shuffle in (False, True):
        for xb, _ in DataLoader(x, shuffle=shuffle, rng=0):
            xb[:] = -1
    assert np.array_equal(x, X)


def make(seed: int, transform: bool) -> DataLoader:
    noisy = Compose(Flip(), Noise(0.1)) if transform else None
    return DataLoader(IMAGES, Y, 4, shuffle=True, rng=seed, transform=noisy)


@settings(max_examples=40, deadline=None)
@given(epochs=st.integers(0, 2), stop=st.integers(0, 6), transform=st.booleans())
def test_resumed_anywhere_it_goes_on_with_the_same_bits(epochs: int, stop: int, transform: bool) -> None:
    """Four epochs in one go, against a stop after `stop` batches of epoch `epochs` and a new loader."""
    one = make(1, transform)
    whole = [batch for _ in range(4) for batch in one]
    first = make(1, transform)
    for _ in range(epochs):
        list(first)
    iterator = iter(first)
    for _ in range(stop):
        next(iterator)
    second = make(99, transform)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert second.state_dict() == first.state_dict()
    rest = [batch for _ in range(4 - epochs) for batch in second]
    for (xa, ya), (xb, yb) in zip(whole[epochs * 6 + stop :], rest, strict=True):
        assert np.array_equal(xa, xb) and np.array_equal(ya, yb)
    assert second.state_dict() == one.state_dict()


def test_a_broken_off_epoch_is_begun_anew_without_a_state() -> None:
    loader = DataLoader(X, Y, 4)
    next(iter(loader))
    assert order(loader) == list(range(23))


def test_the_state_is_not_shared() -> None:
    loader = make(1, True)
    next(iter(loader))
    state = loader.state_dict()
    kept = json.dumps(state)
    list(loader)
    assert json.dumps(state) == kept


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": X, "y": Y[:-1]}, "same number of samples, got 23 and 22"),
        ({"x": (X, Y[:3])}, "got 23 and 3"),
        ({"x": X[:0]}, "x has no samples"),
        ({"x": 3.0}, "array with one row for each sample"),
        ({"x": None}, "array with one row for each sample"),
        ({"x": [[1, 2], [3]]}, "x is not an array"),
        ({"x": ()}, "an empty tuple"),
        ({"x": (X, None)}, r"x\[1\] must be an array"),
        ({"x": X, "batch_size": 0}, "batch_size must be a whole number >= 1"),
        ({"x": X, "batch_size": 2.0}, "batch_size must be a whole number >= 1"),
        ({"x": X, "batch_size": True}, "batch_size must be a whole number >= 1"),
        ({"x": X, "rng": "seed"}, "rng must be"),
        ({"x": X, "rng": -1}, "rng must be"),
        ({"x": X, "transform": "flip"}, "transform must be callable"),
    ],
)
def test_wrong_arguments(arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        DataLoader(**arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": 24}, "taken with samples=24, this loader has samples=23; build it alike"),
        ({"batch_size": 5}, "batch_size=5"),
        ({"shuffle": False}, "shuffle=False"),
        ({"position": 7}, r"position=7, which is not in 0..6"),
        ({"position": -1}, "position=-1"),
        ({"position": 1.5}, "position=1.5"),
        ({"epoch": None}, "epoch=None"),
        ({"rng": {}}, "no state of a random generator"),
        ({"rng": {"bit_generator": "Evil"}}, "no state of a random generator"),
        ({"rng": {"bit_generator": "PCG64", "state": {"state": -1, "inc": "x"}}}, "no state of a random generator"),
        ({"order": None}, "amid an epoch but lacks the generator"),
        ({"order": {"bit_generator": "PCG64"}}, "no state of a random generator"),
    ],
)
def test_wrong_states_change_nothing(change: dict, message: str) -> None:
    loader = make(1, False)
    next(iter(loader))
    before = loader.state_dict()
    with pytest.raises(CheckpointError, match=message):
        loader.load_state_dict(before | change)
    for wrong in (None, [], {}):
        with pytest.raises(CheckpointError):
            loader.load_state_dict(wrong)  # type: ignore[arg-type]
    assert loader.state_dict() == before
