# What compiled modules share: the kernels in use and the number of threads.
# `nc_kernels` lists the functions of csrc/kernels/table.h; pointers to float or double are untyped here, since the row
# is picked by the size of the number:  K = kernels_for(sizeof(floating)).

cdef extern from "kernels/table.h":
    ctypedef struct nc_kernels:
        long lanes, mr, nr
        # gemm.h
        void (*gemm_tile)(long m, long n, long k, const void *a, const void *b, void *c, long ldc, const void *s, long s_row, long s_col) noexcept nogil
        void (*gemm_block)(long m, long n, long k, const void *a, const void *b, void *c, long ldc, const void *s, long s_row, long s_col) noexcept nogil
        void (*pack)(long count, long k, long width, int pad, const void *src, long line, long step, void *dst) noexcept nogil
        # conv.h
        # pool.h
        # recurrent.h
        # activation.h
        # norm.h
        # loss.h
        # optim.h

cdef const nc_kernels *kernels_for(size_t itemsize) noexcept nogil
cdef int thread_count() noexcept nogil
