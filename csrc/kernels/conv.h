/* The innermost sums of a convolution's weight gradient: a tile of dWᵀ in registers, over all pixels of one image.
 *
 *   dWᵀ[i, k] += Σ_(oh, ow)  x[offset[i] + oh · row_step + ow · column_step] · dyᵀ[oh · OW + ow, k]
 *
 * i counts the (c, r, s) taps of a filter, `offset` says where in the padded image tap i meets output pixel (0, 0): the
 * image is read in place, and no column matrix is made. dyᵀ is packed into panels of NR filters. As in gemm.h, rows × NV
 * vectors of accumulators stay in registers for all pixels.
 *
 * Cost: 2 · taps · filters · pixels FLOPs. Next: csrc/conv.pyx.
 */
NC_INLINE void NC_NAME(conv_weight_tile_fixed)(const int rows, const int vectors, long oh, long ow, long row_step, long column_step,
                                               const REAL *x, const long *offset, const REAL *dy, REAL *dw, long ldw) {
    vec acc[MR][NV];
    const REAL *tap[MR];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        tap[i] = x + offset[i];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) acc[i][j] = vload(dw + i * ldw + j * VL);
    }
    for (long h = 0; h < oh; h++) {
        long at = h * row_step;
        for (long w = 0; w < ow; w++, at += column_step, dy += NR) {
            vec row[NV];
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++) row[j] = vload(dy + j * VL);
#pragma GCC unroll 16
            for (int i = 0; i < rows; i++) {
                vec value = vset1(tap[i][at]);
#pragma GCC unroll 4
                for (int j = 0; j < vectors; j++) acc[i][j] = vfma(value, row[j], acc[i][j]);
            }
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) vstore(dw + i * ldw + j * VL, acc[i][j]);
}

/* All taps of one panel of filters; dw is (taps, NR) with room for whole vectors. `filters` <= NR of them count. */
static void NC_NAME(conv_weight_panel)(long taps, long filters, long oh, long ow, long row_step, long column_step,
                                       const REAL *x, const long *offset, const REAL *dy, REAL *dw) {
    for (long i = 0; i < taps; i += MR) {
        const long rows = taps - i < MR ? taps - i : MR, vectors = (filters + VL - 1) / VL;
        switch (rows) {
#define NC_TILE(count, wide) NC_NAME(conv_weight_tile_fixed)(count <= MR ? count : 1, wide, oh, ow, row_step, column_step, x, offset + i, dy, dw + i * NR, NR)
#define NC_ROWS(count) case count: if (count <= MR) { if (vectors == 1) NC_TILE(count, 1); else NC_TILE(count, NV); } break;
            NC_ROWS(1) NC_ROWS(2) NC_ROWS(3) NC_ROWS(4) NC_ROWS(5) NC_ROWS(6) NC_ROWS(7) NC_ROWS(8) NC_ROWS(9) NC_ROWS(10) NC_ROWS(11) NC_ROWS(12)
#undef NC_ROWS
#undef NC_TILE
        }
    }
}
