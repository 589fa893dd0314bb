/* The one list of kernels. A row is ROW(result, name, (parameters)); REAL is float or double.
 * From it come the table's structs (here), its rows per instruction set (kernels/all.h), and, through
 * netcore/_kernels/dispatch.pxd, what Cython may call. Sizes and strides are counted in numbers, not bytes;
 * scalar parameters are double for both dtypes.
 *
 * `nc_kernels` is the same struct with pointers to untyped numbers: Cython picks the float or the double row once, by
 * the size of its number, and then calls kernels without a case for each dtype. */
#ifndef NC_TABLE_H
#define NC_TABLE_H

#define NC_GEMM_ROWS(ROW) \
    ROW(void, gemm_tile, (long m, long n, long k, const REAL *a, long a_row, long a_col, const REAL *b, REAL *c, long ldc, const REAL *s, long s_row, long s_col)) \
    ROW(void, gemm_panel, (long m, long n, long k, const REAL *a, long a_row, const REAL *b, REAL *c, long ldc, const REAL *s, long s_row, long s_col, long lines, long length, const REAL *next, long line)) \
    ROW(void, gemm_block, (long m, long n, long k, const REAL *a, const REAL *b, REAL *c, long ldc, const REAL *s, long s_row, long s_col)) \
    ROW(void, gemm_in_place, (long m, long n, long k, const REAL *a, long a_row, long a_col, const REAL *b, REAL *c, long ldc, const REAL *s, long s_row, long s_col)) \
    ROW(void, gemm_dots, (long m, long n, long k, const REAL *a, long a_row, const REAL *b, long b_col, REAL *c, long ldc, const REAL *s, long s_row, long s_col)) \
    ROW(void, pack_transpose, (long w, long k, long stride, const REAL *src, long line, REAL *dst)) \
    ROW(void, pack, (long count, long k, long width, int pad, const REAL *src, long line, long step, REAL *dst))

#define NC_CONV_ROWS(ROW) \
    ROW(void, conv_gather, (long taps, long count, long ow, long column, long row_step, const REAL *x, const long *offset, REAL *panel)) \
    ROW(void, conv_scatter, (long taps, long leap, long count, long ow, long column, long row_step, const REAL *panel, const long *offset, REAL *x)) \
    ROW(void, conv_rows, (long taps, long oh, long ow, long row_step, const REAL *x, const long *offset, const REAL *weight, double bias, REAL *y)) \
    ROW(void, conv_deal, (long n, const REAL *x, REAL *even, REAL *odd)) \
    ROW(void, conv_collect, (long n, const REAL *even, const REAL *odd, double shift, REAL *x)) \
    ROW(void, conv_weight_panel, (long taps, long filters, long oh, long ow, long row_step, long step, const REAL *x, const long *offset, const REAL *dy, REAL *dw)) \
    ROW(void, conv_weight_dots, (long taps, long oh, long ow, long row_step, const REAL *x, const long *offset, const REAL *dy, REAL *dw, long ldw))

#define NC_PIXEL_ROWS(ROW) \
    ROW(void, conv_pixels, (long pixels, long filters, long taps, long channels, const REAL *x, const long *source, const long *tap, const REAL *w, const REAL *bias, REAL *y, const long *target))

#define NC_WINOGRAD_ROWS(ROW) \
    ROW(void, winograd_input, (int n, long channels, const REAL *d, long row, REAL *v, long plane)) \
    ROW(void, winograd_output, (int n, long channels, const REAL *m, long plane, const REAL *bias, REAL *y, long row)) \
    ROW(void, winograd_output_gradient, (int n, long channels, const REAL *dy, long row, REAL *m, long plane, long panel)) \
    ROW(void, winograd_filter, (int n, int flip, const REAL *g, REAL *u, long plane)) \
    ROW(void, winograd_filter_gradient, (int n, long channels, const REAL *du, long plane, REAL *dg))

#define NC_POOL_ROWS(ROW) \
    ROW(void, max_pool_2x2, (long n, const REAL *upper, const REAL *lower, REAL *y, unsigned char *which)) \
    ROW(void, max_pool_2x2_gradient, (long n, const REAL *dy, const unsigned char *which, REAL *upper, REAL *lower))

#define NC_RECURRENT_ROWS(ROW) \
    ROW(void, lstm_forward_tile, (long count, long units, long hidden, REAL *z, long z_gate, const REAL *a, long a_row, REAL *gates, REAL *c, REAL *c_prev, REAL *tanh_c, REAL *kept, REAL *h, long h_row, REAL *y, const long *row, const long *order)) \
    ROW(void, lstm_backward_row, (long units, const REAL *dy, const REAL *dh, REAL *dc, const REAL *i, const REAL *f, const REAL *g, const REAL *o, const REAL *c_prev, const REAL *tanh_c, REAL *di, REAL *df, REAL *dg, REAL *d_o)) \
    ROW(void, gru_forward_row, (long units, const REAL *z, long z_gate, const REAL *b_hn, REAL *reset, REAL *update, REAL *fresh, REAL *from_state, const REAL *h_prev, REAL *kept, REAL *h, REAL *y)) \
    ROW(void, gru_backward_row, (long units, const REAL *dy, REAL *dh, const REAL *reset, const REAL *update, const REAL *fresh, const REAL *from_state, const REAL *h_prev, REAL *dreset, REAL *dupdate, REAL *dfresh, REAL *dfrom_state)) \
    ROW(void, rnn_forward_row, (long units, int relu, const REAL *z, REAL *kept, REAL *h, REAL *y)) \
    ROW(void, rnn_backward_row, (long units, int relu, const REAL *dy, const REAL *dh, const REAL *a, REAL *da)) \
    ROW(void, column_sums, (long rows, long columns, const REAL *src, long ld, const REAL *weight, long step, REAL *sums))

#define NC_ACTIVATION_ROWS(ROW) \
    ROW(void, activate, (int kind, long n, double slope, const REAL *x, REAL *y)) \
    ROW(void, activate_gradient, (int kind, long n, double slope, const REAL *kept, const REAL *dy, REAL *dx))

#define NC_DROPOUT_ROWS(ROW) \
    ROW(void, dropout_mask, (long n, long first, unsigned long long key, unsigned long long threshold, unsigned char *mask)) \
    ROW(void, dropout_apply, (long n, double scale, const unsigned char *mask, const REAL *x, REAL *y))

#define NC_ROW_ROWS(ROW) \
    ROW(void, softmax, (long n, const REAL *x, REAL *y)) \
    ROW(void, softmax_gradient, (long n, const REAL *y, const REAL *dy, REAL *dx)) \
    ROW(void, log_softmax, (long n, const REAL *x, REAL *y)) \
    ROW(void, log_softmax_gradient, (long n, const REAL *y, const REAL *dy, REAL *dx)) \
    ROW(double, cross_entropy, (long n, long target, double smoothing, const REAL *x, REAL *dx)) \
    ROW(double, sum, (long n, const REAL *x)) \
    ROW(double, sum_squares, (long n, double center, const REAL *x)) \
    ROW(double, square_sum, (long n, const REAL *x)) \
    ROW(double, sum_products, (long n, double center, const REAL *x, const REAL *dy)) \
    ROW(void, affine, (long n, double center, double scale, double shift, const REAL *x, REAL *y)) \
    ROW(void, affine_gradient, (long n, double center, double scale, double slope, double shift, const REAL *x, const REAL *dy, REAL *dx)) \
    ROW(void, layer_norm, (long n, double mean, double rstd, const REAL *x, const REAL *w, const REAL *b, REAL *y)) \
    ROW(void, layer_norm_gradient, (long n, double mean, double rstd, const REAL *x, const REAL *w, const REAL *dy, REAL *dx, REAL *dw, REAL *db)) \
    ROW(void, add, (long n, const REAL *a, const REAL *b, REAL *y))

#define NC_OPTIM_ROWS(ROW) \
    ROW(void, sgd, (long n, double lr, double momentum, double dampening, double weight_decay, int nesterov, int first, REAL *theta, const REAL *gradient, REAL *velocity)) \
    ROW(void, adam, (long n, double lr, double beta1, double beta2, double eps, double weight_decay, int decoupled, double c1, double c2, REAL *theta, const REAL *gradient, REAL *mean, REAL *square, REAL *highest)) \
    ROW(void, rmsprop, (long n, double lr, double alpha, double eps, double weight_decay, double momentum, REAL *theta, const REAL *gradient, REAL *square, REAL *average, REAL *buffer)) \
    ROW(void, adagrad, (long n, double lr, double eps, double weight_decay, REAL *theta, const REAL *gradient, REAL *sum))

#define NC_ROWS_OF_ALL(ROW) \
    NC_GEMM_ROWS(ROW) NC_CONV_ROWS(ROW) NC_PIXEL_ROWS(ROW) NC_WINOGRAD_ROWS(ROW) NC_POOL_ROWS(ROW) NC_RECURRENT_ROWS(ROW) \
    NC_ACTIVATION_ROWS(ROW) NC_DROPOUT_ROWS(ROW) NC_ROW_ROWS(ROW) NC_OPTIM_ROWS(ROW)

#define NC_FIELD(result, name, parameters) result(*name) parameters;

#define NC_STRUCT(type) \
    typedef struct { \
        long lanes, mr, nr; /* vector length; rows and columns of the product's register tile */ \
        NC_ROWS_OF_ALL(NC_FIELD) \
    } type;

#define REAL float
NC_STRUCT(nc_kernels_single)
#undef REAL
#define REAL double
NC_STRUCT(nc_kernels_double)
#undef REAL
#define REAL void
NC_STRUCT(nc_kernels)
#undef REAL

typedef struct {
    const char *name;
    const nc_kernels_single *f32;
    const nc_kernels_double *f64;
} nc_table;

#endif
