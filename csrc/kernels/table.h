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
    ROW(void, gemm_tile, (long m, long n, long k, const REAL *a, const REAL *b, REAL *c, long ldc, const REAL *s, long s_row, long s_col)) \
    ROW(void, gemm_block, (long m, long n, long k, const REAL *a, const REAL *b, REAL *c, long ldc, const REAL *s, long s_row, long s_col)) \
    ROW(void, pack, (long count, long k, long width, int pad, const REAL *src, long line, long step, REAL *dst))

#define NC_CONV_ROWS(ROW)

#define NC_POOL_ROWS(ROW)

#define NC_RECURRENT_ROWS(ROW)

#define NC_ACTIVATION_ROWS(ROW)

#define NC_NORM_ROWS(ROW)

#define NC_LOSS_ROWS(ROW)

#define NC_OPTIM_ROWS(ROW)

#define NC_ROWS_OF_ALL(ROW) \
    NC_GEMM_ROWS(ROW) NC_CONV_ROWS(ROW) NC_POOL_ROWS(ROW) NC_RECURRENT_ROWS(ROW) \
    NC_ACTIVATION_ROWS(ROW) NC_NORM_ROWS(ROW) NC_LOSS_ROWS(ROW) NC_OPTIM_ROWS(ROW)

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
