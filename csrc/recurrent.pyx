# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What csrc/lstm.pyx, gru.pyx and rnn.pyx share.

Sequences lie one after the other, row by row and without padding (netcore/reference/sequence.py). They are dealt out to
threads, and each thread walks through all steps of its own sequences without waiting for the others; what a sequence
gets does not depend on who walks with it, so results are bit-identical for any number of threads.

What does not depend on the state can leave the walk, as one product over all rows: the input's part of the
pre-activations in front of it (csrc/lstm.pyx takes a narrow one along instead), the gradients of the input and of the
parameters after the walk back: csrc/recurrent_gradients.pyx.
"""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from netcore._kernels.dispatch cimport kernels_for, nc_kernels, numbers, thread_count
from netcore._kernels.gemm cimport WORTH_A_THREAD, gemm
from netcore import memory

cdef enum:
    MANY = 16               # sequences from which a step has enough rows to take the input's weights along
    FOLDED_BYTES = 1 << 19  # weights that stay in the second-level cache beside the step's operands
    TINY_BYTES = 1 << 14    # weights that stay in the first-level cache: taking them along costs nothing
    PACKING = 8             # multiply-adds that take as long as packing a number
    SMALL = 1 << 13         # numbers up to which no array is recycled (netcore/memory.py)


cdef room(Py_ssize_t rows, Py_ssize_t columns, dtype):
    """A new array (rows, columns), recycled where it is large."""
    return np.empty((rows, columns), dtype) if rows * columns < SMALL else memory.empty((rows, columns), dtype)


cdef class Deal:
    """The sequences by position, the first row of each, and how many threads take part.

    Part p gets every parts-th sequence of those sorted by length, so that all parts have about as many steps to walk.
    """

    def __cinit__(self, lengths, Py_ssize_t work, bint reverse):
        cdef Py_ssize_t count = len(lengths), i, row = 0
        cdef int parts = <int> min(parts_for(work), max(count, <Py_ssize_t> 1))
        cdef const int64_t *length = <const int64_t *> numbers(lengths, sizeof(int64_t))
        cdef int64_t *order
        cdef bint equal = True
        self.lengths, self.most = lengths, (count + parts - 1) // parts
        self.memory = order = <int64_t *> malloc((2 * count + 1) * sizeof(int64_t))
        if order == NULL:
            raise MemoryError(f"no memory to deal out {count} sequences")
        self.batch = Batch(count, parts, reverse, order, length, order + count)
        for i in range(count):
            order[i], order[count + i] = i, row
            row += length[i]
            equal = equal and length[i] == length[0]
        if not equal:
            by_length = np.argsort(-lengths, kind="stable")
            for i, row in enumerate(np.concatenate([by_length[part::parts] for part in range(parts)])):
                order[i] = row

    def __dealloc__(self):
        free(self.memory)


def folds(Py_ssize_t count, w_ih, w_hh):
    """Whether the input's part of the pre-activations is computed within the walk, as W_ih and W_hh side by side times x and h.

    That spares writing and reading all pre-activations, many times what a narrow input has to read. It says nothing of
    threads, since the order of the sums follows from it.
    """
    return w_ih.nbytes + w_hh.nbytes <= (FOLDED_BYTES if count >= MANY else TINY_BYTES)


cdef joined(b_ih, b_hh):
    """The sum of two biases, either of which may be absent."""
    return b_hh if b_ih is None else b_ih if b_hh is None else b_ih + b_hh


cdef int parts_for(Py_ssize_t work) noexcept:
    return <int> max(<Py_ssize_t> 1, min(<Py_ssize_t> thread_count(), work // WORTH_A_THREAD))


cdef input_part(const floating *w_ih, x, Py_ssize_t gates, bias):
    """x W_ihᵀ + bias for all rows at once."""
    cdef Py_ssize_t rows = x.shape[0], D = x.shape[1]
    result = room(rows, gates, x.dtype)
    cdef const floating *x_at = <const floating *> numbers(x, sizeof(floating))
    cdef const floating *b = <const floating *> numbers(bias, sizeof(floating))
    cdef floating *out = <floating *> numbers(result, sizeof(floating))
    with nogil:
        gemm(rows, gates, D, x_at, D, 1, w_ih, 1, D, out, gates, b, 0, 1, thread_count())
    return result


cdef gate_panels(const floating *w_hh, Py_ssize_t H, Py_ssize_t gates, const floating *w_ih, Py_ssize_t D, dtype):
    """W_hhᵀ packed once for all steps: (gates, panels of NR hidden units, each D + H deep), W_ihᵀ on top of it; D may be 0."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef Py_ssize_t depth = D + H, blocks = (H + K.nr - 1) // K.nr
    cdef int task, threads = parts_for(PACKING * gates * H * depth)
    out = room(gates, panel_columns(K, H) * depth, dtype)
    cdef floating *panels = <floating *> numbers(out, sizeof(floating))
    for task in prange(gates * blocks, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        gate_panel(K, w_hh, H, w_ih, D, task // blocks * H, task % blocks * K.nr, panels + task * depth * K.nr)
    return out


cdef void gate_panel(
    const nc_kernels *K, const floating *w_hh, Py_ssize_t H, const floating *w_ih, Py_ssize_t D, Py_ssize_t gate, Py_ssize_t j, floating *panel,
) noexcept nogil:
    """The units from j on of the gate whose weights begin at a row."""
    cdef Py_ssize_t units = min(<Py_ssize_t> K.nr, H - j)
    if D:
        K.pack(units, D, K.nr, 1, w_ih + (gate + j) * D, D, 1, panel)
    K.pack(units, H, K.nr, 1, w_hh + (gate + j) * H, H, 1, panel + D * K.nr)


cdef state_panels(const floating *w, Py_ssize_t depth, Py_ssize_t columns, dtype):
    """W (depth, columns) packed once for all steps back: panels of NR columns."""
    cdef const nc_kernels *K = kernels_for(sizeof(floating))
    cdef int panel, threads = parts_for(PACKING * depth * columns)
    out = room(panel_columns(K, columns), depth, dtype)
    cdef floating *panels = <floating *> numbers(out, sizeof(floating))
    for panel in prange((columns + K.nr - 1) // K.nr, nogil=True, num_threads=threads, schedule="static", use_threads_if=threads > 1):
        K.pack(min(<Py_ssize_t> K.nr, columns - panel * K.nr), depth, K.nr, 1, w + panel * K.nr, 1, columns, panels + panel * K.nr * depth)
    return out


cdef Py_ssize_t panel_columns(const nc_kernels *K, Py_ssize_t columns) noexcept nogil:
    """Columns of the packed panels, the last one filled up."""
    return (columns + K.nr - 1) // K.nr * K.nr
