#include "explore/tangent.h"

#include <math.h>
#include <string.h>

#include "backend/combine.h"
#include "core/memory.h"
#include "slice/dot.h"

/* Samples of one gradient, between two looks at the cancel token. */
enum { PIECE = 128 };

tau_status tau_tangent_create(tau_tangent *out, const tau_explore_stage *stage, const tau_graph *graph,
                              const tau_slice *slice, const tau_cancel *cancel) {
    *out = (tau_tangent){.evaluator = stage->evaluator,
                         .samples = stage->samples,
                         .graph = graph,
                         .slice = slice,
                         .cancel = cancel};
    out->axes = slice->line || slice->transform == TAU_TRANSFORM_RADIAL ||
                        slice->transform == TAU_TRANSFORM_RADIAL_PLUS
                    ? 1
                    : 2;
    TAU_TRY(TAU_ALLOC(out->theta, slice->theta_size));
    TAU_TRY(TAU_ALLOC(out->buffers, slice->buffer_size));
    TAU_TRY(TAU_ALLOC(out->gradient, slice->theta_size));
    TAU_TRY(TAU_ALLOC(out->indices, stage->samples));
    for (size_t i = 0; i < stage->samples; i++) out->indices[i] = (uint32_t)i;
    tau_slice_gram(slice, out->gram);
    return TAU_STATUS_OK;
}

void tau_tangent_clear(tau_tangent *tangent) {
    tau_mem_free(tangent->theta);
    tau_mem_free(tangent->buffers);
    tau_mem_free(tangent->gradient);
    tau_mem_free(tangent->indices);
    *tangent = (tau_tangent){0};
}

/* What the coefficients change by along each axis. They are affine in alpha and in beta, so that a difference
 * is their derivative. */
static void differentiate(double out[2][TAU_BASIS_MAX], const tau_slice *slice, const double at[2]) {
    const tau_coefficients coefficients = tau_slice_get_basis(slice).coefficients;
    double c[4][TAU_BASIS_MAX] = {{0}};
    coefficients(0, at[1], c[0]);
    coefficients(1, at[1], c[1]);
    coefficients(at[0], 0, c[2]);
    coefficients(at[0], 1, c[3]);
    for (int k = 0; k < TAU_BASIS_MAX; k++) {
        out[0][k] = c[1][k] - c[0][k];
        out[1][k] = c[3][k] - c[2][k];
    }
}

/* The gradient of one piece of the sample, and its weight in the mean. */
static tau_status find_piece(tau_tangent *t, size_t first, double *weight) {
    const size_t left = t->samples - first, count = left < PIECE ? left : PIECE;
    const tau_batch batch = {.indices = t->indices + first, .count = count};
    tau_batch_result result;
    if (tau_cancel_requested(t->cancel)) return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
    *weight = (double)count / (double)t->samples;
    return tau_evaluator_gradient(t->evaluator, t->theta, t->buffers, &batch, t->gradient, &result);
}

tau_status tau_tangent_slope(tau_tangent *t, const double at[2], double slope[2]) {
    const tau_basis basis = tau_slice_get_basis(t->slice);
    double change[2][TAU_BASIS_MAX], product[TAU_BASIS_MAX] = {0}, weight;
    (void)tau_combine_point(t->theta, t->buffers, &basis, t->graph, at[0], at[1]);
    for (size_t first = 0; first < t->samples; first += PIECE) {
        TAU_TRY(find_piece(t, first, &weight));
        for (int k = 0; k < basis.count; k++)
            product[k] += weight * tau_dot_f32(t->gradient, basis.theta[k], t->slice->theta_size);
    }
    differentiate(change, t->slice, at);
    for (int axis = 0; axis < 2; axis++) {
        slope[axis] = 0;
        for (int k = 0; k < basis.count; k++)
            if (change[axis][k] != 0) slope[axis] += change[axis][k] * product[k];
    }
    return TAU_STATUS_OK;
}

tau_status tau_tangent_full(tau_tangent *t, double *sum) {
    double weight;
    memset(sum, 0, t->slice->theta_size * sizeof *sum);
    for (size_t first = 0; first < t->samples; first += PIECE) {
        TAU_TRY(find_piece(t, first, &weight));
        for (size_t i = 0; i < t->slice->theta_size; i++) sum[i] += weight * (double)t->gradient[i];
    }
    return TAU_STATUS_OK;
}

tau_status tau_tangent_loss(const tau_tangent *t, const double at[2], tau_point *out) {
    const tau_tile tile = {&at[0], 1, &at[1], 1};
    return tau_evaluator_tile(t->evaluator, &tile, out, NULL, t->cancel);
}

static double multiply(const tau_tangent *t, const double a[TAU_BASIS_MAX], const double b[TAU_BASIS_MAX]) {
    const int count = t->slice->count;
    double sum = 0;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++) sum += a[i] * b[k] * t->gram[i * count + k];
    return sum;
}

tau_status tau_tangent_make_frame(tau_tangent_frame *out, const tau_tangent *t, const double at[2]) {
    double change[2][TAU_BASIS_MAX];
    differentiate(change, t->slice, at);
    const double g00 = multiply(t, change[0], change[0]);
    *out = (tau_tangent_frame){.at = {at[0], at[1]}, .axes = t->axes, .l00 = sqrt(g00), .l11 = 1};
    bool sound = g00 > 0 && isfinite(g00);
    if (t->axes == 2) {
        const double g01 = multiply(t, change[0], change[1]), g11 = multiply(t, change[1], change[1]);
        const double rest = g11 - g01 / g00 * g01;
        sound = sound && isfinite(g11) && rest > 1e-12 * g11;
        out->l10 = g01 / out->l00;
        out->l11 = sqrt(rest);
    }
    if (sound) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT,
                    "nothing can move in this slice" TAU_WHY "its %s here" TAU_FIX "choose other directions",
                    t->axes == 1 ? "axis is zero or not finite" : "axes are parallel, zero or not finite");
}

void tau_tangent_place(const tau_tangent_frame *f, const double u[2], double at[2]) {
    const double beta = f->axes == 2 ? u[1] / f->l11 : 0;
    at[0] = f->at[0] + (u[0] - f->l10 * beta) / f->l00;
    at[1] = f->at[1] + beta;
}

void tau_tangent_turn(const tau_tangent_frame *f, const double slope[2], double out[2]) {
    out[0] = slope[0] / f->l00;
    out[1] = f->axes == 2 ? (slope[1] - f->l10 * out[0]) / f->l11 : 0;
}
