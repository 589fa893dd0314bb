/* AVX2 with FMA: 32-byte registers, 16 of them; comparisons give whole lanes of ones, parts go through a mask table. */
#if NC_IS_F32
#define VL 8
#define MM(op) _mm256_##op##_ps
typedef __m256 vec;
typedef __m256 vmask;
static const int NC_NAME(part_masks)[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
#else
#define VL 4
#define MM(op) _mm256_##op##_pd
typedef __m256d vec;
typedef __m256d vmask;
static const long long NC_NAME(part_masks)[8] = {-1, -1, -1, -1, 0, 0, 0, 0};
#endif
#define MR 6
#define NV 2
#define PART(n) _mm256_loadu_si256((const __m256i *)(NC_NAME(part_masks) + VL - (n)))

NC_INLINE vec vload(const REAL *p) { return MM(loadu)(p); }
NC_INLINE void vstore(REAL *p, vec v) { MM(storeu)(p, v); }
NC_INLINE vec vload_part(const REAL *p, long n) { return MM(maskload)(p, PART(n)); }
NC_INLINE void vstore_part(REAL *p, vec v, long n) { MM(maskstore)(p, PART(n), v); }
NC_INLINE vec vset1(REAL s) { return MM(set1)(s); }
NC_INLINE vec vzero(void) { return MM(setzero)(); }
NC_INLINE vec vadd(vec a, vec b) { return MM(add)(a, b); }
NC_INLINE vec vsub(vec a, vec b) { return MM(sub)(a, b); }
NC_INLINE vec vmul(vec a, vec b) { return MM(mul)(a, b); }
NC_INLINE vec vdiv(vec a, vec b) { return MM(div)(a, b); }
NC_INLINE vec vsqrt(vec a) { return MM(sqrt)(a); }
NC_INLINE vec vneg(vec a) { return MM(xor)(a, MM(set1)(-0.0f)); }
NC_INLINE vec vabs(vec a) { return MM(andnot)(MM(set1)(-0.0f), a); }
NC_INLINE vec vsign(vec a, vec b) { return MM(or)(a, MM(and)(b, MM(set1)(-0.0f))); }
NC_INLINE vec vfma(vec a, vec b, vec c) { return MM(fmadd)(a, b, c); }
NC_INLINE vec vround(vec a) { return MM(round)(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
NC_INLINE vec vmax(vec a, vec b) { return MM(max)(a, b); }
NC_INLINE vec vmin(vec a, vec b) { return MM(min)(a, b); }
#if NC_IS_F32
/* Adding 2^23 + bias puts n + bias in the lowest mantissa bits; shifted up they are the exponent. */
NC_INLINE vec vpow2(vec n) {
    __m256i bits = _mm256_castps_si256(MM(add)(n, MM(set1)(8388608.0f + 127.0f)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(bits, 23));
}
#else
NC_INLINE vec vpow2(vec n) {
    __m256i bits = _mm256_castpd_si256(MM(add)(n, MM(set1)(4503599627370496.0 + 1023.0)));
    return _mm256_castsi256_pd(_mm256_slli_epi64(bits, 52));
}
#endif
NC_INLINE vmask vgt(vec a, vec b) { return MM(cmp)(a, b, _CMP_GT_OQ); }
NC_INLINE vmask vge(vec a, vec b) { return MM(cmp)(a, b, _CMP_GE_OQ); }
NC_INLINE vmask veq(vec a, vec b) { return MM(cmp)(a, b, _CMP_EQ_OQ); }
NC_INLINE vec vsel(vmask m, vec a, vec b) { return MM(blendv)(b, a, m); }
NC_INLINE REAL vsum(vec a) {
    REAL lanes[VL];
    vstore(lanes, a);
    for (int half = VL / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
    return lanes[0];
}
NC_INLINE REAL vmaxall(vec a) {
    REAL lanes[VL];
    vstore(lanes, a);
    for (int i = 1; i < VL; i++) lanes[0] = lanes[i] > lanes[0] ? lanes[i] : lanes[0];
    return lanes[0];
}
#undef MM
#undef PART
