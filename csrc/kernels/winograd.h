/* The four transforms of Winograd's minimal filtering F(4×4, 3×3), for VL channels at a time.
 *
 * A tile of 4 × 4 outputs of a 3 × 3 convolution needs 6 × 6 inputs and 144 multiplications. Seen as polynomials, both factors
 * are evaluated at the points 0, 1, -1, 2, -2, ∞ (rows and columns: 36 numbers), multiplied point by point, and brought back:
 *
 *     y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A                       36 multiplications instead of 144
 *
 * The weight gradient is the same identity read backwards: dg = Gᵀ [ (A dy Aᵀ) ⊙ (Bᵀ d B) ] G. Each transform is one-dimensional,
 * applied to columns and then to rows. The numbers grow by up to 100 on the way, which costs two of float32's seven digits.
 *
 * Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016). Next: csrc/winograd.pyx.
 */

/* Bᵀ: 6 inputs → 6 points; neighbours lie `step` vectors apart. `to` may be the array that is read, here and below. */
NC_INLINE void NC_NAME(winograd_bt)(const vec *d, int step, vec *to) {
    const vec two = vset1(2), four = vset1(4), five = vset1(5);
    const vec even = vfma(vneg(four), d[2 * step], d[4 * step]), odd = vfma(vneg(four), d[step], d[3 * step]);
    const vec outer = vsub(d[4 * step], d[2 * step]), inner = vmul(two, vsub(d[3 * step], d[step]));
    const vec last = vfma(four, d[step], vfma(vneg(five), d[3 * step], d[5 * step]));
    to[0] = vfma(four, d[0], vfma(vneg(five), d[2 * step], d[4 * step]));
    to[step] = vadd(even, odd);
    to[2 * step] = vsub(even, odd);
    to[3 * step] = vadd(outer, inner);
    to[4 * step] = vsub(outer, inner);
    to[5 * step] = last;
}

/* Aᵀ: 6 points → 4 outputs. */
NC_INLINE void NC_NAME(winograd_at)(const vec *m, int step, vec *to) {
    const vec sum1 = vadd(m[step], m[2 * step]), difference1 = vsub(m[step], m[2 * step]);
    const vec sum2 = vadd(m[3 * step], m[4 * step]), difference2 = vsub(m[3 * step], m[4 * step]);
    to[0] = vadd(m[0], vadd(sum1, sum2));
    to[step] = vfma(vset1(2), difference2, difference1);
    to[2 * step] = vfma(vset1(4), sum2, sum1);
    to[3 * step] = vadd(vfma(vset1(8), difference2, difference1), m[5 * step]);
}

/* A, its adjoint: 4 outputs' gradients → 6 points. */
NC_INLINE void NC_NAME(winograd_a)(const vec *d, int step, vec *to) {
    const vec even = vadd(d[0], d[2 * step]), odd = vadd(d[step], d[3 * step]);
    const vec even2 = vfma(vset1(4), d[2 * step], d[0]), odd2 = vmul(vset1(2), vfma(vset1(4), d[3 * step], d[step]));
    const vec first = d[0], last = d[3 * step];
    to[step] = vadd(even, odd);
    to[2 * step] = vsub(even, odd);
    to[3 * step] = vadd(even2, odd2);
    to[4 * step] = vsub(even2, odd2);
    to[0] = first;
    to[5 * step] = last;
}

/* G: 3 taps → 6 points. */
NC_INLINE void NC_NAME(winograd_g)(const vec *g, int step, vec *to) {
    const vec sixth = vset1((REAL)(-1.0 / 6)), part = vset1((REAL)(1.0 / 24)), twelfth = vset1((REAL)(1.0 / 12));
    const vec outer = vadd(g[0], g[2 * step]), far = vmul(part, vfma(vset1(4), g[2 * step], g[0])), near = vmul(twelfth, g[step]);
    const vec first = vmul(vset1((REAL)0.25), g[0]), middle = g[step], last = g[2 * step];
    to[0] = first;
    to[step] = vmul(sixth, vadd(outer, middle));
    to[2 * step] = vmul(sixth, vsub(outer, middle));
    to[3 * step] = vadd(far, near);
    to[4 * step] = vsub(far, near);
    to[5 * step] = last;
}

/* Gᵀ, its adjoint: 6 points → 3 taps. */
NC_INLINE void NC_NAME(winograd_gt)(const vec *u, int step, vec *to) {
    const vec sixth = vset1((REAL)(-1.0 / 6));
    const vec sum1 = vadd(u[step], u[2 * step]), difference1 = vsub(u[step], u[2 * step]);
    const vec sum2 = vadd(u[3 * step], u[4 * step]), difference2 = vsub(u[3 * step], u[4 * step]), last = u[5 * step];
    to[0] = vfma(vset1((REAL)(1.0 / 24)), sum2, vfma(sixth, sum1, vmul(vset1((REAL)0.25), u[0])));
    to[step] = vfma(vset1((REAL)(1.0 / 12)), difference2, vmul(sixth, difference1));
    to[2 * step] = vadd(vfma(vset1((REAL)(1.0 / 6)), sum2, vmul(sixth, sum1)), last);
}

/* A square of pixels or points, channels innermost, number (i, j) at from[i * row + j * column], is transformed along its
 * columns and then along its rows, in place. */
#define NC_LOAD_SQUARE(size, from, row, column) \
    for (int i = 0; i < size; i++) \
        for (int j = 0; j < size; j++) square[i * 6 + j] = c + VL <= channels ? vload(from + i * (row) + j * (column) + c) \
                                                                             : vload_part(from + i * (row) + j * (column) + c, channels - c);
#define NC_STORE_SQUARE(size, to, row, column) \
    for (int i = 0; i < size; i++) \
        for (int j = 0; j < size; j++) \
            if (c + VL <= channels) vstore(to + i * (row) + j * (column) + c, square[i * 6 + j]); \
            else vstore_part(to + i * (row) + j * (column) + c, square[i * 6 + j], channels - c);
#define NC_BOTH_WAYS(transform, before, after) \
    _Pragma("GCC unroll 6") \
    for (int j = 0; j < before; j++) NC_NAME(transform)(square + j, 6, square + j); \
    _Pragma("GCC unroll 6") \
    for (int i = 0; i < after; i++) NC_NAME(transform)(square + i * 6, 1, square + i * 6);

/* V = Bᵀ d B. d: 6 × 6 pixels, channels innermost, `row` numbers between its rows; point p goes to v[p * plane]. */
static void NC_NAME(winograd_input)(long channels, const REAL *d, long row, REAL *v, long plane) {
    for (long c = 0; c < channels; c += VL) {
        vec square[36];
        NC_LOAD_SQUARE(6, d, row, channels)
        NC_BOTH_WAYS(winograd_bt, 6, 6)
        NC_STORE_SQUARE(6, v, 6 * plane, plane)
    }
}

/* y = Aᵀ m A + bias (NULL: none): 4 × 4 pixels, channels innermost. */
static void NC_NAME(winograd_output)(long channels, const REAL *m, long plane, const REAL *bias, REAL *y, long row) {
    for (long c = 0; c < channels; c += VL) {
        vec square[36];
        NC_LOAD_SQUARE(6, m, 6 * plane, plane)
        NC_BOTH_WAYS(winograd_at, 6, 4)
        if (bias) {
            const vec shift = c + VL <= channels ? vload(bias + c) : vload_part(bias + c, channels - c);
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++) square[i * 6 + j] = vadd(square[i * 6 + j], shift);
        }
        NC_STORE_SQUARE(4, y, row, channels)
    }
}

/* M = A dy Aᵀ, for the weight gradient; the channels of dy are filters, packed into panels of NR that lie `panel` numbers apart. */
static void NC_NAME(winograd_output_gradient)(long channels, const REAL *dy, long row, REAL *m, long plane, long panel) {
    for (long c = 0; c < channels; c += VL) {
        vec square[36];
        REAL *to = m + c / NR * panel + c % NR - c;
        NC_LOAD_SQUARE(4, dy, row, channels)
        NC_BOTH_WAYS(winograd_a, 4, 6)
        NC_STORE_SQUARE(6, to, 6 * plane, plane)
    }
}

/* U = G g Gᵀ for NR filters at a time, as pack() laid their 9 taps out: tap (r, s) at g[(3 r + s) * NR]. `flip` turns the filter by 180°. */
static void NC_NAME(winograd_filter)(int flip, const REAL *g, REAL *u, long plane) {
    const long channels = NR, step = flip ? -NR : NR;
    if (flip) g += 8 * NR;
    for (long c = 0; c < channels; c += VL) {
        vec square[36];
        NC_LOAD_SQUARE(3, g, 3 * step, step)
        NC_BOTH_WAYS(winograd_g, 3, 6)
        NC_STORE_SQUARE(6, u, 6 * plane, plane)
    }
}

/* dg = Gᵀ du G: point p at du[p * plane], tap t to dg[t * channels]. */
static void NC_NAME(winograd_filter_gradient)(long channels, const REAL *du, long plane, REAL *dg) {
    for (long c = 0; c < channels; c += VL) {
        vec square[36];
        NC_LOAD_SQUARE(6, du, 6 * plane, plane)
        NC_BOTH_WAYS(winograd_gt, 6, 3)
        NC_STORE_SQUARE(3, dg, 3 * channels, channels)
    }
}
#undef NC_LOAD_SQUARE
#undef NC_STORE_SQUARE
#undef NC_BOTH_WAYS
