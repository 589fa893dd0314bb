# Images with their channels innermost, numbers [row, column, channel]: how csrc/channels_last.pyx and csrc/winograd.pyx
# lay an image out for themselves.
from cython cimport floating
from libc.string cimport memset

from netcore._kernels.dispatch cimport nc_kernels

cdef extern from "kernels/fetch.h":
    void nc_fetch(const void *start, long bytes) noexcept nogil


cdef struct Image:
    Py_ssize_t c, h, w, top, left   # channels and size; padding before


cdef inline Py_ssize_t plane_size(Py_ssize_t numbers) noexcept nogil:
    """Distance from one of many planes to the next: an odd number of cache lines, so that numbers in the same place of each lie in
    different sets of the first-level cache. With a power of two between them, one set would have to hold them all."""
    return ((numbers + 15) // 16 | 1) * 16


cdef inline void channels_last(
    const nc_kernels *K, const Image *g, const floating *x, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t columns, floating *to,
) noexcept nogil:
    """Rows first … first + rows of the padded image, `columns` wide, channels innermost: to[row, column, c]; zeros outside of x.

    The rows of a large image come from main memory, one piece from each channel, too scattered for the processor to foresee: each
    row asks for the next but one."""
    cdef Py_ssize_t row = columns * g.c, left = g.left * g.c, width = g.w * g.c, h, c
    for h in range(first - g.top, first - g.top + rows):
        if 0 <= h < g.h:
            if h + 2 < g.h:
                for c in range(g.c):
                    nc_fetch(x + (c * g.h + h + 2) * g.w, g.w * sizeof(floating))
            memset(to, 0, left * sizeof(floating))
            K.pack_transpose(g.c, g.w, g.c, x + h * g.w, g.h * g.w, to + left)
            memset(to + left + width, 0, (row - left - width) * sizeof(floating))
        else:
            memset(to, 0, row * sizeof(floating))
        to = to + row
