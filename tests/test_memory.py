"""csrc/memory.pyx: a block comes back when, and only when, nobody looks at it."""

import gc
import subprocess
import sys

import numpy as np
import pytest

import netcore as nc
from bench import zoo
from bench.peers.netcore import Peer
from bench.turns import ROOT
from netcore import memory
from netcore.backend import BACKEND

pytestmark = pytest.mark.skipif(BACKEND != "compiled", reason="the NumPy reference takes its memory from NumPy")


def test_a_block_is_reused_once_nobody_refers_to_it():
    x = memory.empty((300, 1000), np.dtype(np.float32))
    address = x.ctypes.data
    made = memory.blocks_made()
    del x
    gc.collect()
    y = memory.empty((1000, 300), np.dtype(np.float32))
    assert y.ctypes.data == address
    assert memory.blocks_made() == made


def test_a_view_keeps_its_block():
    x = memory.zeros((300, 1000), np.dtype(np.float32))
    row = x[7, ::3]
    del x
    other = memory.empty((300, 1000), np.dtype(np.float32))
    other.fill(9)
    assert (row == 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [7, 1 << 14, 300_001])
def test_sums(size, dtype):
    a, b = np.random.default_rng(size).standard_normal((2, size)).astype(dtype)
    np.testing.assert_array_equal(memory.add(a, b), a + b)
    np.testing.assert_array_equal(memory.add(a[::2], b[::2]), a[::2] + b[::2])
    with pytest.raises(ValueError, match="could not be broadcast"):
        memory.add(a, b[:-1])


def test_arrays_are_aligned_writable_and_contiguous():
    for shape in [(1 << 16,), (333, 777), (5, 6, 7, 1000)]:
        x = memory.empty(shape, np.dtype(np.float64))
        assert x.shape == shape
        assert x.ctypes.data % 64 == 0
        assert x.flags.writeable
        assert x.flags.c_contiguous


def test_release_gives_idle_blocks_back():
    del_me = memory.empty((1 << 20,), np.dtype(np.float32))
    del del_me
    memory.release()
    made = memory.blocks_made()
    memory.empty((1 << 20,), np.dtype(np.float32))
    assert memory.blocks_made() == made + 1


FLOAT32 = np.dtype(np.float32)


def test_a_smaller_array_takes_a_larger_block_but_not_one_twice_too_large():
    memory.release()
    memory.empty((1 << 20,), FLOAT32)  # idle at once, 4 MiB
    made = memory.blocks_made()
    half, quarter = memory.empty((1 << 19,), FLOAT32), memory.empty((1 << 18,), FLOAT32)
    assert memory.blocks_made() == made + 1  # the first fits, the second must not take what is four times too large
    half.fill(1)
    quarter.fill(2)
    assert (half == 1).all()
    del half
    assert memory.empty((1 << 20,), FLOAT32).size == 1 << 20  # it has kept its capacity
    assert memory.blocks_made() == made + 1


def test_a_larger_array_takes_the_place_of_a_block_that_has_become_too_small():
    memory.release()
    memory.empty((1 << 19,), FLOAT32)
    waiting = memory._blocks.statistics()[1]
    assert waiting >= 4 << 19
    larger = memory.empty((1 << 20,), FLOAT32)
    assert memory._blocks.statistics()[1] == waiting - (4 << 19)
    larger.fill(3)


@pytest.mark.parametrize("row", zoo.ROWS, ids=lambda row: row.name)
def test_a_steady_step_of_every_network_takes_no_large_block(row):
    peer, before = Peer(row), nc.get_num_threads()
    nc.set_num_threads(2)
    try:
        for _ in range(4):
            peer.step()
        made = memory.blocks_made()
        for _ in range(2):
            peer.step()
    finally:
        nc.set_num_threads(before)
    assert memory.blocks_made() == made


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak of resident memory from /proc")
@pytest.mark.parametrize("algorithm", ["direct", "channels_last", "winograd"])
def test_a_convolution_holds_much_less_than_the_matrix_of_columns(algorithm):
    """All three passes at their peak, the kernels' own scratch included, beside a quarter of the matrix; in a process of its own."""
    code = f"""
import numpy as np, netcore.functional as F
from bench.worker import peak_of
F.set_conv_algorithm({algorithm!r})
x, w = np.ones((8, 64, 56, 56), np.float32), np.ones((16, 64, 3, 3), np.float32)
def passes():
    y, cache = F.conv2d_forward(x, w, padding=1)
    F.conv2d_backward(y, cache)
F.conv2d_backward(*F.conv2d_forward(x[:1], w, padding=1))
print(peak_of(lambda: passes) / (4 * 8 * 56 * 56 * 64 * 9))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 0 < float(done.stdout) < 0.3  # dx alone is a ninth
