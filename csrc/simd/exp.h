/* exp, tanh and the logistic sigmoid of a whole vector, without branches, to a few units in the last place.
 *
 *   exp(x) = 2^n · e^r      n = round(x / ln 2),  r = x - n ln 2 in [-ln2/2, ln2/2]
 *
 * e^r is a Taylor polynomial (degree 7 in float, 13 in double: its remainder is below half a unit), ln 2 is split in two
 * so that n ln 2 is subtracted exactly (Cody and Waite, 1980), and 2^n is applied in two halves so that results run
 * smoothly into infinity and into the subnormal numbers. NaN stays NaN.
 *
 *   sigmoid(x) = 1 / (1 + e^-x)
 *   tanh(x)    = sign(x) (1 - e) / (1 + e),  e = e^(-2|x|);   x - x³/3 + … near 0, where 1 - e would cancel
 */
NC_INLINE vec vexp(vec x) {
#if NC_IS_F32
    const REAL low = -104.0f, high = 89.0f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    enum { DEGREE = 7 };
    static const REAL inverse_factorial[DEGREE + 1] = {1.0f, 1.0f, 1.0f / 2, 1.0f / 6, 1.0f / 24, 1.0f / 120, 1.0f / 720, 1.0f / 5040};
#else
    const REAL low = -746.0, high = 710.0, ln2_high = 6.93145751953125e-1, ln2_low = 1.42860682030941723212e-6;
    enum { DEGREE = 13 };
    static const REAL inverse_factorial[DEGREE + 1] = {
        1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880,
        1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};
#endif
    x = vmin(vset1(high), vmax(vset1(low), x)); /* x second: it is what comes back when it is NaN */
    vec n = vround(vmul(x, vset1((REAL)1.4426950408889634)));
    vec r = vfma(n, vset1(-ln2_low), vfma(n, vset1(-ln2_high), x));
    vec p = vset1(inverse_factorial[DEGREE]);
#pragma GCC unroll 13
    for (int k = DEGREE - 1; k >= 0; k--) p = vfma(p, r, vset1(inverse_factorial[k]));
    vec half = vround(vmul(n, vset1((REAL)0.5)));
    return vmul(vmul(p, vpow2(half)), vpow2(vsub(n, half)));
}

NC_INLINE vec vsigmoid(vec x) {
    return vdiv(vset1(1), vadd(vset1(1), vexp(vneg(x))));
}

NC_INLINE vec vtanh(vec x) {
    vec magnitude = vabs(x), e = vexp(vmul(vset1(-2), magnitude));
    vec far = vdiv(vsub(vset1(1), e), vadd(vset1(1), e));
    far = vsel(vgt(vzero(), x), vneg(far), far);
    /* tanh x = x (1 - x²/3 + 2x⁴/15 - 17x⁶/315 + 62x⁸/2835 - …), used where its next term is below one unit. */
#if NC_IS_F32
    const REAL near = 0.25f;
    static const REAL series[6] = {1.0f, -1.0f / 3, 2.0f / 15, -17.0f / 315, 62.0f / 2835, -1382.0f / 155925};
    enum { TERMS = 6 };
#else
    const REAL near = 0.125;
    static const REAL series[9] = {1.0, -1.0 / 3, 2.0 / 15, -17.0 / 315, 62.0 / 2835, -1382.0 / 155925,
        21844.0 / 6081075, -929569.0 / 638512875, 6404582.0 / 10854718875.0};
    enum { TERMS = 9 };
#endif
    vec square = vmul(x, x), q = vset1(series[TERMS - 1]);
#pragma GCC unroll 9
    for (int k = TERMS - 2; k >= 0; k--) q = vfma(q, square, vset1(series[k]));
    return vsel(vgt(vset1(near), magnitude), vmul(x, q), far);
}
