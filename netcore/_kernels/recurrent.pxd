# What the three recurrent families share: how sequences lie in memory and which thread walks through which of them.
# See csrc/recurrent.pyx.
from cython cimport floating
from libc.stdint cimport int64_t

from netcore._kernels.dispatch cimport nc_kernels

cdef extern from "kernels/fetch.h":
    void nc_fetch(const void *start, long bytes) noexcept nogil


cdef struct Batch:
    Py_ssize_t count            # sequences
    int parts                   # threads, each with its own sequences
    bint reverse                # walk from each sequence's last step to its first
    const int64_t *order        # position -> sequence; within a part the longest first
    const int64_t *length       # steps of a sequence
    const int64_t *first        # row of its first step


cdef class Deal:
    cdef Batch batch
    cdef Py_ssize_t most        # sequences of a part
    cdef object lengths
    cdef int64_t *memory


cdef inline Py_ssize_t part_start(const Batch *B, int part) noexcept nogil:
    """The first position of a part; the first count % parts parts have one more than the others."""
    return part * (B.count // B.parts) + min(part, B.count % B.parts)


cdef inline Py_ssize_t length_at(const Batch *B, Py_ssize_t position) noexcept nogil:
    return B.length[B.order[position]]


cdef inline Py_ssize_t row_at(const Batch *B, Py_ssize_t position, Py_ssize_t step) noexcept nogil:
    """The row on which a sequence stands at a step of the walk."""
    cdef Py_ssize_t sequence = B.order[position]
    return B.first[sequence] + (B.length[sequence] - 1 - step if B.reverse else step)


cdef inline const floating *state_before(
    const Batch *B, Py_ssize_t position, Py_ssize_t step, const floating *states, const floating *h0, Py_ssize_t H,
) noexcept nogil:
    """A sequence's state as a step of the walk finds it: that of the step before, or the initial state."""
    return states + row_at(B, position, step - 1) * H if step else h0 + B.order[position] * H


cdef inline Py_ssize_t tile_rows(Py_ssize_t rows, Py_ssize_t most) noexcept nogil:
    """Rows cut evenly into tiles of at most `most`: 25 become 9 + 9 + 7, since a tile of 1 would wait for its own sums."""
    cdef Py_ssize_t tiles = (rows + most - 1) // most
    return (rows + tiles - 1) // tiles if tiles else 1


cdef room(Py_ssize_t rows, Py_ssize_t columns, dtype)
cdef joined(b_ih, b_hh)
cdef input_part(const floating *w_ih, x, Py_ssize_t gates, bias)
cdef gate_panels(const floating *w_hh, Py_ssize_t H, Py_ssize_t gates, const floating *w_ih, Py_ssize_t D, dtype)
cdef state_panels(const floating *w, Py_ssize_t depth, Py_ssize_t columns, dtype)
cdef Py_ssize_t panel_columns(const nc_kernels *K, Py_ssize_t columns) noexcept nogil
cdef int parts_for(Py_ssize_t work) noexcept
