/* A convolution whose image has its channels innermost, for a list of pixels and NR filters: no panel of columns is made.
 *
 *   y[target[i] + k] = bias[k] + Σ_t Σ_c  x[source[i] + tap[t] + c] · w[(t · channels + c) · NR + k]
 *
 * What a tap of the filter meets at one pixel are `channels` numbers side by side, broadcast one after the other. So the tile of
 * gemm.h works on the image itself: rows × NV vectors of accumulators stay in registers for all taps, and any pixels can share a
 * tile, whatever the stride and however short their rows. Next: csrc/channels_last.pyx.
 */
NC_INLINE void NC_NAME(conv_pixels_fixed)(const int rows, const int vectors, long filters, long taps, long channels, const REAL *x,
                                          const long *source, const long *tap, const REAL *w, const REAL *bias, REAL *y, const long *target) {
    const long last = filters - (vectors - 1) * VL; /* lanes in the last vector, 1..VL */
    vec acc[MR][NV];
    const REAL *pixel[MR];
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
        const vec start = !bias ? vzero() : j < vectors - 1 || last == VL ? vload(bias + j * VL) : vload_part(bias + j * VL, last);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) acc[i][j] = start;
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) pixel[i] = x + source[i];
    for (long t = 0; t < taps; t++)
        for (long p = tap[t], end = p + channels; p < end; p++, w += NR) {
            vec row[NV];
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++) row[j] = vload(w + j * VL);
#pragma GCC unroll 16
            for (int i = 0; i < rows; i++) {
                const vec value = vset1(pixel[i][p]);
#pragma GCC unroll 4
                for (int j = 0; j < vectors; j++) acc[i][j] = vfma(value, row[j], acc[i][j]);
            }
        }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            if (j < vectors - 1 || last == VL) vstore(y + target[i] + j * VL, acc[i][j]);
            else vstore_part(y + target[i] + j * VL, acc[i][j], last);
}

/* All pixels, in tiles of even height: 25 are 9 + 8 + 8, since a tile of 1 would wait for its own sums. */
NC_INLINE void NC_NAME(conv_pixels_wide)(const int vectors, long pixels, long filters, long taps, long channels, const REAL *x,
                                         const long *source, const long *tap, const REAL *w, const REAL *bias, REAL *y, const long *target) {
    const long tiles = (pixels + MR - 1) / MR, height = tiles ? (pixels + tiles - 1) / tiles : 1;
    for (long i = 0; i < pixels; i += height)
        switch (pixels - i < height ? pixels - i : height) {
#define NC_ROWS(rows) case rows: if (rows <= MR) NC_NAME(conv_pixels_fixed)(rows <= MR ? rows : 1, vectors, filters, taps, channels, x, source + i, tap, w, bias, y, target + i); break;
            NC_ROWS(1) NC_ROWS(2) NC_ROWS(3) NC_ROWS(4) NC_ROWS(5) NC_ROWS(6) NC_ROWS(7) NC_ROWS(8) NC_ROWS(9) NC_ROWS(10) NC_ROWS(11) NC_ROWS(12)
#undef NC_ROWS
        }
}

static void NC_NAME(conv_pixels)(long pixels, long filters, long taps, long channels, const REAL *x, const long *source, const long *tap,
                                 const REAL *w, const REAL *bias, REAL *y, const long *target) {
    switch ((filters + VL - 1) / VL) {
#define NC_WIDE(vectors) case vectors: if (vectors <= NV) NC_NAME(conv_pixels_wide)(vectors <= NV ? vectors : 1, pixels, filters, taps, channels, x, source, tap, w, bias, y, target); break;
        NC_WIDE(1) NC_WIDE(2) NC_WIDE(3) NC_WIDE(4)
#undef NC_WIDE
    }
}
