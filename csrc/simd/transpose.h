/* Transpose VL vectors of VL lanes in registers: a butterfly of log2(VL) stages.
 *
 * Stage s exchanges, for each pair of rows i and i + s, the lanes of one in which bit s is set with the lanes of the other
 * in which it is clear. Without the compilers' common shuffle (gcc before 12) NC_TRANSPOSE is 0 and packing copies number
 * by number. */
#if VL > 1 && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define NC_TRANSPOSE 1
#endif
#endif

#ifdef NC_TRANSPOSE
#if VL == 16
#define NC_LANES(L, s) L(s, 0), L(s, 1), L(s, 2), L(s, 3), L(s, 4), L(s, 5), L(s, 6), L(s, 7), \
                       L(s, 8), L(s, 9), L(s, 10), L(s, 11), L(s, 12), L(s, 13), L(s, 14), L(s, 15)
#elif VL == 8
#define NC_LANES(L, s) L(s, 0), L(s, 1), L(s, 2), L(s, 3), L(s, 4), L(s, 5), L(s, 6), L(s, 7)
#elif VL == 4
#define NC_LANES(L, s) L(s, 0), L(s, 1), L(s, 2), L(s, 3)
#else
#define NC_LANES(L, s) L(s, 0), L(s, 1)
#endif
#define NC_UPPER(s, lane) ((lane) & (s) ? VL + (lane) - (s) : (lane))
#define NC_LOWER(s, lane) ((lane) & (s) ? VL + (lane) : (lane) + (s))
#define NC_STAGE(s) \
    for (int i = 0; i < VL; i++) \
        if (!(i & (s))) { \
            vec a = rows[i], b = rows[i + (s)]; \
            rows[i] = __builtin_shufflevector(a, b, NC_LANES(NC_UPPER, s)); \
            rows[i + (s)] = __builtin_shufflevector(a, b, NC_LANES(NC_LOWER, s)); \
        }

NC_INLINE void NC_NAME(transpose)(vec rows[VL]) {
#pragma GCC unroll 16
    NC_STAGE(1)
#if VL > 2
#pragma GCC unroll 16
    NC_STAGE(2)
#endif
#if VL > 4
#pragma GCC unroll 16
    NC_STAGE(4)
#endif
#if VL > 8
#pragma GCC unroll 16
    NC_STAGE(8)
#endif
}
#undef NC_LANES
#undef NC_UPPER
#undef NC_LOWER
#undef NC_STAGE
#endif
