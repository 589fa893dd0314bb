/* The innermost product: a tile of C in registers, C = A·B + S.
 *
 *   A         rows × k   rows <= MR           a[i * a_row + p * a_col]: packed (a_row = 1, a_col = rows) or in place
 *   B panel   k × NR     packed, NR = NV · VL b[p * NR + j]
 *   C tile    rows × n   row-major, ldc       n <= NR
 *
 * rows × NV vectors of accumulators stay in registers for the whole of k: each step loads NV vectors of B, broadcasts one
 * number of A per row, and does rows · NV fused multiply-adds; 2·MR·NR FLOPs for MR + NR numbers read.
 * S is what the product is added to, read once at the end: nothing (NULL), C itself, a bias along the rows
 * (s_row = 1, s_col = 0) or along the columns (s_row = 0, s_col = 1).
 * Each element of C is summed over p in ascending order whatever the tile, so results do not depend on blocking or threads.
 *
 * Source: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008). Next: csrc/gemm.pyx.
 */
#include "fetch.h"

#define NR (NV * VL)

NC_INLINE void NC_NAME(gemm_tile_fixed)(const int rows, const int vectors, long k, const REAL *a, long a_row, long a_col, const REAL *b,
                                        REAL *c, long ldc, long n, const REAL *s, long s_row, long s_col) {
    vec acc[MR][NV];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) acc[i][j] = vzero();
    for (long p = 0; p < k; p++, a += a_col, b += NR) {
        vec row[NV];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) row[j] = vload(b + j * VL);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            vec x = vset1(a[i * a_row]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++) acc[i][j] = vfma(x, row[j], acc[i][j]);
        }
    }
    const long last = n - (vectors - 1) * VL; /* lanes in the last vector, 1..VL */
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++, c += ldc) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            const int whole = j < vectors - 1 || last == VL;
            vec sum = acc[i][j];
            if (s) {
                const REAL *from = s + i * s_row + j * VL * s_col;
                sum = vadd(sum, s_col == 0 ? vset1(*from) : whole ? vload(from) : vload_part(from, last));
            }
            if (whole) vstore(c + j * VL, sum);
            else vstore_part(c + j * VL, sum, last);
        }
    }
}

/* One constant row count a case: an odd number of rows costs in proportion, not a whole tile. Neighbouring rows (a_row = 1)
 * are found at constant distances, without a register for each. */
NC_INLINE void NC_NAME(gemm_tile_rows)(const int vectors, long m, long k, const REAL *a, long a_row, long a_col, const REAL *b,
                                       REAL *c, long ldc, long n, const REAL *s, long s_row, long s_col) {
    switch (m) {
#define NC_TILE(rows, a_row) NC_NAME(gemm_tile_fixed)(rows <= MR ? rows : 1, vectors, k, a, a_row, a_col, b, c, ldc, n, s, s_row, s_col)
#define NC_ROWS(rows) case rows: if (rows <= MR) { if (a_row == 1) NC_TILE(rows, 1); else NC_TILE(rows, a_row); } break;
        NC_ROWS(1) NC_ROWS(2) NC_ROWS(3) NC_ROWS(4) NC_ROWS(5) NC_ROWS(6) NC_ROWS(7) NC_ROWS(8) NC_ROWS(9) NC_ROWS(10) NC_ROWS(11) NC_ROWS(12)
#undef NC_ROWS
#undef NC_TILE
    }
}

static void NC_NAME(gemm_tile)(long m, long n, long k, const REAL *a, long a_row, long a_col, const REAL *b,
                               REAL *c, long ldc, const REAL *s, long s_row, long s_col) {
    switch ((n + VL - 1) / VL) {
    case 1: NC_NAME(gemm_tile_rows)(1, m, k, a, a_row, a_col, b, c, ldc, n, s, s_row, s_col); break;
    case 2: NC_NAME(gemm_tile_rows)(2, m, k, a, a_row, a_col, b, c, ldc, n, s, s_row, s_col); break;
#if NV > 2
    case 3: NC_NAME(gemm_tile_rows)(3, m, k, a, a_row, a_col, b, c, ldc, n, s, s_row, s_col); break;
#endif
#if NV > 3
    case 4: NC_NAME(gemm_tile_rows)(4, m, k, a, a_row, a_col, b, c, ldc, n, s, s_row, s_col); break;
#endif
    }
}

/* All tiles of m rows of A against one B panel of n <= NR columns, both over the same k. A lies packed in panels of MR rows
 * (a_row = 0) or in place, its rows a_row apart. The B panel stays in the first-level cache while the tiles pass by. Each tile
 * asks for the lines of C that it will write, and for its share of what the next B panels will be packed from, `lines` pieces
 * of `length` numbers at next + i * line: weights that come from main memory are then on their way while the product runs. */
static void NC_NAME(gemm_panel)(long m, long n, long k, const REAL *a, long a_row, const REAL *b, REAL *c, long ldc,
                                const REAL *s, long s_row, long s_col, long lines, long length, const REAL *next, long line) {
    const long tiles = (m + MR - 1) / MR, share = (lines + tiles - 1) / tiles;
    for (long i = 0; i < m; i += MR) {
        const long rows = m - i < MR ? m - i : MR, some = lines < share ? lines : share;
        for (long asked = 0; asked < some; asked++, next += line) nc_fetch(next, length * (long)sizeof(REAL));
        lines -= some;
        for (long r = i; r < i + rows; r++) nc_fetch(c + r * ldc, n * (long)sizeof(REAL));
        NC_NAME(gemm_tile)(rows, n, k, a + i * (a_row ? a_row : k), a_row ? a_row : 1, a_row ? 1 : rows, b, c + i * ldc, ldc,
                           s ? s + i * s_row : s, s_row, s_col);
    }
}

/* The same for n columns, NR a panel, and A packed. */
static void NC_NAME(gemm_block)(long m, long n, long k, const REAL *a, const REAL *b, REAL *c, long ldc, const REAL *s, long s_row, long s_col) {
    for (long j = 0; j < n; j += NR)
        NC_NAME(gemm_panel)(m, n - j < NR ? n - j : NR, k, a, 0, b + j * k, c + j, ldc, s ? s + j * s_col : s, s_row, s_col, 0, 0, NULL, 0);
}

/* A block with A in place, in tiles of even height. */
static void NC_NAME(gemm_in_place)(long m, long n, long k, const REAL *a, long a_row, long a_col, const REAL *b, REAL *c, long ldc,
                                   const REAL *s, long s_row, long s_col) {
    const long tiles = (m + MR - 1) / MR, height = tiles ? (m + tiles - 1) / tiles : 1; /* even: 25 rows become 9 + 8 + 8 */
    for (long j = 0; j < n; j += NR)
        for (long i = 0; i < m; i += height)
            NC_NAME(gemm_tile)(m - i < height ? m - i : height, n - j < NR ? n - j : NR, k, a + i * a_row, a_row, a_col, b + j * k,
                               c + i * ldc + j, ldc, s ? s + i * s_row + j * s_col : s, s_row, s_col);
}

/* Few rows, and both A's rows and B's columns contiguous along k, as in x Wᵀ: every element is a dot product, and nothing is packed.
 * A tile of dots stays in registers, a vector of partial sums each: DOT_ROWS + DOT_COLUMNS loads for as many times as many
 * multiply-adds. The lanes are added up at the end, in the order of vsum. */
enum { NC_NAME(DOT_ROWS) = MR < 12 ? 3 : 4, NC_NAME(DOT_COLUMNS) = MR < 12 ? 3 : 6 };

NC_INLINE void NC_NAME(dots_fixed)(const int rows, const int columns, long k, const REAL *a, long a_row, const REAL *b, long b_col,
                                   REAL *c, long ldc, const REAL *s, long s_row, long s_col) {
    vec acc[4][6];
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 6
        for (int j = 0; j < columns; j++) acc[i][j] = vzero();
    for (long p = 0; p < k; p += VL) {
        vec column[6];
#pragma GCC unroll 6
        for (int j = 0; j < columns; j++) column[j] = p + VL <= k ? vload(b + j * b_col + p) : vload_part(b + j * b_col + p, k - p);
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++) {
            vec x = p + VL <= k ? vload(a + i * a_row + p) : vload_part(a + i * a_row + p, k - p);
#pragma GCC unroll 6
            for (int j = 0; j < columns; j++) acc[i][j] = vfma(x, column[j], acc[i][j]);
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 6
        for (int j = 0; j < columns; j++) c[i * ldc + j] = vsum(acc[i][j]) + (s ? s[i * s_row + j * s_col] : 0);
}

NC_INLINE void NC_NAME(dots_columns)(const int rows, long n, long k, const REAL *a, long a_row, const REAL *b, long b_col,
                                     REAL *c, long ldc, const REAL *s, long s_row, long s_col) {
    enum { COLUMNS = NC_NAME(DOT_COLUMNS) };
    if (n == COLUMNS) NC_NAME(dots_fixed)(rows, COLUMNS, k, a, a_row, b, b_col, c, ldc, s, s_row, s_col);
    else
        for (long j = 0; j < n; j++) NC_NAME(dots_fixed)(rows, 1, k, a, a_row, b + j * b_col, b_col, c + j, ldc, s ? s + j * s_col : s, s_row, s_col);
}

static void NC_NAME(gemm_dots)(long m, long n, long k, const REAL *a, long a_row, const REAL *b, long b_col, REAL *c, long ldc,
                               const REAL *s, long s_row, long s_col) {
    enum { ROWS = NC_NAME(DOT_ROWS), COLUMNS = NC_NAME(DOT_COLUMNS) };
    for (long j = 0; j < n; j += COLUMNS)
        for (long i = 0; i < m; i += ROWS) {
            const long rows = m - i < ROWS ? m - i : ROWS, columns = n - j < COLUMNS ? n - j : COLUMNS;
            const REAL *x = a + i * a_row, *w = b + j * b_col, *from = s ? s + i * s_row + j * s_col : s;
            REAL *to = c + i * ldc + j;
            switch (rows) {
#define NC_DOTS(count) case count: if (count <= ROWS) NC_NAME(dots_columns)(count <= ROWS ? count : 1, columns, k, x, a_row, w, b_col, to, ldc, from, s_row, s_col); break;
                NC_DOTS(1) NC_DOTS(2) NC_DOTS(3) NC_DOTS(4)
#undef NC_DOTS
            }
        }
}

/* Lines side by side in memory: each p is a contiguous piece of up to DEALT panels, dealt out to them, so that memory is read in
 * long pieces. Whole panels of a width known to the compiler, and what is left. */
enum { NC_NAME(DEALT) = 4 };

NC_INLINE void NC_NAME(pack_whole)(const long width, long panels, long k, const REAL *src, long step, REAL *dst) {
    for (long p = 0; p < k; p++)
        for (long q = 0; q < panels; q++) {
            const REAL *from = src + p * step + q * width;
            REAL *to = dst + (q * k + p) * width;
            for (long i = 0; i + VL <= width; i += VL) vstore(to + i, vload(from + i));
            if (width % VL) vstore_part(to + width / VL * VL, vload_part(from + width / VL * VL, width % VL), width % VL);
        }
}

NC_INLINE void NC_NAME(pack_copy)(long w, long k, long stride, const REAL *src, long step, REAL *dst) {
    for (long p = 0; p < k; p++, src += step, dst += stride) {
        long i = 0;
        for (; i + VL <= w; i += VL) vstore(dst + i, vload(src + i));
        if (i < w) vstore_part(dst + i, vload_part(src + i, w - i), w - i);
    }
}

/* A square of `lines` × `numbers` <= VL × VL, transposed in registers: dst[q * stride + r] = src[r * line + q]. */
#ifdef NC_TRANSPOSE
NC_INLINE void NC_NAME(pack_square)(long lines, long numbers, long stride, const REAL *src, long line, REAL *dst) {
    vec rows[VL];
#pragma GCC unroll 16
    for (int r = 0; r < VL; r++) rows[r] = r >= lines ? vzero() : numbers == VL ? vload(src + r * line) : vload_part(src + r * line, numbers);
    NC_NAME(transpose)(rows);
#pragma GCC unroll 16
    for (int q = 0; q < VL; q++)
        if (q >= numbers) break;
        else if (lines == VL) vstore(dst + q * stride, rows[q]);
        else vstore_part(dst + q * stride, rows[q], lines);
}
#endif

/* One panel, each line contiguous along k: dst[p * stride + i] = src[i * line + p] for w lines, k long. Where results lie multiples
 * of a page apart they fall on one set of the first-level cache, which holds no more than 8 to 12 lines: then 8 at a time. */
static void NC_NAME(pack_transpose)(long w, long k, long stride, const REAL *src, long line, REAL *dst) {
#ifdef NC_TRANSPOSE
    const long step = VL > 8 && stride * (long)sizeof(REAL) % 4096 == 0 ? 8 : VL;
    for (long p = 0; p < k; p += step)
        for (long i = 0; i < w; i += VL) {
            const REAL *from = src + i * line + p;
            REAL *to = dst + p * stride + i;
            const long lines = w - i < VL ? w - i : VL, numbers = k - p < step ? k - p : step;
            if (lines == VL && numbers == VL) NC_NAME(pack_square)(VL, VL, stride, from, line, to);
            else if (lines == VL && numbers == 8) NC_NAME(pack_square)(VL, 8, stride, from, line, to);
            else NC_NAME(pack_square)(lines, numbers, stride, from, line, to);
        }
#else
    for (long p = 0; p < k; p++)
        for (long i = 0; i < w; i++) dst[p * stride + i] = src[i * line + p];
#endif
}

/* Pack `count` lines of a matrix, k long, into panels of `width`: dst[p * width + i] = src[i * line + p * step].
 * A's last panel is as narrow as its rows (pad = 0), B's is filled up with zeros (pad = 1). */
static void NC_NAME(pack)(long count, long k, long width, int pad, const REAL *src, long line, long step, REAL *dst) {
    while (line == 1 && count >= width && (width == MR || width == NR)) {
        const long panels = count / width < NC_NAME(DEALT) ? count / width : NC_NAME(DEALT);
        if (width == MR) NC_NAME(pack_whole)(MR, panels, k, src, step, dst);
        else NC_NAME(pack_whole)(NR, panels, k, src, step, dst);
        count -= panels * width, src += panels * width, dst += panels * width * k;
    }
    for (; count > 0; count -= width, src += width * line, dst += width * k) {
        const long w = count < width ? count : width, stride = pad ? width : w;
        if (line == 1) NC_NAME(pack_copy)(w, k, stride, src, step, dst);
        else if (step == 1) NC_NAME(pack_transpose)(w, k, stride, src, line, dst);
        else
            for (long p = 0; p < k; p++)
                for (long i = 0; i < w; i++) dst[p * stride + i] = src[i * line + p * step];
        if (w < stride)
            for (long p = 0; p < k; p++)
                for (long i = w; i < stride; i++) dst[p * stride + i] = 0;
    }
}
