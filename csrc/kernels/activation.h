/* Elementwise activations, forward and backward, a block of n numbers at a time.
 *
 *               y = f(x)                                    dx = dy · f'(x), from what forward kept
 *   relu        max(0, x)                                   dy where y > 0                           keeps y
 *   leaky_relu  x where x > 0, else a x                     dy, a dy                                 keeps x
 *   elu         x where x > 0, else a (e^x - 1)             dy, a e^x dy                             keeps x
 *   gelu        x Φ(x)                                      dy (Φ(x) + x φ(x))                       keeps x
 *   gelu_tanh   x (1 + tanh u) / 2,  u = √(2/π)(x + 0.044715 x³)                                     keeps x
 *   silu        x σ(x)                                      dy σ(x) (1 + x (1 - σ(x)))               keeps x
 *   sigmoid     σ(x) = 1 / (1 + e^-x)                       dy y (1 - y)                             keeps y
 *   tanh        tanh x                                      dy (1 - y²)                              keeps y
 *   softplus    ln(1 + e^x), x above 20                     dy σ(x)                                  keeps x
 *
 * Cost: reads and writes each number once; bound by memory except for gelu and softplus, whose erf and log1p are the C
 * library's, lane by lane. NaN comes out as NaN. Next: csrc/activation.pyx.
 */
#ifndef NC_ACTIVATION_KINDS
#define NC_ACTIVATION_KINDS
enum { ACT_RELU, ACT_LEAKY_RELU, ACT_ELU, ACT_GELU, ACT_GELU_TANH, ACT_SILU, ACT_SIGMOID, ACT_TANH, ACT_SOFTPLUS };
#endif

#if NC_IS_F32
#define NC_LIBM(name) name##f
#else
#define NC_LIBM(name) name
#endif

/* Φ(x), the normal distribution function, by the C library's erf. */
NC_INLINE vec NC_NAME(normal_cdf)(vec x) {
    REAL lanes[VL];
    vstore(lanes, x);
    for (int i = 0; i < VL; i++) lanes[i] = (REAL)0.5 * NC_LIBM(erfc)(lanes[i] * (REAL)-0.70710678118654752440);
    return vload(lanes);
}

/* ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), which neither overflows nor cancels. */
NC_INLINE vec NC_NAME(softplus)(vec x) {
    REAL lanes[VL];
    vstore(lanes, x);
    for (int i = 0; i < VL; i++) {
        const REAL value = lanes[i];
        if (value > 20) continue;
        lanes[i] = NC_LIBM(log1p)(NC_LIBM(exp)(-NC_LIBM(fabs)(value))) + (value > 0 ? value : 0);
        if (value != value) lanes[i] = value;
    }
    return vload(lanes);
}

/* e^x - 1 = 2t / (1 - t) with t = tanh(x/2): no cancellation near 0. */
NC_INLINE vec NC_NAME(expm1)(vec x) {
    vec t = vtanh(vmul(x, vset1((REAL)0.5)));
    return vdiv(vadd(t, t), vsub(vset1(1), t));
}

#define NC_GELU_C ((REAL)0.79788456080286535588)
#define NC_GELU_K ((REAL)0.044715)
NC_INLINE vec NC_NAME(gelu_inner)(vec x) { /* tanh(√(2/π) (x + 0.044715 x³)) */
    vec cubic = vfma(vmul(vset1(NC_GELU_K), vmul(x, x)), x, x);
    return vtanh(vmul(vset1(NC_GELU_C), cubic));
}

NC_INLINE vec NC_NAME(activate_vec)(const int kind, vec x, vec a) {
    switch (kind) {
    case ACT_RELU: return vmax(vzero(), x);
    case ACT_LEAKY_RELU: return vsel(vgt(x, vzero()), x, vmul(a, x));
    case ACT_ELU: return vsel(vgt(x, vzero()), x, vmul(a, NC_NAME(expm1)(x)));
    case ACT_GELU: return vmul(x, NC_NAME(normal_cdf)(x));
    case ACT_GELU_TANH: return vmul(vmul(vset1((REAL)0.5), x), vadd(vset1(1), NC_NAME(gelu_inner)(x)));
    case ACT_SILU: return vmul(x, vsigmoid(x));
    case ACT_SIGMOID: return vsigmoid(x);
    case ACT_TANH: return vtanh(x);
    default: return NC_NAME(softplus)(x);
    }
}

/* f'(x) dy; `kept` is x or y, as the table at the head says. */
NC_INLINE vec NC_NAME(activate_gradient_vec)(const int kind, vec kept, vec dy, vec a) {
    const vec one = vset1(1);
    switch (kind) {
    case ACT_RELU: return vsel(vge(vzero(), kept), vzero(), dy);
    case ACT_LEAKY_RELU: return vsel(vgt(kept, vzero()), dy, vmul(a, dy));
    case ACT_ELU: return vsel(vgt(kept, vzero()), dy, vmul(vmul(a, vexp(kept)), dy));
    case ACT_GELU: {
        vec density = vmul(vset1((REAL)0.39894228040143267794), vexp(vmul(vset1((REAL)-0.5), vmul(kept, kept))));
        return vmul(dy, vfma(kept, density, NC_NAME(normal_cdf)(kept)));
    }
    case ACT_GELU_TANH: {
        vec t = NC_NAME(gelu_inner)(kept), square = vmul(kept, kept);
        vec slope = vmul(vset1(NC_GELU_C), vfma(vset1(3 * NC_GELU_K), square, one)); /* d/dx of tanh's argument */
        vec half = vset1((REAL)0.5);
        vec inner = vmul(vmul(kept, vsub(one, vmul(t, t))), slope);
        return vmul(vmul(dy, half), vadd(vadd(one, t), inner));
    }
    case ACT_SILU: {
        vec s = vsigmoid(kept);
        return vmul(dy, vmul(s, vfma(kept, vsub(one, s), one)));
    }
    case ACT_SIGMOID: return vmul(dy, vmul(kept, vsub(one, kept)));
    case ACT_TANH: return vmul(dy, vsub(one, vmul(kept, kept)));
    default: return vsel(vgt(kept, vset1(20)), dy, vmul(dy, vsigmoid(kept)));
    }
}

/* The kind is a constant inside each case, so each loop holds one formula and no test. */
#define NC_EACH_KIND(DO) \
    DO(ACT_RELU) DO(ACT_LEAKY_RELU) DO(ACT_ELU) DO(ACT_GELU) DO(ACT_GELU_TANH) DO(ACT_SILU) DO(ACT_SIGMOID) DO(ACT_TANH) DO(ACT_SOFTPLUS)

static void NC_NAME(activate)(int kind, long n, double slope, const REAL *x, REAL *y) {
    const vec a = vset1((REAL)slope);
    long i = 0;
    switch (kind) {
#define NC_FORWARD(KIND) \
    case KIND: \
        for (; i + VL <= n; i += VL) vstore(y + i, NC_NAME(activate_vec)(KIND, vload(x + i), a)); \
        if (i < n) vstore_part(y + i, NC_NAME(activate_vec)(KIND, vload_part(x + i, n - i), a), n - i); \
        break;
        NC_EACH_KIND(NC_FORWARD)
#undef NC_FORWARD
    }
}

static void NC_NAME(activate_gradient)(int kind, long n, double slope, const REAL *kept, const REAL *dy, REAL *dx) {
    const vec a = vset1((REAL)slope);
    long i = 0;
    switch (kind) {
#define NC_BACKWARD(KIND) \
    case KIND: \
        for (; i + VL <= n; i += VL) vstore(dx + i, NC_NAME(activate_gradient_vec)(KIND, vload(kept + i), vload(dy + i), a)); \
        if (i < n) { \
            vec last = NC_NAME(activate_gradient_vec)(KIND, vload_part(kept + i, n - i), vload_part(dy + i, n - i), a); \
            vstore_part(dx + i, last, n - i); \
        } \
        break;
        NC_EACH_KIND(NC_BACKWARD)
#undef NC_BACKWARD
    }
}
#undef NC_EACH_KIND
#undef NC_LIBM
#undef NC_GELU_C
#undef NC_GELU_K
