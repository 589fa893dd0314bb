/* Rows of numbers: softmax and its cross-entropy, sums for normalisation, the affine maps that apply it.
 *
 * Sums run over VL lanes at once and are added in a fixed order, so that they are the same from run to run. They are
 * returned as double, in which the caller adds up rows. Next: csrc/softmax.pyx, csrc/norm.pyx.
 */
#if NC_IS_F32
#define NC_LIBM(name) name##f
#else
#define NC_LIBM(name) name
#endif

/* max x; -inf for an empty row. A NaN is passed over: the sum of the exponentials will be NaN because of it. */
NC_INLINE REAL NC_NAME(row_max)(const long end, const REAL *x) {
    vec part[4] = PARTS(vset1(-INFINITY));
#define STEP { part[k] = vmax(GET_OR(x, -INFINITY), part[k]); } /* vmax gives its second argument where the first is NaN */
    EACH(0);
#undef STEP
    return vmaxall(vmax(vmax(part[0], part[1]), vmax(part[2], part[3])));
}

/* y = e^(x - max x) and their sum. */
NC_INLINE REAL NC_NAME(row_exp)(const long end, const REAL *x, REAL *y) {
    const vec highest = vset1(NC_NAME(row_max)(end, x));
    vec part[4] = PARTS(vzero());
#define STEP { \
        vec e = vexp(vsub(GET_OR(x, -INFINITY), highest)); \
        PUT(y, e); \
        part[k] = vadd(part[k], whole ? e : GET(y)); \
    }
    EACH(0);
#undef STEP
    return TOTAL(part);
}

/* softmax: y = e^x / Σ e^x */
static void NC_NAME(softmax)(const long end, const REAL *x, REAL *y) {
    const vec scale = vset1(1 / NC_NAME(row_exp)(end, x, y));
#define STEP PUT(y, vmul(GET(y), scale));
    EACH(0);
#undef STEP
}

/* dx = y (dy - Σ dy y) */
static void NC_NAME(softmax_gradient)(const long end, const REAL *y, const REAL *dy, REAL *dx) {
    vec part[4] = PARTS(vzero());
#define STEP part[k] = vfma(GET(dy), GET(y), part[k]);
    EACH(0);
#undef STEP
    const vec dot = vset1(TOTAL(part));
#define STEP PUT(dx, vmul(GET(y), vsub(GET(dy), dot)));
    EACH(0);
#undef STEP
}

/* log softmax: y = x - ln Σ e^x; y is used for the exponentials first */
static void NC_NAME(log_softmax)(const long end, const REAL *x, REAL *y) {
    const REAL sum = NC_NAME(row_exp)(end, x, y), highest = NC_NAME(row_max)(end, x);
    const vec shift = vset1(highest), log_sum = vset1(NC_LIBM(log)(sum));
#define STEP PUT(y, vsub(vsub(GET(x), shift), log_sum));
    EACH(0);
#undef STEP
}

/* dx = dy - e^y Σ dy */
static void NC_NAME(log_softmax_gradient)(const long end, const REAL *y, const REAL *dy, REAL *dx) {
    vec part[4] = PARTS(vzero());
#define STEP part[k] = vadd(part[k], GET(dy));
    EACH(0);
#undef STEP
    const vec total = vset1(TOTAL(part));
#define STEP PUT(dx, vsub(GET(dy), vmul(vexp(GET(y)), total)));
    EACH(0);
#undef STEP
}

/* Cross-entropy of softmax(x) with q = (1 - smoothing) onehot(target) + smoothing / n:
 *     -Σ q ln p = ln Σ e^x - (1 - smoothing) x[target] - smoothing mean(x);   its gradient p - q is left in dx. */
static double NC_NAME(cross_entropy)(const long end, long target, double smoothing, const REAL *x, REAL *dx) {
    const REAL sum = NC_NAME(row_exp)(end, x, dx), highest = NC_NAME(row_max)(end, x);
    const vec scale = vset1(1 / sum), spread = vset1((REAL)(smoothing / end)), shift = vset1(highest);
    vec part[4] = PARTS(vzero()); /* Σ (x - max), for the smoothed part */
#define STEP { \
        if (smoothing > 0) part[k] = vadd(part[k], vsub(GET_OR(x, highest), shift)); \
        PUT(dx, vsub(vmul(GET(dx), scale), spread)); \
    }
    EACH(0);
#undef STEP
    dx[target] -= (REAL)(1 - smoothing);
    double loss = (double)NC_LIBM(log)(sum) - (1 - smoothing) * ((double)x[target] - (double)highest);
    if (smoothing > 0) loss -= smoothing / end * (double)TOTAL(part);
    return loss;
}

/* Σ x, Σ (x - center)², Σ dy (x - center). Long rows are cut into pieces, whose sums are added in double: the rounding
 * error of a sum in REAL grows with its length. */
enum { NC_NAME(PIECE) = 64 * VL };
#define SUM_OF_PIECES \
    double total = 0; \
    for (long from = 0; from < n; from += NC_NAME(PIECE)) { \
        const long end = n < from + NC_NAME(PIECE) ? n : from + NC_NAME(PIECE); \
        vec part[4] = PARTS(vzero()); \
        EACH(from); \
        total += TOTAL(part); \
    } \
    return total;

static double NC_NAME(sum)(long n, const REAL *x) {
#define STEP part[k] = vadd(part[k], GET(x));
    SUM_OF_PIECES
#undef STEP
}
static double NC_NAME(sum_squares)(long n, double center, const REAL *x) {
    const vec c = vset1((REAL)center);
#define STEP { vec d = vsub(GET_OR(x, (REAL)center), c); part[k] = vfma(d, d, part[k]); }
    SUM_OF_PIECES
#undef STEP
}
static double NC_NAME(sum_products)(long n, double center, const REAL *x, const REAL *dy) {
    const vec c = vset1((REAL)center);
#define STEP part[k] = vfma(GET(dy), vsub(GET(x), c), part[k]);
    SUM_OF_PIECES
#undef STEP
}
#undef SUM_OF_PIECES

/* Σ x², squares and sums in double: losses and norms are compared with others that are almost the same. Sixteen sums side by side,
 * plain C that compilers turn into vectors. */
static double NC_NAME(square_sum)(long n, const REAL *x) {
    double part[16] = {0}, total = 0;
    long i = 0;
    for (; i + 16 <= n; i += 16)
        for (int k = 0; k < 16; k++) part[k] += (double)x[i + k] * (double)x[i + k];
    for (; i < n; i++) total += (double)x[i] * (double)x[i];
    for (int k = 0; k < 16; k++) total += part[k];
    return total;
}

/* y = scale (x - center) + shift */
static void NC_NAME(affine)(const long end, double center, double scale, double shift, const REAL *x, REAL *y) {
    const vec c = vset1((REAL)center), a = vset1((REAL)scale), b = vset1((REAL)shift);
#define STEP PUT(y, vfma(a, vsub(GET(x), c), b));
    EACH(0);
#undef STEP
}

/* dx = scale dy + slope (x - center) + shift: the gradient of every normalisation */
static void NC_NAME(affine_gradient)(const long end, double center, double scale, double slope, double shift, const REAL *x, const REAL *dy, REAL *dx) {
    const vec c = vset1((REAL)center), a = vset1((REAL)scale), s = vset1((REAL)slope), b = vset1((REAL)shift);
#define STEP PUT(dx, vfma(a, GET(dy), vfma(s, vsub(GET(x), c), b)));
    EACH(0);
#undef STEP
}

/* One row of layer norm: y = (x - mean) rstd w + b */
static void NC_NAME(layer_norm)(const long end, double mean, double rstd, const REAL *x, const REAL *w, const REAL *b, REAL *y) {
    const vec m = vset1((REAL)mean), r = vset1((REAL)rstd);
#define STEP { \
        vec normal = vmul(vsub(GET(x), m), r); \
        if (w) normal = vmul(normal, GET(w)); \
        PUT(y, b ? vadd(normal, GET(b)) : normal); \
    }
    EACH(0);
#undef STEP
}

/* Its gradient, with g = dy w and x̂ = (x - mean) rstd:  dx = rstd (g - mean(g) - x̂ mean(g x̂));  dw += dy x̂,  db += dy. */
static void NC_NAME(layer_norm_gradient)(const long end, double mean, double rstd, const REAL *x, const REAL *w, const REAL *dy, REAL *dx, REAL *dw, REAL *db) {
    const vec m = vset1((REAL)mean), r = vset1((REAL)rstd);
    vec part[4] = PARTS(vzero()), products[4] = PARTS(vzero());
#define STEP { \
        vec d = GET(dy), normal = vmul(vsub(GET(x), m), r), g = w ? vmul(d, GET(w)) : d; \
        part[k] = vadd(part[k], g); \
        products[k] = vfma(g, normal, products[k]); \
        if (dw) PUT(dw, vfma(d, normal, GET(dw))); \
        if (db) PUT(db, vadd(GET(db), d)); \
    }
    EACH(0);
#undef STEP
    if (!dx) return;
    const vec g_mean = vset1(TOTAL(part) / end), gx_mean = vset1(TOTAL(products) / end);
#define STEP { \
        vec d = GET(dy), normal = vmul(vsub(GET(x), m), r), g = w ? vmul(d, GET(w)) : d; \
        PUT(dx, vmul(r, vsub(vsub(g, g_mean), vmul(normal, gx_mean)))); \
    }
    EACH(0);
#undef STEP
}

/* y = a + b; y may be one of them */
static void NC_NAME(add)(const long end, const REAL *a, const REAL *b, REAL *y) {
#define STEP PUT(y, vadd(GET(a), GET(b)));
    EACH(0);
#undef STEP
}
#undef NC_LIBM
