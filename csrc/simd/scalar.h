/* Scalar: a register is one number. It runs everywhere, and it is what the wider levels are compared with. */
#define VL 1
#define MR 4
#define NV 4
typedef REAL vec;
typedef int vmask;

NC_INLINE vec vload(const REAL *p) { return *p; }
NC_INLINE void vstore(REAL *p, vec v) { *p = v; }
NC_INLINE vec vload_part(const REAL *p, long n) { return n > 0 ? *p : 0; }
NC_INLINE void vstore_part(REAL *p, vec v, long n) { if (n > 0) *p = v; }
NC_INLINE vec vset1(REAL s) { return s; }
NC_INLINE vec vzero(void) { return 0; }
NC_INLINE vec vadd(vec a, vec b) { return a + b; }
NC_INLINE vec vsub(vec a, vec b) { return a - b; }
NC_INLINE vec vmul(vec a, vec b) { return a * b; }
NC_INLINE vec vdiv(vec a, vec b) { return a / b; }
NC_INLINE vec vneg(vec a) { return -a; }
#if NC_IS_F32
NC_INLINE vec vsqrt(vec a) { return sqrtf(a); }
NC_INLINE vec vsign(vec a, vec b) { return copysignf(a, b); }
NC_INLINE vec vabs(vec a) { return fabsf(a); }
NC_INLINE vec vround(vec a) { return nearbyintf(a); }
NC_INLINE vec vpow2(vec n) {
    union { float value; unsigned bits; } u = {.bits = (unsigned)((int)n + 127) << 23};
    return u.value;
}
#else
NC_INLINE vec vsqrt(vec a) { return sqrt(a); }
NC_INLINE vec vsign(vec a, vec b) { return copysign(a, b); }
NC_INLINE vec vabs(vec a) { return fabs(a); }
NC_INLINE vec vround(vec a) { return nearbyint(a); }
NC_INLINE vec vpow2(vec n) {
    union { double value; unsigned long long bits; } u = {.bits = (unsigned long long)((int)n + 1023) << 52};
    return u.value;
}
#endif
/* Without a fused instruction a library call for each product would cost fifty times the product. */
NC_INLINE vec vfma(vec a, vec b, vec c) { return a * b + c; }
NC_INLINE vec vmax(vec a, vec b) { return a > b ? a : b; }
NC_INLINE vec vmin(vec a, vec b) { return a < b ? a : b; }
NC_INLINE vmask vgt(vec a, vec b) { return a > b; }
NC_INLINE vmask vge(vec a, vec b) { return a >= b; }
NC_INLINE vmask veq(vec a, vec b) { return a == b; }
NC_INLINE vec vsel(vmask m, vec a, vec b) { return m ? a : b; }
NC_INLINE REAL vsum(vec a) { return a; }
NC_INLINE REAL vmaxall(vec a) { return a; }
