# What compiled modules share: the kernels in use and the number of threads.
# `nc_kernels` lists the functions of csrc/kernels/table.h; pointers to float or double are untyped here, since the row
# is picked by the size of the number:  K = kernels_for(sizeof(floating)).

cdef extern from "kernels/table.h":
    ctypedef struct nc_kernels:
        long lanes, mr, nr
        # gemm.h
        void (*gemm_tile)(long m, long n, long k, const void *a, long a_row, long a_col, const void *b, void *c, long ldc, const void *s, long s_row, long s_col) noexcept nogil
        void (*gemm_panel)(long m, long n, long k, const void *a, long a_row, const void *b, void *c, long ldc, const void *s, long s_row, long s_col, long lines, long length, const void *next, long line) noexcept nogil
        void (*gemm_block)(long m, long n, long k, const void *a, const void *b, void *c, long ldc, const void *s, long s_row, long s_col) noexcept nogil
        void (*gemm_in_place)(long m, long n, long k, const void *a, long a_row, long a_col, const void *b, void *c, long ldc, const void *s, long s_row, long s_col) noexcept nogil
        void (*gemm_dots)(long m, long n, long k, const void *a, long a_row, const void *b, long b_col, void *c, long ldc, const void *s, long s_row, long s_col) noexcept nogil
        void (*pack_transpose)(long w, long k, long stride, const void *src, long line, void *dst) noexcept nogil
        void (*pack)(long count, long k, long width, int pad, const void *src, long line, long step, void *dst) noexcept nogil
        # conv.h
        void (*conv_gather)(long taps, long count, long ow, long column, long row_step, const void *x, const long *offset, void *panel) noexcept nogil
        void (*conv_scatter)(long taps, long leap, long count, long ow, long column, long row_step, const void *panel, const long *offset, void *x) noexcept nogil
        void (*conv_rows)(long taps, long oh, long ow, long row_step, const void *x, const long *offset, const void *weight, double bias, void *y) noexcept nogil
        void (*conv_deal)(long n, const void *x, void *even, void *odd) noexcept nogil
        void (*conv_collect)(long n, const void *even, const void *odd, double shift, void *x) noexcept nogil
        void (*conv_weight_panel)(long taps, long filters, long oh, long ow, long row_step, long step, const void *x, const long *offset, const void *dy, void *dw) noexcept nogil
        void (*conv_weight_dots)(long taps, long oh, long ow, long row_step, const void *x, const long *offset, const void *dy, void *dw, long ldw) noexcept nogil
        # pixels.h
        void (*conv_pixels)(long pixels, long filters, long taps, long channels, const void *x, const long *source, const long *tap, const void *w, const void *bias, void *y, const long *target) noexcept nogil
        # winograd.h
        void (*winograd_input)(int n, long channels, const void *d, long row, void *v, long plane) noexcept nogil
        void (*winograd_output)(int n, long channels, const void *m, long plane, const void *bias, void *y, long row) noexcept nogil
        void (*winograd_output_gradient)(int n, long channels, const void *dy, long row, void *m, long plane, long panel) noexcept nogil
        void (*winograd_filter)(int n, int flip, const void *g, void *u, long plane) noexcept nogil
        void (*winograd_filter_gradient)(int n, long channels, const void *du, long plane, void *dg) noexcept nogil
        # pool.h
        void (*max_pool_2x2)(long n, const void *upper, const void *lower, void *y, unsigned char *which) noexcept nogil
        void (*max_pool_2x2_gradient)(long n, const void *dy, const unsigned char *which, void *upper, void *lower) noexcept nogil
        # recurrent.h
        void (*lstm_forward_tile)(long count, long units, long hidden, void *z, long z_gate, const void *a, long a_row, void *gates, void *c, void *c_prev, void *tanh_c, void *kept, void *h, long h_row, void *y, const long *row, const long *order) noexcept nogil
        void (*lstm_backward_row)(long units, const void *dy, const void *dh, void *dc, const void *i, const void *f, const void *g, const void *o, const void *c_prev, const void *tanh_c, void *di, void *df, void *dg, void *d_o) noexcept nogil
        void (*gru_forward_row)(long units, const void *z, long z_gate, const void *b_hn, void *reset, void *update, void *fresh, void *from_state, const void *h_prev, void *kept, void *h, void *y) noexcept nogil
        void (*gru_backward_row)(long units, const void *dy, void *dh, const void *reset, const void *update, const void *fresh, const void *from_state, const void *h_prev, void *dreset, void *dupdate, void *dfresh, void *dfrom_state) noexcept nogil
        void (*rnn_forward_row)(long units, int relu, const void *z, void *kept, void *h, void *y) noexcept nogil
        void (*rnn_backward_row)(long units, int relu, const void *dy, const void *dh, const void *a, void *da) noexcept nogil
        void (*column_sums)(long rows, long columns, const void *src, long ld, const void *weight, long step, void *sums) noexcept nogil
        # activation.h
        void (*activate)(int kind, long n, double slope, const void *x, void *y) noexcept nogil
        void (*activate_gradient)(int kind, long n, double slope, const void *kept, const void *dy, void *dx) noexcept nogil
        # dropout.h
        void (*dropout_mask)(long n, long first, unsigned long long key, unsigned long long threshold, unsigned char *mask) noexcept nogil
        void (*dropout_apply)(long n, double scale, const unsigned char *mask, const void *x, void *y) noexcept nogil
        # rows.h
        void (*softmax)(long n, const void *x, void *y) noexcept nogil
        void (*softmax_gradient)(long n, const void *y, const void *dy, void *dx) noexcept nogil
        void (*log_softmax)(long n, const void *x, void *y) noexcept nogil
        void (*log_softmax_gradient)(long n, const void *y, const void *dy, void *dx) noexcept nogil
        double (*cross_entropy)(long n, long target, double smoothing, const void *x, void *dx) noexcept nogil
        double (*sum)(long n, const void *x) noexcept nogil
        double (*sum_squares)(long n, double center, const void *x) noexcept nogil
        double (*square_sum)(long n, const void *x) noexcept nogil
        double (*sum_products)(long n, double center, const void *x, const void *dy) noexcept nogil
        void (*affine)(long n, double center, double scale, double shift, const void *x, void *y) noexcept nogil
        void (*affine_gradient)(long n, double center, double scale, double slope, double shift, const void *x, const void *dy, void *dx) noexcept nogil
        void (*layer_norm)(long n, double mean, double rstd, const void *x, const void *w, const void *b, void *y) noexcept nogil
        void (*layer_norm_gradient)(long n, double mean, double rstd, const void *x, const void *w, const void *dy, void *dx, void *dw, void *db) noexcept nogil
        void (*add)(long n, const void *a, const void *b, void *y) noexcept nogil
        # optim.h
        void (*sgd)(long n, double lr, double momentum, double dampening, double weight_decay, int nesterov, int first, void *theta, const void *gradient, void *velocity) noexcept nogil
        void (*adam)(long n, double lr, double beta1, double beta2, double eps, double weight_decay, int decoupled, double c1, double c2, void *theta, const void *gradient, void *mean, void *square, void *highest) noexcept nogil
        void (*rmsprop)(long n, double lr, double alpha, double eps, double weight_decay, double momentum, void *theta, const void *gradient, void *square, void *average, void *buffer) noexcept nogil
        void (*adagrad)(long n, double lr, double eps, double weight_decay, void *theta, const void *gradient, void *sum) noexcept nogil

cdef enum:
    LINE = 64               # bytes of a line of the cache

cdef inline Py_ssize_t apart(Py_ssize_t count, Py_ssize_t itemsize) noexcept nogil:
    """Room for so many numbers of a thread's own, whole lines and one more: no line has two owners, who would have to wait for each other."""
    return (count * itemsize // LINE + 2) * (LINE // itemsize)

cdef const nc_kernels *kernels_for(size_t itemsize) noexcept nogil
cdef int thread_count() noexcept nogil
cdef void *numbers(array, Py_ssize_t itemsize) except? NULL
