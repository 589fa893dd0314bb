/* What a convolution does beside its product: panels of columns, there and back, and the sums of the weight gradient.
 *
 * i counts the (c, r, s) taps of a filter; `offset` says where in the padded image tap i meets output pixel (0, 0). From
 * there, pixel (oh, ow) is oh · row_step + ow further on, whatever the stride: see padded_image in csrc/conv.pyx, to be read next.
 */

/* One run of `count` pixels in an output row: panel[i * NR + j] = x[offset[i] + j]. */
NC_INLINE void NC_NAME(conv_gather_run)(const int vectors, long taps, long count, const REAL *x, const long *offset, REAL *panel) {
    const long last = count - (vectors - 1) * VL; /* lanes in the last vector, 1..VL */
    for (long i = 0; i < taps; i++, panel += NR) {
        const REAL *from = x + offset[i];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            if (j < vectors - 1 || last == VL) vstore(panel + j * VL, vload(from + j * VL));
            else vstore_part(panel + j * VL, vload_part(from + j * VL, last), last);
    }
}

/* Its adjoint: x[offset[i] + j] += panel[i * NR + j]. Neighbouring taps of a filter's row meet almost the same numbers, and a
 * load would wait for the store before it; so the taps are taken `leap` (the filter's width) apart. */
NC_INLINE void NC_NAME(conv_scatter_run)(const int vectors, long taps, long leap, long count, const REAL *panel, const long *offset, REAL *x) {
    const long last = count - (vectors - 1) * VL;
    for (long start = 0; start < leap; start++)
        for (long i = start; i < taps; i += leap) {
            REAL *to = x + offset[i];
            const REAL *from = panel + i * NR;
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++)
                if (j < vectors - 1 || last == VL) vstore(to + j * VL, vadd(vload(to + j * VL), vload(from + j * VL)));
                else vstore_part(to + j * VL, vadd(vload_part(to + j * VL, last), vload_part(from + j * VL, last)), last);
        }
}

/* As many vectors as the run needs, a constant in each case. */
#define NC_RUN(call, count, ...) \
    switch ((count + VL - 1) / VL) { \
    case 1: call(1, __VA_ARGS__); break; \
    case 2: call(2, __VA_ARGS__); break; \
    case 3: call(NV > 2 ? 3 : 1, __VA_ARGS__); break; \
    case 4: call(NV > 3 ? 4 : 1, __VA_ARGS__); break; \
    }

/* The columns of `count` <= NR output pixels, from `column` of an output row on, whose row of the image is x; then zeros. */
static void NC_NAME(conv_gather)(long taps, long count, long ow, long column, long row_step, const REAL *x, const long *offset, REAL *panel) {
    for (long j = 0; j < count; x += row_step, column = 0) {
        const long run = count - j < ow - column ? count - j : ow - column;
        NC_RUN(NC_NAME(conv_gather_run), run, taps, run, x + column, offset, panel + j)
        j += run;
    }
    for (long i = 0; i < taps && count < NR; i++)
        for (long j = count; j < NR; j++) panel[i * NR + j] = 0;
}

static void NC_NAME(conv_scatter)(long taps, long leap, long count, long ow, long column, long row_step, const REAL *panel, const long *offset, REAL *x) {
    for (long j = 0; j < count; x += row_step, column = 0) {
        const long run = count - j < ow - column ? count - j : ow - column;
        NC_RUN(NC_NAME(conv_scatter_run), run, taps, leap, run, panel + j, offset, x + column)
        j += run;
    }
}
#undef NC_RUN

/* One filter over whole rows of outputs, without a panel: y[h * ow + w] = bias + Σ_i weight[i] · x[offset[i] + h · row_step + w].
 * Where so few filters share a panel, making it would cost more than its product. Each number of the image is read in place. */
NC_INLINE void NC_NAME(conv_rows_fixed)(const int rows, long lanes, long taps, long ow, long row_step, const REAL *x, const long *offset,
                                        const REAL *weight, REAL bias, REAL *y) {
    vec acc[4];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) acc[r] = vset1(bias);
    for (long i = 0; i < taps; i++) {
        const REAL *from = x + offset[i];
        const vec w = vset1(weight[i]);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++)
            acc[r] = vfma(w, lanes == VL ? vload(from + r * row_step) : vload_part(from + r * row_step, lanes), acc[r]);
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
        if (lanes == VL) vstore(y + r * ow, acc[r]);
        else vstore_part(y + r * ow, acc[r], lanes);
}

static void NC_NAME(conv_rows)(long taps, long oh, long ow, long row_step, const REAL *x, const long *offset, const REAL *weight, double bias, REAL *y) {
    for (long h = 0; h < oh; h += 4, x += 4 * row_step, y += 4 * ow)
        for (long w = 0; w < ow; w += VL) {
            const long lanes = ow - w < VL ? ow - w : VL, rows = oh - h;
#define NC_FIXED(rows, lanes) NC_NAME(conv_rows_fixed)(rows, lanes, taps, ow, row_step, x + w, offset, weight, (REAL)bias, y + w)
            if (rows >= 4 && lanes == VL) NC_FIXED(4, VL);
            else if (rows >= 4) NC_FIXED(4, lanes);
            else if (rows == 3) NC_FIXED(3, lanes);
            else if (rows == 2) NC_FIXED(2, lanes);
            else NC_FIXED(1, lanes);
#undef NC_FIXED
        }
}

/* A row's numbers dealt out to two phases, even[i] = x[2 i], odd[i] = x[2 i + 1], and put together again. Plain C that compilers
 * turn into vectors. */
static void NC_NAME(conv_deal)(long n, const REAL *restrict x, REAL *restrict even, REAL *restrict odd) {
    for (long i = 0; i < n / 2; i++) {
        even[i] = x[2 * i];
        odd[i] = x[2 * i + 1];
    }
    if (n % 2) even[n / 2] = x[n - 1];
}
static void NC_NAME(conv_collect)(long n, const REAL *restrict even, const REAL *restrict odd, double shift, REAL *restrict x) {
    const REAL more = (REAL)shift;
    for (long i = 0; i < n / 2; i++) {
        x[2 * i] = even[i] + more;
        x[2 * i + 1] = odd[i] + more;
    }
    if (n % 2) x[n - 1] = even[n / 2] + more;
}

/* The weight gradient, many filters: a tile of dWᵀ in registers, over all pixels of one image.
 *
 *   dWᵀ[i, k] += Σ_(oh, ow)  x[offset[i] + oh · row_step + ow · step] · dyᵀ[oh · OW + ow, k]
 *
 * The image is read in place, and no column matrix is made. dyᵀ is packed into panels of NR filters. As in gemm.h, rows × NV
 * vectors of accumulators stay in registers for all pixels. Cost: 2 · taps · filters · pixels FLOPs.
 */
NC_INLINE void NC_NAME(conv_weight_tile_fixed)(const int rows, const int vectors, long oh, long ow, long row_step, long step,
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
        for (long w = 0; w < ow; w++, at += step, dy += NR) {
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
static void NC_NAME(conv_weight_panel)(long taps, long filters, long oh, long ow, long row_step, long step,
                                       const REAL *x, const long *offset, const REAL *dy, REAL *dw) {
    /* Even tiles: 25 taps are 9 + 8 + 8, since a tile of 1 would wait for its own sums. */
    const long tiles = (taps + MR - 1) / MR, height = tiles ? (taps + tiles - 1) / tiles : 1;
    for (long i = 0; i < taps; i += height) {
        const long rows = taps - i < height ? taps - i : height, vectors = (filters + VL - 1) / VL;
        switch (rows) {
#define NC_TILE(count, wide) NC_NAME(conv_weight_tile_fixed)(count <= MR ? count : 1, wide, oh, ow, row_step, step, x, offset + i, dy, dw + i * NR, NR)
#define NC_ROWS(count) case count: if (count <= MR) { if (vectors == 1) NC_TILE(count, 1); else NC_TILE(count, NV); } break;
            NC_ROWS(1) NC_ROWS(2) NC_ROWS(3) NC_ROWS(4) NC_ROWS(5) NC_ROWS(6) NC_ROWS(7) NC_ROWS(8) NC_ROWS(9) NC_ROWS(10) NC_ROWS(11) NC_ROWS(12)
#undef NC_ROWS
#undef NC_TILE
        }
    }
}

/* The same for one filter of few: vectors run along the output's rows, dw[i * ldw] += Σ x · dy for MR taps at a time. */
NC_INLINE void NC_NAME(conv_weight_dots_fixed)(const int rows, long oh, long ow, long row_step, const REAL *x, const long *offset, const REAL *dy, REAL *dw, long ldw) {
    vec acc[MR];
    const REAL *tap[MR];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        tap[i] = x + offset[i];
        acc[i] = vzero();
    }
    for (long h = 0; h < oh; h++, dy += ow) {
        const long at = h * row_step;
        long w = 0;
        for (; w + VL <= ow; w += VL) {
            const vec row = vload(dy + w);
#pragma GCC unroll 16
            for (int i = 0; i < rows; i++) acc[i] = vfma(vload(tap[i] + at + w), row, acc[i]);
        }
        if (w < ow) {
            const vec row = vload_part(dy + w, ow - w);
#pragma GCC unroll 16
            for (int i = 0; i < rows; i++) acc[i] = vfma(vload_part(tap[i] + at + w, ow - w), row, acc[i]);
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) dw[i * ldw] += vsum(acc[i]);
}

static void NC_NAME(conv_weight_dots)(long taps, long oh, long ow, long row_step, const REAL *x, const long *offset, const REAL *dy, REAL *dw, long ldw) {
    for (long i = 0; i < taps; i += MR) {
        switch (taps - i < MR ? taps - i : MR) {
#define NC_ROWS(count) case count: if (count <= MR) NC_NAME(conv_weight_dots_fixed)(count <= MR ? count : 1, oh, ow, row_step, x, offset + i, dy, dw + i * ldw, ldw); break;
            NC_ROWS(1) NC_ROWS(2) NC_ROWS(3) NC_ROWS(4) NC_ROWS(5) NC_ROWS(6) NC_ROWS(7) NC_ROWS(8) NC_ROWS(9) NC_ROWS(10) NC_ROWS(11) NC_ROWS(12)
#undef NC_ROWS
        }
    }
}
