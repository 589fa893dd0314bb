/* exp, tanh and the logistic sigmoid of a whole vector, without branches, to a few units in the last place.
 *
 *   exp(x) = 2^n · e^r      n = round(x / ln 2),  r = x - n ln 2 in [-ln2/2, ln2/2]
 *
 * ln 2 is split in two so that n ln 2 is subtracted exactly (Cody and Waite, 1980). e^r - 1 = r + r² q(r), where q is the
 * polynomial with the smallest greatest error relative to e^r (Remez; of degree 4 in float, 9 in double: below a twentieth of
 * a unit). 2^n is applied so that results run smoothly into infinity and into the subnormal numbers. NaN stays NaN.
 *
 *   sigmoid(x) = 1 / (1 + e^-x)
 *   tanh(x)    = sign(x) m / (m + 2),  m = e^(2|x|) - 1 = 2^n (e^r - 1) + (2^n - 1), in which nothing cancels near 0
 */

/* a · 2^n of an integral n. One instruction on some machines; elsewhere in two halves, each of which is a normal number. */
#ifndef NC_SCALE
NC_INLINE vec vscale(vec a, vec n) {
    vec half = vround(vmul(n, vset1((REAL)0.5)));
    return vmul(vmul(a, vpow2(half)), vpow2(vsub(n, half)));
}
#endif

/* e^r - 1 of the remainder r, and n. */
NC_INLINE vec NC_NAME(exp_parts)(vec x, vec *n) {
#if NC_IS_F32
    const REAL ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    enum { DEGREE = 4 };
    static const REAL q[DEGREE + 1] = {0.4999999345f, 0.1666652069f, 0.04166838737f, 0.008368709891f, 0.001381461312f};
#else
    const REAL ln2_high = 6.93145751953125e-1, ln2_low = 1.42860682030941723212e-6;
    enum { DEGREE = 9 };
    static const REAL q[DEGREE + 1] = {
        0.500000000000001062, 0.166666666666664128, 0.041666666666530265, 0.00833333333349433422, 0.00138888889435979988,
        0.000198412695067777469, 0.0000248014931358416731, 2.75575862674328808e-6, 2.76302340528938538e-7, 2.50000721902158359e-8};
#endif
    *n = vround(vmul(x, vset1((REAL)1.4426950408889634)));
    vec r = vfma(*n, vset1(-ln2_low), vfma(*n, vset1(-ln2_high), x));
    vec sum = vset1(q[DEGREE]);
#pragma GCC unroll 9
    for (int k = DEGREE - 1; k >= 0; k--) sum = vfma(sum, r, vset1(q[k]));
    return vfma(vmul(r, r), sum, r);
}

NC_INLINE vec vexp(vec x) {
    const REAL low = NC_IS_F32 ? -104 : -746, high = NC_IS_F32 ? 89 : 710;
    vec n, rest = NC_NAME(exp_parts)(vmin(vset1(high), vmax(vset1(low), x)), &n); /* x second: it is what comes back when it is NaN */
    return vscale(vadd(vset1(1), rest), n);
}

NC_INLINE vec vsigmoid(vec x) {
    return vdiv(vset1(1), vadd(vset1(1), vexp(vneg(x))));
}

NC_INLINE vec vtanh(vec x) {
    const REAL one = NC_IS_F32 ? 10 : 20; /* from here on tanh is 1, and 2^n is far from infinity */
    vec magnitude = vmin(vset1(one), vabs(x)), n, rest = NC_NAME(exp_parts)(vadd(magnitude, magnitude), &n);
    vec power = vpow2(n), m = vfma(power, rest, vsub(power, vset1(1)));
    return vsign(vdiv(m, vadd(m, vset1(2))), x);
}
