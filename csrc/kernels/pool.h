/* The commonest pooling, 2 × 2 with stride 2, for a row of outputs: four numbers in, one out.
 *
 *   y[j] = max of a = x[2j], b = x[2j + 1] in the upper row and c, d in the lower; which[j] = 0..3 says which it was.
 *
 * The first of equal numbers wins; a NaN beats every number before it. All other windows are in csrc/pool.pyx.
 * Loops of fixed length, without branches, over numbers of one width are plain C, which compilers turn into vectors, if they
 * do not first write the loops out ("unroll 1"). A row goes in steps of the longest of four lengths that fits it; its last
 * step reaches back to end where the row does, and finds some outputs a second time.
 */
#if NC_IS_F32
typedef int32_t NC_NAME(pool_place);
#else
typedef int64_t NC_NAME(pool_place);
#endif

NC_INLINE void NC_NAME(pool_step)(const int step, const REAL *upper, const REAL *lower, REAL *y, unsigned char *which) {
    REAL best[16];
    NC_NAME(pool_place) place[16];
#pragma GCC unroll 1
    for (int j = 0; j < step; j++) {
        const REAL a = upper[2 * j], b = upper[2 * j + 1], c = lower[2 * j], d = lower[2 * j + 1];
        REAL most = a;
        NC_NAME(pool_place) winner = 0;
        winner = (b > most) | (b != b) ? 1 : winner, most = (b > most) | (b != b) ? b : most;
        winner = (c > most) | (c != c) ? 2 : winner, most = (c > most) | (c != c) ? c : most;
        winner = (d > most) | (d != d) ? 3 : winner, most = (d > most) | (d != d) ? d : most;
        best[j] = most;
        place[j] = winner;
    }
#pragma GCC unroll 1
    for (int j = 0; j < step; j++) y[j] = best[j];
#pragma GCC unroll 1
    for (int j = 0; j < step; j++) which[j] = (unsigned char)place[j];
}

NC_INLINE void NC_NAME(pool_row)(const int step, long n, const REAL *upper, const REAL *lower, REAL *y, unsigned char *which) {
    for (long first = 0; first < n; first += step) {
        const long j = first + step <= n ? first : n - step;
        NC_NAME(pool_step)(step, upper + 2 * j, lower + 2 * j, y + j, which + j);
    }
}
static void NC_NAME(max_pool_2x2)(long n, const REAL *upper, const REAL *lower, REAL *y, unsigned char *which) {
    if (n >= 16) NC_NAME(pool_row)(16, n, upper, lower, y, which);
    else if (n >= 8) NC_NAME(pool_row)(8, n, upper, lower, y, which);
    else if (n >= 4) NC_NAME(pool_row)(4, n, upper, lower, y, which);
    else NC_NAME(pool_row)(1, n, upper, lower, y, which);
}

/* Its gradient: dy[j] goes to the place that won, the other three get 0; every number of both rows is written. */
static void NC_NAME(max_pool_2x2_gradient)(long n, const REAL *dy, const unsigned char *which, REAL *upper, REAL *lower) {
    memset(upper, 0, 2 * n * sizeof(REAL));
    memset(lower, 0, 2 * n * sizeof(REAL));
    const long below = lower - upper;
    for (long j = 0; j < n; j++) upper[(which[j] >> 1) * below + 2 * j + (which[j] & 1)] = dy[j];
}
