/* AVX-512: 64-byte registers, 32 of them, and one mask bit a lane, so that a part of a vector costs no more than a whole. */
#if NC_IS_F32
#define VL 16
#define MM(op) _mm512_##op##_ps
#define MM_CMP _mm512_cmp_ps_mask
typedef __m512 vec;
typedef __mmask16 vmask;
#else
#define VL 8
#define MM(op) _mm512_##op##_pd
#define MM_CMP _mm512_cmp_pd_mask
typedef __m512d vec;
typedef __mmask8 vmask;
#endif
#define MR 12
#define NV 2

NC_INLINE vec vload(const REAL *p) { return MM(loadu)(p); }
NC_INLINE void vstore(REAL *p, vec v) { MM(storeu)(p, v); }
NC_INLINE vec vload_part(const REAL *p, long n) { return MM(maskz_loadu)((vmask)((1u << n) - 1), p); }
NC_INLINE void vstore_part(REAL *p, vec v, long n) { MM(mask_storeu)(p, (vmask)((1u << n) - 1), v); }
NC_INLINE vec vset1(REAL s) { return MM(set1)(s); }
NC_INLINE vec vzero(void) { return MM(setzero)(); }
NC_INLINE vec vadd(vec a, vec b) { return MM(add)(a, b); }
NC_INLINE vec vsub(vec a, vec b) { return MM(sub)(a, b); }
NC_INLINE vec vmul(vec a, vec b) { return MM(mul)(a, b); }
NC_INLINE vec vdiv(vec a, vec b) { return MM(div)(a, b); }
NC_INLINE vec vsqrt(vec a) { return MM(sqrt)(a); }
NC_INLINE vec vneg(vec a) { return MM(xor)(a, MM(set1)(-0.0f)); }
NC_INLINE vec vabs(vec a) { return MM(andnot)(MM(set1)(-0.0f), a); }
NC_INLINE vec vfma(vec a, vec b, vec c) { return MM(fmadd)(a, b, c); }
NC_INLINE vec vround(vec a) { return MM(roundscale)(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
NC_INLINE vec vmax(vec a, vec b) { return MM(max)(a, b); }
NC_INLINE vec vmin(vec a, vec b) { return MM(min)(a, b); }
NC_INLINE vec vsign(vec a, vec b) { return MM(or)(a, MM(and)(b, MM(set1)(-0.0f))); }
NC_INLINE vec vpow2(vec n) { return MM(scalef)(MM(set1)(1), n); }
#define NC_SCALE
NC_INLINE vec vscale(vec a, vec n) { return MM(scalef)(a, n); }
NC_INLINE vmask vgt(vec a, vec b) { return MM_CMP(a, b, _CMP_GT_OQ); }
NC_INLINE vmask vge(vec a, vec b) { return MM_CMP(a, b, _CMP_GE_OQ); }
NC_INLINE vmask veq(vec a, vec b) { return MM_CMP(a, b, _CMP_EQ_OQ); }
NC_INLINE vec vsel(vmask m, vec a, vec b) { return MM(mask_blend)(m, b, a); }
NC_INLINE REAL vsum(vec a) { return MM(reduce_add)(a); }
NC_INLINE REAL vmaxall(vec a) { return MM(reduce_max)(a); }
#undef MM
#undef MM_CMP
