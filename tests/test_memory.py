"""csrc/memory.pyx: a block comes back when, and only when, nobody looks at it."""

import gc

import numpy as np
import pytest

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
