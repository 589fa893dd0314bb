/* The commonest pooling, 2 × 2 with stride 2, for a row of outputs: four numbers in, one out.
 *
 *   y[j] = max of a = x[2j], b = x[2j + 1] in the upper row and c, d in the lower; which[j] = 0..3 says which it was.
 *
 * The first of equal numbers wins; a NaN beats every number before it. All other windows are in csrc/pool.pyx.
 */
static void NC_NAME(max_pool_2x2)(long n, const REAL *upper, const REAL *lower, REAL *y, unsigned char *which) {
    for (long j = 0; j < n; j++) {
        const REAL a = upper[2 * j], b = upper[2 * j + 1], c = lower[2 * j], d = lower[2 * j + 1];
        REAL best = a;
        unsigned char place = 0;
        int better = (b > best) | (b != b);
        best = better ? b : best, place = better ? 1 : place;
        better = (c > best) | (c != c);
        best = better ? c : best, place = better ? 2 : place;
        better = (d > best) | (d != d);
        best = better ? d : best, place = better ? 3 : place;
        y[j] = best;
        which[j] = place;
    }
}

/* Its gradient: dy[j] goes to the place that won, the other three get 0; every number of both rows is written. */
static void NC_NAME(max_pool_2x2_gradient)(long n, const REAL *dy, const unsigned char *which, REAL *upper, REAL *lower) {
    for (long j = 0; j < n; j++) {
        const REAL g = dy[j];
        const unsigned char place = which[j];
        upper[2 * j] = place == 0 ? g : 0;
        upper[2 * j + 1] = place == 1 ? g : 0;
        lower[2 * j] = place == 2 ? g : 0;
        lower[2 * j + 1] = place == 3 ? g : 0;
    }
}
