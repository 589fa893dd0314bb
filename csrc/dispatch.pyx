# cython: language_level=3, boundscheck=False, wraparound=False
"""Which kernels run: the instruction set, chosen at run time, and the number of threads.

The levels that were built stand in csrc/kernels/registry.h, best first, each with its run-time test. The best one that
the machine supports is used unless NETCORE_ISA or `set_isa` names another. Read next: csrc/kernels/table.h.
"""

import os

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer

cdef extern from "kernels/registry.h":
    ctypedef struct nc_table:
        const char *name
        const nc_kernels *f32
        const nc_kernels *f64
    ctypedef struct nc_level:
        const nc_table *table
        int supported
    nc_level nc_level_at(int index) nogil
    int nc_openmp() nogil
    int nc_default_threads() nogil
    const char *nc_compiler() nogil

cdef const nc_table *active = NULL
cdef int threads = 1


cdef const nc_kernels *kernels_for(size_t itemsize) noexcept nogil:
    """The row of the float (4 bytes) or the double (8 bytes) kernels in use."""
    return <const nc_kernels *> active.f32 if itemsize == 4 else <const nc_kernels *> active.f64


cdef int thread_count() noexcept nogil:
    return threads


cdef void *numbers(array, Py_ssize_t itemsize) except? NULL:
    """Where the numbers of a contiguous array stand, NULL for None or an empty one: a tenth of what a typed memoryview costs a small
    call. They stay there while somebody holds the array, as the callers do."""
    cdef Py_buffer view
    if array is None:
        return NULL
    PyObject_GetBuffer(array, &view, PyBUF_SIMPLE)
    PyBuffer_Release(&view)
    if view.itemsize != itemsize:
        raise TypeError(f"a kernel expects numbers of {itemsize} bytes, got {view.itemsize}")
    return view.buf if view.len else NULL


def isa_levels():
    """Names of the levels that were built, best first, each with whether this machine supports it."""
    cdef int index = 0
    cdef nc_level level = nc_level_at(0)
    found = []
    while level.table != NULL:
        found.append((level.table.name.decode(), bool(level.supported)))
        index += 1
        level = nc_level_at(index)
    return found


def get_isa():
    return active.name.decode()


def set_isa(name):
    """Use the kernels of one level; returns whether it is built and supported here (nothing changes if not)."""
    global active
    cdef int index = 0
    cdef nc_level level = nc_level_at(0)
    while level.table != NULL:
        if level.supported and level.table.name.decode() == name:
            active = level.table
            return True
        index += 1
        level = nc_level_at(index)
    return False


def tile_shape(int itemsize):
    """(vector lanes, rows, columns) of the matrix product's register tile."""
    cdef const nc_kernels *K = kernels_for(itemsize)
    return K.lanes, K.mr, K.nr


def get_num_threads():
    return threads


def set_num_threads(int n):
    global threads
    threads = n


def build_info():
    return {"compiler": nc_compiler().decode(), "openmp": bool(nc_openmp())}


set_num_threads(nc_default_threads())
set_isa(next(name for name, supported in isa_levels() if supported))
