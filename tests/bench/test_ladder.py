"""Every rung of the ladder computes what the reference computes; nothing here is timed."""

import json

import numpy as np
import pytest

pytest.importorskip("netcore._kernels.ladder", reason="the compiled rungs are not built")

from bench.ladder import report
from bench.ladder.conv import LADDER as CONV
from bench.ladder.conv_backward import LADDER as CONV_BACKWARD
from bench.ladder.lstm import LADDER as LSTM
from bench.ladder.lstm_training import LADDER as LSTM_TRAINING
from bench.ladder.pool import LADDER as POOL
from bench.ladder.rung import Rung
from bench.ladder.timing import Timed, per_sample
from tests.support import ISAS, assert_close, isa

LADDERS = {ladder.name: ladder for ladder in (CONV, CONV_BACKWARD, POOL, LSTM, LSTM_TRAINING)}
EVERY = [pytest.param(ladder, rung, id=f"{ladder.name}-{rung.name.replace(' ', '_')}") for ladder in LADDERS.values() for rung in ladder.rungs]


def outputs(result):
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("level", ISAS)
@pytest.mark.parametrize(("ladder", "rung"), EVERY)
def test_every_rung_meets_the_reference(ladder, rung, level, dtype, tolerance):
    arguments = ladder.problem(3, dtype, **ladder.small)
    before = [argument.copy() for argument in arguments]
    expected = outputs(ladder.reference(*(argument.astype(np.float64) for argument in arguments)))
    with isa(level):
        got = outputs(rung.run(*arguments))
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        assert a.dtype == dtype
        assert_close(a, b, tolerance)
    assert all((old == new).all() for old, new in zip(before, arguments, strict=True))


@pytest.mark.parametrize("ladder", LADDERS.values(), ids=LADDERS)
def test_every_rung_says_its_one_idea(ladder):
    names = [rung.name for rung in ladder.rungs]
    assert len(set(names)) == len(names)
    for rung in ladder.rungs:
        assert rung.idea.endswith(".") and len(rung.idea) > 20
        below = ladder.below(rung)
        assert (below is None) == (rung is ladder.rungs[0])
        assert below is None or names.index(below.name) < names.index(rung.name)


def test_a_climb_in_words_numbers_and_pictures(tmp_path):
    climbed = [Timed(rung, 10.0**-i, 10.0 if i else 1.0, 10.0**i) for i, rung in enumerate(POOL.rungs)]
    report.write(POOL, climbed, tmp_path / "out")
    found = json.loads((tmp_path / "out" / "ladder-pool.json").read_text())
    assert [rung["total"] for rung in found["rungs"]] == [10.0**i for i in range(len(POOL.rungs))]
    assert found["environment"]["instruction set"] and (tmp_path / "out" / "ladder-pool.png").stat().st_size > 1000
    assert report.table(POOL, climbed).row_count == len(POOL.rungs)
    assert "'Cython loops' builds on 'Python loops'" in report.notes(POOL)
    assert [report.times(f) for f in (1.5, 12.34, 1234.0)] == ["x 1.50", "x 12.3", "x 1,234"]
    assert [report.duration(s) for s in (2.0, 0.002, 2e-6)] == ["2 s", "2 ms", "2 us"]


def test_a_timed_rung_runs_at_least_once_and_leaves_the_threads():
    import netcore as nc

    before, seen = nc.get_num_threads(), []
    rung = Rung("twice", lambda *arrays: seen.append((len(arrays[0]), nc.get_num_threads())), samples=2, threads=2)
    assert per_sample(POOL, rung, 0.0) > 0
    assert seen == [(2, 2)] and nc.get_num_threads() == before
