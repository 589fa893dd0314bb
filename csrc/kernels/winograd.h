/* The transforms of Winograd's minimal filtering F(4×4, r×r), r = 3 or 5, for VL channels at a time.
 *
 * A tile of 4 × 4 outputs needs n × n inputs, n = r + 3, and 16·r² multiplications. Seen as polynomials, both factors are
 * evaluated at n points (rows and columns: n² numbers), multiplied point by point, and brought back:
 *
 *     y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A         r = 3: 36 multiplications instead of 144;  r = 5: 64 instead of 400
 *
 * The points are 0, 1, -1, 2, -2, for n = 8 also 1/2, -1/2, and ∞, where a polynomial has its last coefficient. A evaluates
 * outputs there, and G filters, divided by N_p = Π (p - q) over the other points q; row p of Bᵀ is the polynomial Π (x - q).
 * As points come in pairs ±p, even and odd powers are summed up apart, once for both: each transform is one formula for all n.
 *
 * The weight gradient is the same identity read backwards: dg = Gᵀ [ (A dy Aᵀ) ⊙ (Bᵀ d B) ] G. Each transform is one-dimensional,
 * applied to columns and then to rows. The numbers grow by up to 100 on the way, which costs two of float32's seven digits.
 *
 * Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016). Next: csrc/winograd.pyx.
 */
enum { NC_NAME(WINOGRAD_MOST) = 8 }; /* points at most */

/* Powers 0 … 4 of the points 1, 2, 1/2; for n = 6, 8: 1 / N_p of the points 0, 1, 2, 1/2; Π (x² - q²) over all q, and over those
 * that are not the point's own, as coefficients of rising powers of x². */
static const REAL NC_NAME(WINOGRAD_POWER)[3][5] = {{1, 1, 1, 1, 1}, {1, 2, 4, 8, 16}, {1, (REAL)0.5, (REAL)0.25, (REAL)0.125, (REAL)0.0625}};
static const REAL NC_NAME(WINOGRAD_SCALE)[2][4] = {{(REAL)(1.0 / 4), (REAL)(-1.0 / 6), (REAL)(1.0 / 24), 0},
                                                   {-1, (REAL)(-2.0 / 9), (REAL)(1.0 / 90), (REAL)(32.0 / 45)}};
static const REAL NC_NAME(WINOGRAD_ALL)[2][4] = {{4, -5, 1, 0}, {-1, (REAL)5.25, (REAL)-5.25, 1}};
static const REAL NC_NAME(WINOGRAD_OTHERS)[2][3][3] = {{{-4, 1, 0}, {-1, 1, 0}, {0, 0, 0}},
                                                       {{1, (REAL)-4.25, 1}, {(REAL)0.25, (REAL)-1.25, 1}, {4, -5, 1}}};

/* s · a + b and s · a for a constant s, which is often 1. */
NC_INLINE vec NC_NAME(winograd_add)(const REAL s, vec a, vec b) { return s == 1 ? vadd(a, b) : vfma(vset1(s), a, b); }
NC_INLINE vec NC_NAME(winograd_scale)(const REAL s, vec a) { return s == 1 ? a : vmul(vset1(s), a); }

/* Bᵀ: n inputs → n points. */
NC_INLINE void NC_NAME(winograd_bt)(const int points, const vec *d, vec *to) {
    const int pairs = points / 2 - 1, table = pairs - 2;
    vec first = d[2 * pairs], last = d[2 * pairs + 1];
#pragma GCC unroll 4
    for (int c = pairs - 1; c >= 0; c--) {
        first = NC_NAME(winograd_add)(NC_NAME(WINOGRAD_ALL)[table][c], d[2 * c], first);
        last = NC_NAME(winograd_add)(NC_NAME(WINOGRAD_ALL)[table][c], d[2 * c + 1], last);
    }
    to[0] = first;
    to[points - 1] = last;
#pragma GCC unroll 4
    for (int i = 0; i < pairs; i++) {
        const REAL p = NC_NAME(WINOGRAD_POWER)[i][1];
        vec even = d[2 * pairs], odd = NC_NAME(winograd_scale)(p, d[2 * pairs - 1]);
#pragma GCC unroll 4
        for (int c = pairs - 2; c >= 0; c--) {
            even = NC_NAME(winograd_add)(NC_NAME(WINOGRAD_OTHERS)[table][i][c], d[2 * c + 2], even);
            odd = NC_NAME(winograd_add)(p * NC_NAME(WINOGRAD_OTHERS)[table][i][c], d[2 * c + 1], odd);
        }
        to[2 * i + 1] = vadd(even, odd);
        to[2 * i + 2] = vsub(even, odd);
    }
}

/* A, and G but for its scale: the polynomial of `count` coefficients at the points. */
NC_INLINE void NC_NAME(winograd_evaluate)(const int points, const int count, const vec *d, vec *to) {
    to[0] = d[0];
    to[points - 1] = d[count - 1];
#pragma GCC unroll 4
    for (int i = 0; i < points / 2 - 1; i++) {
        const REAL p = NC_NAME(WINOGRAD_POWER)[i][1], square = NC_NAME(WINOGRAD_POWER)[i][2];
        vec even = d[(count - 1) / 2 * 2], odd = d[(count - 2) / 2 * 2 + 1];
#pragma GCC unroll 4
        for (int j = (count - 1) / 2 * 2 - 2; j >= 0; j -= 2) even = NC_NAME(winograd_add)(square, even, d[j]);
#pragma GCC unroll 4
        for (int j = (count - 2) / 2 * 2 - 1; j >= 1; j -= 2) odd = NC_NAME(winograd_add)(square, odd, d[j]);
        odd = NC_NAME(winograd_scale)(p, odd);
        to[2 * i + 1] = vadd(even, odd);
        to[2 * i + 2] = vsub(even, odd);
    }
}

/* Its adjoint Aᵀ: n points → `count` coefficients. */
NC_INLINE void NC_NAME(winograd_collect)(const int points, const int count, const vec *m, vec *to) {
    const int pairs = points / 2 - 1;
    vec even[3], odd[3];
#pragma GCC unroll 4
    for (int i = 0; i < pairs; i++) {
        even[i] = vadd(m[2 * i + 1], m[2 * i + 2]);
        odd[i] = vsub(m[2 * i + 1], m[2 * i + 2]);
    }
#pragma GCC unroll 8
    for (int j = 0; j < count; j++) {
        vec sum = j % 2 ? odd[0] : even[0];
#pragma GCC unroll 4
        for (int i = 1; i < pairs; i++) sum = NC_NAME(winograd_add)(NC_NAME(WINOGRAD_POWER)[i][j], j % 2 ? odd[i] : even[i], sum);
        if (j == 0) sum = vadd(m[0], sum);
        if (j == count - 1) sum = vadd(m[points - 1], sum);
        to[j] = sum;
    }
}

/* 1 / N_p of the point in place i. */
NC_INLINE REAL NC_NAME(winograd_share)(const int points, int i) { return i == points - 1 ? 1 : NC_NAME(WINOGRAD_SCALE)[points / 2 - 3][(i + 1) / 2]; }

NC_INLINE void NC_NAME(winograd_a)(const int points, const vec *d, vec *to) { NC_NAME(winograd_evaluate)(points, 4, d, to); }
NC_INLINE void NC_NAME(winograd_at)(const int points, const vec *m, vec *to) { NC_NAME(winograd_collect)(points, 4, m, to); }
/* G: r taps → n points. */
NC_INLINE void NC_NAME(winograd_g)(const int points, const vec *g, vec *to) {
    NC_NAME(winograd_evaluate)(points, points - 3, g, to);
#pragma GCC unroll 8
    for (int i = 0; i < points; i++) to[i] = NC_NAME(winograd_scale)(NC_NAME(winograd_share)(points, i), to[i]);
}
/* Gᵀ, its adjoint: n points → r taps. */
NC_INLINE void NC_NAME(winograd_gt)(const int points, const vec *u, vec *to) {
    vec scaled[NC_NAME(WINOGRAD_MOST)];
#pragma GCC unroll 8
    for (int i = 0; i < points; i++) scaled[i] = NC_NAME(winograd_scale)(NC_NAME(winograd_share)(points, i), u[i]);
    NC_NAME(winograd_collect)(points, points - 3, scaled, to);
}

NC_INLINE vec NC_NAME(winograd_load)(const REAL *p, long lanes) { return lanes >= VL ? vload(p) : vload_part(p, lanes); }
NC_INLINE void NC_NAME(winograd_store)(REAL *p, vec v, long lanes) {
    if (lanes >= VL) vstore(p, v);
    else vstore_part(p, v, lanes);
}

/* A square of `before` × `before` numbers, number (i, j) of the first of `lanes` channels at from[i * row + j * column]: its columns
 * and then its rows through `transform`, plus one number a channel (NULL: none). */
#define NC_BOTH_WAYS(name, transform, before, after) \
    NC_INLINE void NC_NAME(name)(const int points, long lanes, const REAL *from, long row, long column, const REAL *bias, \
                                 REAL *to, long to_row, long to_column) { \
        vec square[NC_NAME(WINOGRAD_MOST)][NC_NAME(WINOGRAD_MOST)], line[NC_NAME(WINOGRAD_MOST)], out[NC_NAME(WINOGRAD_MOST)]; \
        _Pragma("GCC unroll 8") \
        for (int j = 0; j < before; j++) { \
            _Pragma("GCC unroll 8") \
            for (int i = 0; i < before; i++) line[i] = NC_NAME(winograd_load)(from + i * row + j * column, lanes); \
            NC_NAME(transform)(points, line, out); \
            _Pragma("GCC unroll 8") \
            for (int i = 0; i < after; i++) square[i][j] = out[i]; \
        } \
        _Pragma("GCC unroll 8") \
        for (int i = 0; i < after; i++) { \
            NC_NAME(transform)(points, square[i], out); \
            _Pragma("GCC unroll 8") \
            for (int j = 0; j < after; j++) \
                NC_NAME(winograd_store)(to + i * to_row + j * to_column, \
                                        bias ? vadd(out[j], NC_NAME(winograd_load)(bias, lanes)) : out[j], lanes); \
        } \
    }
NC_BOTH_WAYS(winograd_both_bt, winograd_bt, points, points)
NC_BOTH_WAYS(winograd_both_at, winograd_at, points, 4)
NC_BOTH_WAYS(winograd_both_a, winograd_a, 4, points)
NC_BOTH_WAYS(winograd_both_g, winograd_g, points - 3, points)
NC_BOTH_WAYS(winograd_both_gt, winograd_gt, points, points - 3)
#undef NC_BOTH_WAYS

/* The body, which uses `points` and `lanes`, for all channels from c on: constants for either number of points and for whole vectors. */
#define NC_CHANNELS(n, body) { \
        const int points = n; \
        long c = 0; \
        for (; c + VL <= channels; c += VL) { const long lanes = VL; body } \
        if (VL > 1 && c < channels) { const long lanes = channels - c; body } \
    }
#define NC_EACH(body) if (n == 6) NC_CHANNELS(6, body) else NC_CHANNELS(8, body)

/* V = Bᵀ d B. d: n × n pixels, channels innermost, `row` numbers between its rows; point p goes to v[p * plane]. */
static void NC_NAME(winograd_input)(int n, long channels, const REAL *d, long row, REAL *v, long plane) {
    NC_EACH(NC_NAME(winograd_both_bt)(points, lanes, d + c, row, channels, NULL, v + c, points * plane, plane);)
}

/* y = Aᵀ m A + bias (NULL: none): 4 × 4 pixels, channels innermost. */
static void NC_NAME(winograd_output)(int n, long channels, const REAL *m, long plane, const REAL *bias, REAL *y, long row) {
    NC_EACH(NC_NAME(winograd_both_at)(points, lanes, m + c, points * plane, plane, bias ? bias + c : NULL, y + c, row, channels);)
}

/* M = A dy Aᵀ, for the weight gradient; the channels of dy are filters, packed into panels of NR that lie `panel` numbers apart. */
static void NC_NAME(winograd_output_gradient)(int n, long channels, const REAL *dy, long row, REAL *m, long plane, long panel) {
    NC_EACH(NC_NAME(winograd_both_a)(points, lanes, dy + c, row, channels, NULL, m + c / NR * panel + c % NR, points * plane, plane);)
}

/* U = G g Gᵀ for NR filters at a time, as pack() laid their r² taps out: tap (i, j) at g[(r i + j) * NR]. `flip` turns the filter by 180°. */
static void NC_NAME(winograd_filter)(int n, int flip, const REAL *g, REAL *u, long plane) {
    const long channels = NR, step = flip ? -NR : NR;
    if (flip) g += ((n - 3) * (n - 3) - 1) * NR;
    NC_EACH(NC_NAME(winograd_both_g)(points, lanes, g + c, (points - 3) * step, step, NULL, u + c, points * plane, plane);)
}

/* dg = Gᵀ du G: point p at du[p * plane], tap t to dg[t * channels]. */
static void NC_NAME(winograd_filter_gradient)(int n, long channels, const REAL *du, long plane, REAL *dg) {
    NC_EACH(NC_NAME(winograd_both_gt)(points, lanes, du + c, points * plane, plane, NULL, dg + c, (points - 3) * channels, channels);)
}
#undef NC_CHANNELS
#undef NC_EACH
