/* Optimiser updates, one pass over parameter, gradient and state each. g is the gradient, θ the parameter.
 *
 * Sources: Polyak (1964) and Nesterov (1983) momentum; Kingma and Ba (2015) Adam, algorithm 1; Loshchilov and Hutter
 * (2019) decoupled weight decay; Hinton (2012) RMSprop; Duchi et al. (2011) Adagrad. Next: csrc/optim.pyx.
 */

/* g += weight_decay θ;  v = momentum v + (1 - dampening) g  (v = g the first time);  θ -= lr (nesterov ? g + momentum v : v) */
static void NC_NAME(sgd)(const long end, double lr, double momentum, double dampening, double weight_decay, int nesterov, int first,
                         REAL *theta, const REAL *gradient, REAL *velocity) {
    const vec rate = vset1((REAL)-lr), mu = vset1((REAL)momentum), fresh = vset1((REAL)(1 - dampening)), decay = vset1((REAL)weight_decay);
#define STEP { \
        vec p = GET(theta), g = vfma(decay, p, GET(gradient)), step = g; \
        if (velocity) { \
            vec v = first ? g : vfma(mu, GET(velocity), vmul(fresh, g)); \
            PUT(velocity, v); \
            step = nesterov ? vfma(mu, v, g) : v; \
        } \
        PUT(theta, vfma(rate, step, p)); \
    }
    EACH(0);
#undef STEP
}

/* m = β1 m + (1 - β1) g;  v = β2 v + (1 - β2) g²;  θ -= lr/c1 · m / (√v / √c2 + ε),  c1 = 1 - β1^t, c2 = 1 - β2^t.
 * Weight decay is added to g (Adam), or, decoupled, θ is shrunk by 1 - lr weight_decay first (AdamW). */
static void NC_NAME(adam)(const long end, double lr, double beta1, double beta2, double eps, double weight_decay, int decoupled, double c1, double c2,
                          REAL *theta, const REAL *gradient, REAL *mean, REAL *square, REAL *highest) {
    const vec b1 = vset1((REAL)beta1), b2 = vset1((REAL)beta2), a1 = vset1((REAL)(1 - beta1)), a2 = vset1((REAL)(1 - beta2));
    const vec rate = vset1((REAL)(-lr / c1)), inverse = vset1((REAL)(1 / sqrt(c2))), e = vset1((REAL)eps);
    const vec decay = vset1((REAL)(decoupled ? 0 : weight_decay)), shrink = vset1((REAL)(decoupled ? 1 - lr * weight_decay : 1));
#define STEP { \
        vec p = vmul(GET(theta), shrink), g = vfma(decay, p, GET(gradient)); \
        vec m = vfma(b1, GET(mean), vmul(a1, g)), v = vfma(b2, GET(square), vmul(a2, vmul(g, g))); \
        PUT(mean, m); \
        PUT(square, v); \
        if (highest) { /* AMSGrad: the greatest v so far */ \
            v = vmax(GET(highest), v); \
            PUT(highest, v); \
        } \
        PUT(theta, vfma(rate, vdiv(m, vfma(vsqrt(v), inverse, e)), p)); \
    }
    EACH(0);
#undef STEP
}

/* s = α s + (1 - α) g²;  centered: a = α a + (1 - α) g, s - a² in place of s;  step = g / (√s + ε);
 * b = momentum b + step;  θ -= lr b */
static void NC_NAME(rmsprop)(const long end, double lr, double alpha, double eps, double weight_decay, double momentum,
                             REAL *theta, const REAL *gradient, REAL *square, REAL *average, REAL *buffer) {
    const vec rate = vset1((REAL)-lr), keep = vset1((REAL)alpha), fresh = vset1((REAL)(1 - alpha)), e = vset1((REAL)eps);
    const vec decay = vset1((REAL)weight_decay), mu = vset1((REAL)momentum);
#define STEP { \
        vec p = GET(theta), g = vfma(decay, p, GET(gradient)); \
        vec s = vfma(keep, GET(square), vmul(fresh, vmul(g, g))); \
        PUT(square, s); \
        if (average) { \
            vec a = vfma(keep, GET(average), vmul(fresh, g)); \
            PUT(average, a); \
            s = vsub(s, vmul(a, a)); \
        } \
        vec step = vdiv(g, vadd(vsqrt(s), e)); \
        if (buffer) { \
            step = vfma(mu, GET(buffer), step); \
            PUT(buffer, step); \
        } \
        PUT(theta, vfma(rate, step, p)); \
    }
    EACH(0);
#undef STEP
}

/* s += g²;  θ -= lr g / (√s + ε) */
static void NC_NAME(adagrad)(const long end, double lr, double eps, double weight_decay, REAL *theta, const REAL *gradient, REAL *sum) {
    const vec rate = vset1((REAL)-lr), e = vset1((REAL)eps), decay = vset1((REAL)weight_decay);
#define STEP { \
        vec p = GET(theta), g = vfma(decay, p, GET(gradient)), s = vfma(g, g, GET(sum)); \
        PUT(sum, s); \
        PUT(theta, vfma(rate, vdiv(g, vadd(vsqrt(s), e)), p)); \
    }
    EACH(0);
#undef STEP
}
