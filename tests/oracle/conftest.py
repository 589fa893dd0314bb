"""PyTorch beside netcore: one thread each."""

import pytest

import netcore as nc


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Two OpenMP runtimes that wait for each other by spinning take seconds for milliseconds of work."""
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests; install the extra test-oracle")
    before = torch.get_num_threads(), nc.get_num_threads()
    torch.set_num_threads(1)
    nc.set_num_threads(1)
    yield
    torch.set_num_threads(before[0])
    nc.set_num_threads(before[1])


@pytest.fixture(autouse=True)
def same_weights_every_time():
    """Drawn anew each time, one in ten thousand sums would cancel, and its relative error be a hundred times the usual one."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    nc.manual_seed(0)
