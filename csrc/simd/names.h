/* The vector vocabulary: about thirty verbs on one vector type, each written per instruction set in simd/<level>.h.
 *
 * Vocabulary and kernels are written once and included twice, for float (NC_SUFFIX _single) and for double (_double). The
 * macros below turn the plain word `vload` into `vload_single` or `vload_double`, whichever is being stamped, so that a kernel
 * reads like arithmetic:
 *
 *     vec      one register of VL numbers of type REAL          vmask   the outcome of a comparison, one bit a lane
 *     vload(p) vstore(p, v)                 unaligned           vload_part(p, n) vstore_part(p, v, n)   first n < VL lanes, rest 0
 *     vset1(s) vzero()                                          vadd vsub vmul vdiv vsqrt vneg vabs
 *     vfma(a, b, c)   a * b + c, rounded once                   vround(a)       to the nearest integer, ties to even
 *     vmax(a, b) vmin(a, b)   b where either is NaN             vpow2(n)        2^n of an integral n in the normal range
 *     vgt vge veq   comparisons, false for NaN                  vsel(m, a, b)   m ? a : b
 *     vsign(a, b)     a >= 0 with the sign of b                 vscale(a, n)    a · 2^n of any integral n (simd/exp.h)
 *     vsum(a) vmaxall(a)   over the lanes, in a fixed order
 */
#define NC_PASTE_(a, b) a##b
#define NC_PASTE(a, b) NC_PASTE_(a, b)
#define NC_NAME(name) NC_PASTE(name, NC_SUFFIX)

#define vec NC_NAME(vec)
#define vmask NC_NAME(vmask)
#define vload NC_NAME(vload)
#define vstore NC_NAME(vstore)
#define vload_part NC_NAME(vload_part)
#define vstore_part NC_NAME(vstore_part)
#define vset1 NC_NAME(vset1)
#define vzero NC_NAME(vzero)
#define vadd NC_NAME(vadd)
#define vsub NC_NAME(vsub)
#define vmul NC_NAME(vmul)
#define vdiv NC_NAME(vdiv)
#define vsqrt NC_NAME(vsqrt)
#define vneg NC_NAME(vneg)
#define vabs NC_NAME(vabs)
#define vfma NC_NAME(vfma)
#define vround NC_NAME(vround)
#define vmax NC_NAME(vmax)
#define vmin NC_NAME(vmin)
#define vpow2 NC_NAME(vpow2)
#define vscale NC_NAME(vscale)
#define vsign NC_NAME(vsign)
#define vgt NC_NAME(vgt)
#define vge NC_NAME(vge)
#define veq NC_NAME(veq)
#define vsel NC_NAME(vsel)
#define vsum NC_NAME(vsum)
#define vmaxall NC_NAME(vmaxall)
#define vexp NC_NAME(vexp)
#define vtanh NC_NAME(vtanh)
#define vsigmoid NC_NAME(vsigmoid)

/* A helper that must melt into its caller, so that constant arguments unroll its loops. */
#define NC_INLINE static inline __attribute__((always_inline))
