/* Dropout: y[i] = x[i] / (1 - p) with probability 1 - p, else 0 (Srivastava et al., 2014).
 *
 * Number i of a stream is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014) of key + (i + 1) γ. i is kept where its
 * number is below 2^64 (1 - p). Loops without branches, which the compiler turns into vectors: a branch on a random bit is
 * guessed wrongly every other time, and costs more than all the arithmetic. Next: csrc/dropout.pyx.
 */

/* mask[i] = 1 where number first + i of the key's stream is below the threshold. */
static void NC_NAME(dropout_mask)(long n, long first, unsigned long long key, unsigned long long threshold, unsigned char *mask) {
    for (long i = 0; i < n; i++) {
        unsigned long long z = key + (unsigned long long)(first + i + 1) * 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        mask[i] = (z ^ (z >> 31)) < threshold;
    }
}

/* y = x · scale where the mask is 1, else 0; the backward phase is the same. */
static void NC_NAME(dropout_apply)(long n, double scale, const unsigned char *mask, const REAL *x, REAL *y) {
    const REAL factor = (REAL)scale;
    for (long i = 0; i < n; i++) {
        const REAL kept = x[i] * factor;
        y[i] = mask[i] ? kept : 0;
    }
}
