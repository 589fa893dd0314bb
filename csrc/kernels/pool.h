/* The commonest pooling, 2 × 2 with stride 2, for a row of outputs: four numbers in, one out.
 *
 *   y[j] = max of a = x[2j], b = x[2j + 1] in the upper row and c, d in the lower; which[j] = 0..3 says which it was.
 *
 * The first of equal numbers wins; a NaN beats every number before it. All other windows are in csrc/pool.pyx.
 * The loop of fixed length and without branches is plain C, which compilers turn into vectors.
 */
enum { NC_NAME(POOL_STEP) = 16 }; /* outputs at a time; a rest goes through padded copies, so that it is vectors as well */

NC_INLINE void NC_NAME(pool_step)(const REAL *restrict upper, const REAL *restrict lower, REAL *restrict y, unsigned char *restrict which) {
    for (int j = 0; j < NC_NAME(POOL_STEP); j++) {
        const REAL a = upper[2 * j], b = upper[2 * j + 1], c = lower[2 * j], d = lower[2 * j + 1];
        REAL best = a;
        int place = 0, better = (b > best) | (b != b);
        best = better ? b : best, place = better ? 1 : place;
        better = (c > best) | (c != c);
        best = better ? c : best, place = better ? 2 : place;
        better = (d > best) | (d != d);
        best = better ? d : best, place = better ? 3 : place;
        y[j] = best;
        which[j] = (unsigned char)place;
    }
}
static void NC_NAME(max_pool_2x2)(long n, const REAL *upper, const REAL *lower, REAL *y, unsigned char *which) {
    enum { STEP = NC_NAME(POOL_STEP) };
    long j = 0;
    for (; j + STEP <= n; j += STEP) NC_NAME(pool_step)(upper + 2 * j, lower + 2 * j, y + j, which + j);
    if (j < n) {
        const size_t rest = (size_t)(n - j);
        REAL above[2 * STEP] = {0}, below[2 * STEP] = {0}, best[STEP];
        unsigned char place[STEP];
        memcpy(above, upper + 2 * j, 2 * rest * sizeof(REAL));
        memcpy(below, lower + 2 * j, 2 * rest * sizeof(REAL));
        NC_NAME(pool_step)(above, below, best, place);
        memcpy(y + j, best, rest * sizeof(REAL));
        memcpy(which + j, place, rest);
    }
}

/* Its gradient: dy[j] goes to the place that won, the other three get 0; every number of both rows is written. */
static void NC_NAME(max_pool_2x2_gradient)(long n, const REAL *dy, const unsigned char *which, REAL *upper, REAL *lower) {
    memset(upper, 0, 2 * n * sizeof(REAL));
    memset(lower, 0, 2 * n * sizeof(REAL));
    const long below = lower - upper;
    for (long j = 0; j < n; j++) upper[(which[j] >> 1) * below + 2 * j + (which[j] & 1)] = dy[j];
}
