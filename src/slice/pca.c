/* eq:pca */
#include <math.h>

#include "core/memory.h"
#include "slice/directions.h"
#include "slice/dot.h"
#include "slice/eigen.h"
#include "slice/gram.h"

/* Subtracts the mean of the rows through the inner products alone. @return the total variance, times T */
static double centre(double *products, size_t count, double *means) {
    double total = 0, trace = 0;
    for (size_t s = 0; s < count; s++) {
        double sum = 0;
        for (size_t t = 0; t < count; t++) sum += products[s * count + t];
        means[s] = sum / (double)count;
        total += means[s];
    }
    const double mean = total / (double)count;
    for (size_t s = 0; s < count; s++) {
        for (size_t t = 0; t < count; t++) products[s * count + t] += mean - means[s] - means[t];
        trace += products[s * count + s];
    }
    return trace;
}

/* Rows rounded to single precision scatter about any line by about 2^-24 of their norm: a second axis no
 * longer than that is not in the trajectory. */
static tau_status check_rank(const double values[2], double largest_square) {
    double rounding = 0x1p-48 * largest_square;
    if (values[1] > 1e-13 * values[0] && values[1] > rounding) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT,
                    "the trajectory has no second principal axis" TAU_WHY
                    "its states lie on a %s as far as single precision can tell" TAU_FIX
                    "record more states, or use --dirs random",
                    values[0] > rounding ? "line" : "point");
}

static tau_status combine_rows(double *axes[2], const tau_rows *rows, const float *origin,
                               const double *vectors, const tau_cancel *cancel) {
    float *scratch = NULL;
    double *difference = NULL;
    tau_status status = TAU_ALLOC(scratch, rows->width);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(difference, rows->width);
    for (size_t t = 0; status == TAU_STATUS_OK && t < rows->count; t++) {
        status = tau_gram_read_difference(difference, scratch, rows, t, origin);
        if (status == TAU_STATUS_OK && tau_cancel_requested(cancel))
            status = tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
        for (int k = 0; status == TAU_STATUS_OK && k < 2; k++) {
            const double weight = vectors[(size_t)k * rows->count + t];
            for (size_t i = 0; i < rows->width; i++) axes[k][i] += weight * difference[i];
        }
    }
    tau_mem_free(scratch);
    tau_mem_free(difference);
    return status;
}

/* Weights that sum to zero leave the mean of the rows out. */
static void centre_weights(double *vector, size_t count) {
    double sum = 0;
    for (size_t t = 0; t < count; t++) sum += vector[t];
    for (size_t t = 0; t < count; t++) vector[t] -= sum / (double)count;
}

/* Unit length, largest component positive, rounded once. */
static void finish_axis(float *out, const double *axis, size_t size) {
    double length = sqrt(tau_dot_f64(axis, axis, size)), largest = 0;
    for (size_t i = 0; i < size; i++)
        if (fabs(axis[i]) > fabs(largest)) largest = axis[i];
    double divisor = largest < 0 ? -length : length;
    for (size_t i = 0; i < size; i++) out[i] = (float)(axis[i] / divisor);
}

static tau_status make_axes(tau_pca *out, const tau_rows *rows, const float *origin, double *vectors,
                            const tau_cancel *cancel) {
    double *axes[2] = {NULL, NULL};
    tau_status status = TAU_STATUS_OK;
    for (int k = 0; k < 2; k++) {
        centre_weights(vectors + (size_t)k * rows->count, rows->count);
        if (status == TAU_STATUS_OK) status = TAU_ALLOC(axes[k], rows->width);
        if (status == TAU_STATUS_OK) status = TAU_ALLOC(out->axis[k], rows->width);
    }
    if (status == TAU_STATUS_OK) status = combine_rows(axes, rows, origin, vectors, cancel);
    if (status == TAU_STATUS_OK) {
        double share =
            tau_dot_f64(axes[0], axes[1], rows->width) / tau_dot_f64(axes[0], axes[0], rows->width);
        for (size_t i = 0; i < rows->width; i++) axes[1][i] -= share * axes[0][i];
        for (int k = 0; k < 2; k++) finish_axis(out->axis[k], axes[k], rows->width);
    }
    tau_mem_free(axes[0]);
    tau_mem_free(axes[1]);
    return status;
}

static tau_status analyse(tau_pca *out, const tau_rows *rows, const float *origin, tau_gram *gram,
                          double *vectors, const tau_cancel *cancel) {
    double values[2];
    double total = centre(gram->products, rows->count, vectors);
    TAU_TRY(tau_eigen_largest(values, vectors, gram->products, rows->count, cancel));
    TAU_TRY(check_rank(values, gram->largest_square));
    for (int k = 0; k < 2; k++) out->explained[k] = fmin(values[k] / total, 1);
    return make_axes(out, rows, origin, vectors, cancel);
}

tau_status tau_direction_pca(tau_pca *out, const tau_rows *rows, const float *origin,
                             const tau_cancel *cancel) {
    *out = (tau_pca){0};
    if (rows->count < 3)
        return tau_fail(TAU_STATUS_INPUT,
                        "principal axes need at least 3 states" TAU_WHY "there are %zu" TAU_FIX
                        "record more states, or use --dirs random",
                        rows->count);
    tau_gram gram;
    TAU_TRY(tau_gram_compute(&gram, rows, origin, TAU_GRAM_BLOCK_BYTES, cancel));
    double *vectors = NULL;
    tau_status status = tau_mem_alloc((void **)&vectors, rows->count, 2 * sizeof *vectors);
    if (status == TAU_STATUS_OK) status = analyse(out, rows, origin, &gram, vectors, cancel);
    tau_mem_free(vectors);
    tau_gram_clear(&gram);
    if (status != TAU_STATUS_OK) tau_pca_clear(out);
    return status;
}

void tau_pca_clear(tau_pca *pca) {
    tau_mem_free(pca->axis[0]);
    tau_mem_free(pca->axis[1]);
    *pca = (tau_pca){0};
}
