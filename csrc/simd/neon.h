/* NEON on 64-bit ARM: 16-byte registers, 32 of them; parts of a vector go through a small array. */
#if NC_IS_F32
#define VL 4
#define VQ(op) v##op##q_f32
typedef float32x4_t vec;
typedef uint32x4_t vmask;
NC_INLINE vec vpow2(vec n) { return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23)); }
#else
#define VL 2
#define VQ(op) v##op##q_f64
typedef float64x2_t vec;
typedef uint64x2_t vmask;
NC_INLINE vec vpow2(vec n) { return vreinterpretq_f64_s64(vshlq_n_s64(vaddq_s64(vcvtnq_s64_f64(n), vdupq_n_s64(1023)), 52)); }
#endif
#define MR 8
#define NV 3

NC_INLINE vec vload(const REAL *p) { return VQ(ld1)(p); }
NC_INLINE void vstore(REAL *p, vec v) { VQ(st1)(p, v); }
NC_INLINE vec vload_part(const REAL *p, long n) {
    REAL lanes[VL] = {0};
    for (long i = 0; i < n; i++) lanes[i] = p[i];
    return vload(lanes);
}
NC_INLINE void vstore_part(REAL *p, vec v, long n) {
    REAL lanes[VL];
    vstore(lanes, v);
    for (long i = 0; i < n; i++) p[i] = lanes[i];
}
#if NC_IS_F32
NC_INLINE vec vset1(REAL s) { return vdupq_n_f32(s); }
NC_INLINE vec vsign(vec a, vec b) { return vbslq_f32(vdupq_n_u32(1u << 31), b, a); }
#else
NC_INLINE vec vset1(REAL s) { return vdupq_n_f64(s); }
NC_INLINE vec vsign(vec a, vec b) { return vbslq_f64(vdupq_n_u64(1ull << 63), b, a); }
#endif
NC_INLINE vec vzero(void) { return vset1(0); }
NC_INLINE vec vadd(vec a, vec b) { return VQ(add)(a, b); }
NC_INLINE vec vsub(vec a, vec b) { return VQ(sub)(a, b); }
NC_INLINE vec vmul(vec a, vec b) { return VQ(mul)(a, b); }
NC_INLINE vec vdiv(vec a, vec b) { return VQ(div)(a, b); }
NC_INLINE vec vsqrt(vec a) { return VQ(sqrt)(a); }
NC_INLINE vec vneg(vec a) { return VQ(neg)(a); }
NC_INLINE vec vabs(vec a) { return VQ(abs)(a); }
NC_INLINE vec vfma(vec a, vec b, vec c) { return VQ(fma)(c, a, b); }
NC_INLINE vec vround(vec a) { return VQ(rndn)(a); }
NC_INLINE vmask vgt(vec a, vec b) { return VQ(cgt)(a, b); }
NC_INLINE vmask vge(vec a, vec b) { return VQ(cge)(a, b); }
NC_INLINE vmask veq(vec a, vec b) { return VQ(ceq)(a, b); }
NC_INLINE vec vsel(vmask m, vec a, vec b) { return VQ(bsl)(m, a, b); }
/* The vocabulary promises b where either is NaN, which ARM's own minimum and maximum do not. */
NC_INLINE vec vmax(vec a, vec b) { return vsel(vgt(a, b), a, b); }
NC_INLINE vec vmin(vec a, vec b) { return vsel(vgt(b, a), a, b); }
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
#undef VQ
