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

static const REAL NC_NAME(LANE)[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* The vector at i, filled up with `rest` where the row ends. */
NC_INLINE vec NC_NAME(row_part)(const REAL *x, long i, long n, REAL rest) {
    if (i + VL <= n) return vload(x + i);
    return vsel(vgt(vset1((REAL)(n - i)), vload(NC_NAME(LANE))), vload_part(x + i, n - i), vset1(rest));
}
NC_INLINE void NC_NAME(row_store)(REAL *y, long i, long n, vec v) {
    if (i + VL <= n) vstore(y + i, v);
    else vstore_part(y + i, v, n - i);
}
#define GET(x) NC_NAME(row_part)(x, i, n, 0)
#define PUT(y, v) NC_NAME(row_store)(y, i, n, v)
#define EACH for (long i = 0; i < n; i += VL)

/* max x; -inf for an empty row. A NaN is passed over: the sum of the exponentials will be NaN because of it. */
NC_INLINE REAL NC_NAME(row_max)(long n, const REAL *x) {
    vec best = vset1(-INFINITY);
    EACH best = vmax(NC_NAME(row_part)(x, i, n, -INFINITY), best); /* vmax gives its second argument where the first is NaN */
    return vmaxall(best);
}

/* y = e^(x - max x) and their sum. */
NC_INLINE REAL NC_NAME(row_exp)(long n, const REAL *x, REAL *y) {
    const vec highest = vset1(NC_NAME(row_max)(n, x));
    vec sum = vzero();
    EACH {
        vec e = vexp(vsub(NC_NAME(row_part)(x, i, n, -INFINITY), highest));
        PUT(y, e);
        sum = vadd(sum, i + VL <= n ? e : NC_NAME(row_part)(y, i, n, 0));
    }
    return vsum(sum);
}

/* softmax: y = e^x / Σ e^x */
static void NC_NAME(softmax)(long n, const REAL *x, REAL *y) {
    const vec scale = vset1(1 / NC_NAME(row_exp)(n, x, y));
    EACH PUT(y, vmul(GET(y), scale));
}

NC_INLINE REAL NC_NAME(row_dot)(long n, const REAL *a, const REAL *b) {
    vec sum = vzero();
    EACH sum = vfma(GET(a), GET(b), sum);
    return vsum(sum);
}

/* dx = y (dy - Σ dy y) */
static void NC_NAME(softmax_gradient)(long n, const REAL *y, const REAL *dy, REAL *dx) {
    const vec dot = vset1(NC_NAME(row_dot)(n, dy, y));
    EACH PUT(dx, vmul(GET(y), vsub(GET(dy), dot)));
}

/* log softmax: y = x - ln Σ e^x; y is used for the exponentials first */
static void NC_NAME(log_softmax)(long n, const REAL *x, REAL *y) {
    const REAL sum = NC_NAME(row_exp)(n, x, y), highest = NC_NAME(row_max)(n, x);
    const vec shift = vset1(highest), log_sum = vset1(NC_LIBM(log)(sum));
    EACH PUT(y, vsub(vsub(GET(x), shift), log_sum));
}

/* dx = dy - e^y Σ dy */
static void NC_NAME(log_softmax_gradient)(long n, const REAL *y, const REAL *dy, REAL *dx) {
    vec sum = vzero();
    EACH sum = vadd(sum, GET(dy));
    const vec total = vset1(vsum(sum));
    EACH PUT(dx, vsub(GET(dy), vmul(vexp(GET(y)), total)));
}

/* Cross-entropy of softmax(x) with q = (1 - smoothing) onehot(target) + smoothing / n:
 *     -Σ q ln p = ln Σ e^x - (1 - smoothing) x[target] - smoothing mean(x);   its gradient p - q is left in dx. */
static double NC_NAME(cross_entropy)(long n, long target, double smoothing, const REAL *x, REAL *dx) {
    const REAL sum = NC_NAME(row_exp)(n, x, dx), highest = NC_NAME(row_max)(n, x);
    const vec scale = vset1(1 / sum), spread = vset1((REAL)(smoothing / n));
    vec shifted = vzero(); /* Σ (x - max), for the smoothed part */
    const vec shift = vset1(highest);
    EACH {
        if (smoothing > 0) shifted = vadd(shifted, vsub(NC_NAME(row_part)(x, i, n, highest), shift));
        PUT(dx, vsub(vmul(GET(dx), scale), spread));
    }
    dx[target] -= (REAL)(1 - smoothing);
    double loss = (double)NC_LIBM(log)(sum) - (1 - smoothing) * ((double)x[target] - (double)highest);
    if (smoothing > 0) loss -= smoothing / n * (double)vsum(shifted);
    return loss;
}

/* Σ x, Σ (x - center)², Σ dy (x - center). Long rows are cut into pieces, whose sums are added in double: the rounding
 * error of a sum in REAL grows with its length. */
enum { NC_NAME(PIECE) = 64 * VL };
#define PIECES for (long from = 0, end = n < NC_NAME(PIECE) ? n : NC_NAME(PIECE); from < n; from = end, end = n < end + NC_NAME(PIECE) ? n : end + NC_NAME(PIECE))
#define EACH_OF_PIECE for (long i = from; i < end; i += VL)

static double NC_NAME(sum)(long n, const REAL *x) {
    double total = 0;
    PIECES {
        vec sum = vzero();
        EACH_OF_PIECE sum = vadd(sum, GET(x));
        total += vsum(sum);
    }
    return total;
}
static double NC_NAME(sum_squares)(long n, double center, const REAL *x) {
    const vec c = vset1((REAL)center);
    double total = 0;
    PIECES {
        vec sum = vzero();
        EACH_OF_PIECE {
            vec d = vsub(NC_NAME(row_part)(x, i, n, (REAL)center), c);
            sum = vfma(d, d, sum);
        }
        total += vsum(sum);
    }
    return total;
}
static double NC_NAME(sum_products)(long n, double center, const REAL *x, const REAL *dy) {
    const vec c = vset1((REAL)center);
    double total = 0;
    PIECES {
        vec sum = vzero();
        EACH_OF_PIECE sum = vfma(GET(dy), vsub(GET(x), c), sum);
        total += vsum(sum);
    }
    return total;
}
#undef PIECES
#undef EACH_OF_PIECE

/* y = scale (x - center) + shift */
static void NC_NAME(affine)(long n, double center, double scale, double shift, const REAL *x, REAL *y) {
    const vec c = vset1((REAL)center), a = vset1((REAL)scale), b = vset1((REAL)shift);
    EACH PUT(y, vfma(a, vsub(GET(x), c), b));
}

/* dx = scale dy + slope (x - center) + shift: the gradient of every normalisation */
static void NC_NAME(affine_gradient)(long n, double center, double scale, double slope, double shift, const REAL *x, const REAL *dy, REAL *dx) {
    const vec c = vset1((REAL)center), a = vset1((REAL)scale), s = vset1((REAL)slope), b = vset1((REAL)shift);
    EACH PUT(dx, vfma(a, GET(dy), vfma(s, vsub(GET(x), c), b)));
}

/* One row of layer norm: y = (x - mean) rstd w + b */
static void NC_NAME(layer_norm)(long n, double mean, double rstd, const REAL *x, const REAL *w, const REAL *b, REAL *y) {
    const vec m = vset1((REAL)mean), r = vset1((REAL)rstd);
    EACH {
        vec normal = vmul(vsub(GET(x), m), r);
        if (w) normal = vmul(normal, GET(w));
        PUT(y, b ? vadd(normal, GET(b)) : normal);
    }
}

/* Its gradient, with g = dy w and x̂ = (x - mean) rstd:  dx = rstd (g - mean(g) - x̂ mean(g x̂));  dw += dy x̂,  db += dy. */
static void NC_NAME(layer_norm_gradient)(long n, double mean, double rstd, const REAL *x, const REAL *w, const REAL *dy, REAL *dx, REAL *dw, REAL *db) {
    const vec m = vset1((REAL)mean), r = vset1((REAL)rstd);
    vec sum = vzero(), products = vzero();
    EACH {
        vec d = GET(dy), normal = vmul(vsub(GET(x), m), r), g = w ? vmul(d, GET(w)) : d;
        sum = vadd(sum, g);
        products = vfma(g, normal, products);
        if (dw) PUT(dw, vfma(d, normal, GET(dw)));
        if (db) PUT(db, vadd(GET(db), d));
    }
    if (!dx) return;
    const vec g_mean = vset1(vsum(sum) / n), gx_mean = vset1(vsum(products) / n);
    EACH {
        vec d = GET(dy), normal = vmul(vsub(GET(x), m), r), g = w ? vmul(d, GET(w)) : d;
        PUT(dx, vmul(r, vsub(vsub(g, g_mean), vmul(normal, gx_mean))));
    }
}

/* y = a + b; y may be one of them */
static void NC_NAME(add)(long n, const REAL *a, const REAL *b, REAL *y) {
    EACH PUT(y, vadd(GET(a), GET(b)));
}
#undef NC_LIBM
