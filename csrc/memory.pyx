# cython: language_level=3, cdivision=True
"""Recycled memory for large arrays.

A training step makes the same large arrays again and again. Fresh memory costs a page fault for each 4 kB at its first
touch, often more than the arithmetic that fills it; so a block that no array refers to any more is kept for the next
array of its size. NumPy keeps a block alive as the `base` of every array and view on it: it comes back when the last of
them is gone, never while somebody looks at it. Blocks start at a 64-byte boundary, a cache line and a vector register.

An array takes the smallest idle block that holds it and is at most twice too large. Where there is none, a new one is made in
exchange for the largest idle one that is at least half as large: so a network whose layers shrink needs little more than it
uses at once, not as much again for each size; and after a few steps, since blocks only grow, none is made any more.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from cython.parallel cimport prange
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from netcore._kernels.dispatch cimport thread_count

cdef enum:
    ALIGNMENT = 64
    STEPS = 8               # sizes are rounded up by at most an eighth, so that similar sizes share blocks

cdef dict idle = {}         # capacity -> addresses of blocks that nobody uses, at least one
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


cdef Py_ssize_t nearest(Py_ssize_t low, Py_ssize_t high, bint least) noexcept:
    """The least or the greatest capacity of an idle block in low..high; 0 where there is none."""
    cdef Py_ssize_t best = 0, capacity
    for capacity in idle:
        if low <= capacity <= high and (best == 0 or (capacity < best) == least):
            best = capacity
    return best


cdef void *take(Py_ssize_t capacity):
    """The address of an idle block of this very capacity, which is idle no longer."""
    global idle_bytes
    cdef list waiting = idle[capacity]
    cdef void *memory = <void *> <uintptr_t> waiting.pop()
    if not waiting:
        del idle[capacity]
    idle_bytes -= capacity
    return memory


cdef class Block:
    """`nbytes` of uninitialised memory that exports the buffer protocol."""

    cdef void *memory
    cdef void *start
    cdef Py_ssize_t nbytes, capacity

    def __cinit__(self, Py_ssize_t nbytes):
        global made
        cdef Py_ssize_t needed = rounded(nbytes), found
        found = needed if needed in idle else nearest(needed, 2 * needed, True)
        self.nbytes, self.capacity = nbytes, found or needed
        if found:
            self.memory = take(found)
        else:
            found = nearest((needed + 1) // 2, needed, False)
            if found:
                free(take(found))
            self.memory = malloc(needed + ALIGNMENT)
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


def copy(const unsigned char[::1] source, unsigned char[::1] target):
    """The bytes of a large array to another one, a part a thread: one alone cannot ask for as much as the memory gives."""
    cdef Py_ssize_t parts = thread_count(), size = source.shape[0], part, start
    for part in prange(parts, nogil=True, num_threads=<int> parts, schedule="static", use_threads_if=parts > 1):
        start = size * part // parts
        memcpy(&target[start], &source[start], size * (part + 1) // parts - start)
