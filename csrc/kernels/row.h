/* The walk along a row of numbers, vector after vector, for rows.h and optim.h: whole vectors first, then a part of one. */
static const REAL NC_NAME(LANE)[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* A vector at i of a row that ends at `end`: whole, or, where `whole` is 0, filled up with `rest`. `whole` is a constant wherever
 * these melt in. */
NC_INLINE vec NC_NAME(row_get)(const int whole, const REAL *x, long i, long end, REAL rest) {
    if (whole) return vload(x + i);
    return vsel(vgt(vset1((REAL)(end - i)), vload(NC_NAME(LANE))), vload_part(x + i, end - i), vset1(rest));
}
NC_INLINE void NC_NAME(row_put)(const int whole, REAL *y, long i, long end, vec v) {
    if (whole) vstore(y + i, v);
    else vstore_part(y + i, v, end - i);
}
#define GET_OR(x, rest) NC_NAME(row_get)(whole, x, i + k * VL, end, rest)
#define GET(x) GET_OR(x, 0)
#define PUT(y, v) NC_NAME(row_put)(whole, y, i + k * VL, end, v)

/* STEP for each vector from `from` to `end`. Sums and maxima go into four vectors in turn, part[k], since an addition takes as
 * long as four can be begun. */
#define EACH(from) do { \
    long i = (from); \
    for (; i + 4 * VL <= end; i += 4 * VL) { WHOLE(0) WHOLE(1) WHOLE(2) WHOLE(3) } \
    for (; i + VL <= end; i += VL) WHOLE(0) \
    if (i < end) { enum { whole = 0, k = 0 }; STEP } \
} while (0)
#define WHOLE(which) { enum { whole = 1, k = which }; STEP }
#define PARTS(start) {start, start, start, start}
#define TOTAL(part) vsum(vadd(vadd((part)[0], (part)[1]), vadd((part)[2], (part)[3])))
