"""SequenceLoader: streams that continue from chunk to chunk, targets shifted by one, exact resume."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcore.data import SequenceLoader, TextLoader, load
from netcore.errors import ArgumentError, CheckpointError


@given(n=st.integers(2, 80), batch=st.integers(1, 6), steps=st.integers(1, 9), drop=st.booleans())
def test_against_the_formula(n: int, batch: int, steps: int, drop: bool) -> None:
    sequence = np.arange(n) * 3
    stream = (n - 1) // batch
    if stream < (steps if drop else 1):
        with pytest.raises(ArgumentError, match="streams of"):
            SequenceLoader(sequence, batch, steps, drop)
        return
    loader = SequenceLoader(sequence, batch, steps, drop)
    chunks = list(loader)
    assert len(chunks) == len(loader) == (stream // steps if drop else -(-stream // steps))
    for k, (x, y, first) in enumerate(chunks):
        assert first == (k == 0) and x.shape == y.shape and x.dtype == sequence.dtype
        for b in range(batch):
            for t in range(x.shape[1]):
                at = b * stream + k * steps + t
                assert x[b, t] == sequence[at] and y[b, t] == sequence[at + 1]
    if not drop:  # every element but the last few that no stream has room for is an input once
        assert sorted(int(v) for x, _, _ in chunks for v in x.ravel()) == (sequence[: batch * stream]).tolist()


def test_streams_continue() -> None:
    text = load("persuasion")
    chunks = list(TextLoader(text, batch_size=16, steps=50))
    for before, after in pairwise(chunks):
        assert np.array_equal(before.y[:, -1], after.x[:, 0])
    assert chunks[0].x.dtype == np.int64 and [c.first for c in chunks].count(True) == 1


def test_series_with_channels_and_copies() -> None:
    series = np.random.default_rng(0).standard_normal((21, 2)).astype(np.float32)
    x, y, _ = next(iter(SequenceLoader(series, 2, 4)))
    assert x.shape == (2, 4, 2) and np.array_equal(y[1, 3], series[14])
    kept = series.copy()
    x[:] = y[:] = 0
    assert np.array_equal(series, kept)


@given(stop=st.integers(0, 13), epochs=st.integers(0, 2))
def test_resume(stop: int, epochs: int) -> None:
    sequence = np.arange(200)
    whole = [c for _ in range(3) for c in SequenceLoader(sequence, 3, 5)]
    first = SequenceLoader(sequence, 3, 5)
    for _ in range(epochs):
        list(first)
    iterator = iter(first)
    for _ in range(stop):
        next(iterator)
    second = SequenceLoader(sequence, 3, 5)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    rest = [c for _ in range(3 - epochs) for c in second]
    assert second.epoch == 3
    for a, b in zip(whole[epochs * len(first) + stop :], rest, strict=True):
        assert np.array_equal(a.x, b.x) and np.array_equal(a.y, b.y) and a.first == b.first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequence": 5}, r"numeric array \(L, ...\)"),
        ({"sequence": "text"}, "numeric array"),
        ({"sequence": np.zeros(0)}, "0 elements gives 32 streams of 0 steps"),
        ({"sequence": np.zeros(10)}, "10 elements gives 32 streams of 0 steps; take a smaller batch_size"),
        ({"sequence": np.zeros(10), "batch_size": 0}, "batch_size must be"),
        ({"sequence": np.zeros(10), "batch_size": 1, "steps": 0}, "steps must be"),
        ({"sequence": np.zeros(10), "batch_size": 1, "steps": 10, "drop_last": True}, "streams of 9 steps"),
    ],
)
def test_wrong_arguments(arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        SequenceLoader(**arguments)


def test_wrong_states() -> None:
    loader = SequenceLoader(np.arange(50), 2, 5)
    state = loader.state_dict()
    for change in ({"steps": 6}, {"samples": 51}, {"position": 6}, {"position": "1"}):
        with pytest.raises(CheckpointError, match=next(iter(change))):
            loader.load_state_dict(state | change)
    assert loader.state_dict() == state
