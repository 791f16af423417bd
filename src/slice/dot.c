#include "slice/dot.h"

/* Independent sums let the compiler use vector registers without reordering what the source says. */
enum { LANES = 8 };

static double add_lanes(const double sum[LANES]) {
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

double tau_dot_f32(const float *a, const float *b, size_t size) {
    double sum[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= size; i += LANES)
        for (size_t k = 0; k < LANES; k++) sum[k] += (double)a[i + k] * (double)b[i + k];
    for (size_t k = 0; i < size; i++, k++) sum[k] += (double)a[i] * (double)b[i];
    return add_lanes(sum);
}

double tau_dot_f64(const double *a, const double *b, size_t size) {
    double sum[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= size; i += LANES)
        for (size_t k = 0; k < LANES; k++) sum[k] += a[i + k] * b[i + k];
    for (size_t k = 0; i < size; i++, k++) sum[k] += a[i] * b[i];
    return add_lanes(sum);
}
