/** Elementary functions of one register of floats, to about 1e-7 relative; NaN travels, overflow gives
 * infinity. */
#ifndef TAU_BACKEND_CPU_HOT_MATH_H
#define TAU_BACKEND_CPU_HOT_MATH_H

#include "backend_cpu/hot/vector.h"

INLINE vec magnitude(vec x) {
    return (vec)((ivec)x & 0x7fffffff);
}

/** e^x: 2^n·e^r with |r| <= ln 2 / 2, scaled in two steps so that it runs out gradually. Polynomial of
 * Cephes' expf. */
INLINE vec exponential(vec x) {
    const vec high = splat(88.8f), low = splat(-104.5f);
    const vec limited = choose(x > high, high, choose(x < low, low, x));
    const vec magic = splat(12582912.0f); /* 1.5·2^23: adding it rounds to an integer */
    const vec shifted = limited * 1.44269504f + magic;
    const vec n = shifted - magic;
    vec r = limited - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    vec p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + (r + 1.0f);
    const ivec exponent = (ivec)shifted - (ivec)magic, half = exponent >> 1;
    const vec first = (vec)((half + 127) << 23), second = (vec)((exponent - half + 127) << 23);
    return choose(x != x, x, p * first * second);
}

/** log(1 + u) for 0 <= u <= 1 as 2·artanh(u / (2 + u)), so that small u keep their digits. */
INLINE vec log_one_plus(vec u) {
    const vec s = u / (u + 2.0f), q = s * s;
    vec p = splat(1.0f / 17);
    p = p * q + 1.0f / 15;
    p = p * q + 1.0f / 13;
    p = p * q + 1.0f / 11;
    p = p * q + 1.0f / 9;
    p = p * q + 1.0f / 7;
    p = p * q + 1.0f / 5;
    p = p * q + 1.0f / 3;
    return 2.0f * s + 2.0f * s * (q * p);
}

/** tanh x as x·P(x²)/Q(x²), the rational minimax approximation on ±7.9 that Eigen and XLA
 *  use; from 9.02 on tanh rounds to ±1: one division and no exponential. */
INLINE vec hyperbolic_tangent(vec x) {
    const vec edge = splat(7.90531110763549805f);
    const vec limited = choose(x > edge, edge, choose(x < -edge, -edge, x)), q = limited * limited;
    vec p = splat(-2.76076847742355e-16f);
    p = p * q + 2.00018790482477e-13f;
    p = p * q + -8.60467152213735e-11f;
    p = p * q + 5.12229709037114e-08f;
    p = p * q + 1.48572235717979e-05f;
    p = p * q + 6.37261928875436e-04f;
    p = p * q + 4.89352455891786e-03f;
    vec d = splat(1.19825839466702e-06f);
    d = d * q + 1.18534705686654e-04f;
    d = d * q + 2.26843463243900e-03f;
    d = d * q + 4.89352518554385e-03f;
    const vec one = splat(1), far = splat(9.02f);
    return choose(x > far, one, choose(x < -far, -one, limited * p / d));
}

INLINE vec logistic(vec x) {
    const vec e = exponential(-magnitude(x));
    return choose(x < splat(0), e, splat(1)) / (e + 1.0f);
}

/** log(1 + e^x) */
INLINE vec soft_plus(vec x) {
    return rectify(x) + log_one_plus(exponential(-magnitude(x)));
}

/** e^x - 1 for x <= 0: a polynomial near 0, where the difference would lose digits. */
INLINE vec exponential_minus_one(vec x) {
    vec p = splat(1.0f / 5040);
    p = p * x + 1.0f / 720;
    p = p * x + 1.0f / 120;
    p = p * x + 1.0f / 24;
    p = p * x + 1.0f / 6;
    p = p * x + 0.5f;
    const vec near = p * (x * x) + x;
    return choose(x > splat(-0.35f), near, exponential(x) - 1.0f);
}

#endif
