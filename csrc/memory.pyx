# cython: language_level=3
"""Recycled memory for large arrays.

A training step makes the same large arrays again and again. Fresh memory costs a page fault for each 4 kB at its first
touch, often more than the arithmetic that fills it; so a block that no array refers to any more is kept for the next
array of its size. NumPy keeps a block alive as the `base` of every array and view on it: it comes back when the last of
them is gone, never while somebody looks at it. Blocks start at a 64-byte boundary, a cache line and a vector register.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free, malloc

cdef enum:
    ALIGNMENT = 64
    STEPS = 8               # sizes are rounded up by at most an eighth, so that similar sizes share blocks

cdef dict idle = {}         # capacity -> addresses of blocks that nobody uses
cdef Py_ssize_t idle_bytes = 0
cdef Py_ssize_t idle_limit = 1 << 30
cdef Py_ssize_t made = 0    # blocks taken from the system so far


cdef Py_ssize_t rounded(Py_ssize_t nbytes) noexcept:
    """The capacity of a block for `nbytes`: the next of eight steps within its power of two."""
    cdef Py_ssize_t power = 4096
    while power < nbytes:
        power *= 2
    cdef Py_ssize_t step = max(power // (2 * STEPS), 1)
    return (nbytes + step - 1) // step * step


cdef class Block:
    """`nbytes` of uninitialised memory that exports the buffer protocol."""

    cdef void *memory
    cdef void *start
    cdef Py_ssize_t nbytes, capacity

    def __cinit__(self, Py_ssize_t nbytes):
        global idle_bytes, made
        cdef list waiting
        self.nbytes, self.capacity = nbytes, rounded(nbytes)
        waiting = idle.get(self.capacity)
        if waiting:
            self.memory = <void *> <uintptr_t> waiting.pop()
            idle_bytes -= self.capacity
        else:
            self.memory = malloc(self.capacity + ALIGNMENT)
            if self.memory == NULL:
                raise MemoryError(f"no memory for an array of {nbytes} bytes")
            made += 1
        self.start = <void *> ((<uintptr_t> self.memory + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self.start, self.nbytes, 0, flags)

    def __dealloc__(self):
        global idle_bytes
        if self.memory == NULL:
            return
        if idle is None or idle_bytes + self.capacity > idle_limit:
            free(self.memory)
            return
        idle.setdefault(self.capacity, []).append(<uintptr_t> self.memory)
        idle_bytes += self.capacity


def statistics():
    """(blocks taken from the system so far, bytes that wait for reuse)."""
    return made, idle_bytes


def release():
    """Give back to the system what waits for reuse."""
    global idle_bytes
    for addresses in idle.values():
        for address in addresses:
            free(<void *> <uintptr_t> address)
    idle.clear()
    idle_bytes = 0
