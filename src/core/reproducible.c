#include "core/reproducible.h"

#include <math.h>

static const double LN2_HIGH = 0x1.62e42fefa38p-1; /* 41 bits: k * LN2_HIGH is exact for |k| < 4096 */
static const double LN2_LOW = 0x1.ef35793c7673p-45;

double tau_repro_log(double x) {
    int exponent;
    double m = frexp(x, &exponent); /* [0.5, 1) */
    if (m < 0.70710678118654752) {
        m *= 2.0;
        exponent--;
    }
    /* log m = 2 atanh s, s = (m-1)/(m+1), |s| <= 0.1716: the series to s^21 leaves 3e-18. */
    double s = (m - 1.0) / (m + 1.0), z = s * s, series = 0.0;
    for (int k = 21; k >= 3; k -= 2) series = series * z + 1.0 / k;
    double log_m = 2.0 * s + 2.0 * s * (z * series);
    return exponent * LN2_HIGH + (exponent * LN2_LOW + log_m);
}

double tau_repro_exp(double x) {
    double k = floor(x * 1.4426950408889634 + 0.5);
    double r = (x - k * LN2_HIGH) - k * LN2_LOW; /* |r| <= 0.347 */
    double series = 1.0;
    for (int n = 16; n >= 1; n--) series = 1.0 + series * r / n;
    return ldexp(series, (int)k);
}

/* sin and cos on |a| <= pi/4. */
static double sine(double a) {
    double z = a * a, series = 1.0;
    for (int n = 18; n >= 2; n -= 2) series = 1.0 - series * z / (n * (n + 1));
    return a * series;
}

static double cosine(double a) {
    double z = a * a, series = 1.0;
    for (int n = 17; n >= 1; n -= 2) series = 1.0 - series * z / (n * (n + 1));
    return series;
}

double tau_repro_sin_turn(double t) {
    double quarter = floor(t * 4.0 + 0.5);
    double a = (t - quarter * 0.25) * 6.283185307179586477;
    switch ((int)(quarter - 4.0 * floor(quarter / 4.0))) {
    case 0:
        return sine(a);
    case 1:
        return cosine(a);
    case 2:
        return -sine(a);
    default:
        return -cosine(a);
    }
}

double tau_repro_cos_turn(double t) {
    return tau_repro_sin_turn(t + 0.25);
}
