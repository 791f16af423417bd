/* Quartiles and a kernel density of numbers. */
#include <math.h>
#include <stdlib.h>

#include "core/rng.h"
#include "replay/violins.h"

/* More numbers are thinned to so many quantiles of equal weight: the body's outline stays, and a frame takes
 * milliseconds. Quartiles are of so many sorted numbers at most. */
enum { KERNELS_MOST = 4096, SORTED_MOST = 1 << 18 };

static int compare(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Linear interpolation between the sorted numbers, as most programs do. */
static double quantile(const float *sorted, size_t count, double share) {
    const double place = share * (double)(count - 1);
    const size_t below = (size_t)place;
    const double rest = place - (double)below;
    if (below + 1 >= count) return sorted[count - 1];
    return (1 - rest) * (double)sorted[below] + rest * (double)sorted[below + 1];
}

/* Range, mean and deviation of all finite numbers, which are brought to the front. */
static void take_moments(tau_violin *out, float *values, size_t count) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) continue;
        const float value = values[i];
        if (out->count == 0 || value < out->low) out->low = value;
        if (out->count == 0 || value > out->high) out->high = value;
        sum += value;
        values[out->count++] = value;
    }
    out->not_finite = count - out->count;
    if (out->count == 0) return;
    out->mean = sum / (double)out->count;
    for (size_t i = 0; i < out->count; i++) squares += (values[i] - out->mean) * (values[i] - out->mean);
    out->deviation = out->count > 1 ? sqrt(squares / (double)(out->count - 1)) : 0;
}

/* One number of each of so many equal stretches, at a drawn place, so that no regular pattern of units is met
 * again and again. @return how many are left */
static size_t thin(float *values, size_t count) {
    if (count <= SORTED_MOST) return count;
    for (size_t k = 0; k < SORTED_MOST; k++) {
        const double place = (double)k + tau_rng_uniform((tau_rng_key){0, 0}, k);
        const size_t at = (size_t)(place * ((double)count / SORTED_MOST));
        values[k] = values[at < count ? at : count - 1];
    }
    return SORTED_MOST;
}

/* Sum of Gaussians of Scott's bandwidth, sd·n^(-1/5). */
static void fill_density(double *density, const double *at, size_t points, const float *sorted, size_t count,
                         double bandwidth) {
    const size_t kernels = count < KERNELS_MOST ? count : KERNELS_MOST;
    const double scale = 1 / ((double)kernels * bandwidth * 2.50662827463100050242);
    for (size_t p = 0; p < points; p++) {
        double sum = 0;
        for (size_t k = 0; k < kernels; k++) {
            const size_t place =
                kernels == count ? k : (size_t)(((double)k + 0.5) * (double)count / (double)kernels);
            const double z = (at[p] - sorted[place]) / bandwidth;
            if (fabs(z) < 9) sum += exp(-0.5 * z * z);
        }
        density[p] = sum * scale;
    }
}

tau_status tau_violin_fit(tau_violin *out, float *values, size_t count, double *at, double *density,
                          size_t points) {
    const char *layer = out->layer;
    *out = (tau_violin){.layer = layer, .low = NAN, .high = NAN, .mean = NAN, .deviation = NAN};
    for (int q = 0; q < 3; q++) out->quartile[q] = NAN;
    take_moments(out, values, count);
    if (out->count == 0) return TAU_STATUS_OK;
    const size_t kept = thin(values, out->count);
    qsort(values, kept, sizeof *values, compare);
    for (int q = 0; q < 3; q++) out->quartile[q] = quantile(values, kept, 0.25 * (q + 1));
    out->flat = out->low == out->high;
    if (out->flat || points < 2) return TAU_STATUS_OK;
    for (size_t p = 0; p < points; p++)
        at[p] = (out->low * (double)(points - 1 - p) + out->high * (double)p) / (double)(points - 1);
    fill_density(density, at, points, values, kept, out->deviation * pow((double)out->count, -0.2));
    out->points = points;
    out->at = at;
    out->density = density;
    return TAU_STATUS_OK;
}
