#include "slice/slice.h"

#include <string.h>

#include "core/memory.h"
#include "slice/dot.h"

static const char *const transform_names[] = {
    [TAU_TRANSFORM_TAU] = "tau",
    [TAU_TRANSFORM_TAU_2D] = "tau_2d",
    [TAU_TRANSFORM_RADIAL] = "radial",
    [TAU_TRANSFORM_RADIAL_PLUS] = "radial+",
};

const char *tau_transform_name(tau_transform transform) {
    return transform_names[transform];
}

tau_status tau_transform_parse(tau_transform *out, const char *name) {
    for (size_t i = 0; i < sizeof transform_names / sizeof *transform_names; i++)
        if (strcmp(name, transform_names[i]) == 0) {
            *out = (tau_transform)i;
            return TAU_STATUS_OK;
        }
    return tau_fail(TAU_STATUS_USAGE,
                    "there is no transform \"%s\"" TAU_FIX "choose tau, tau_2d, radial or radial+", name);
}

/* eq:tau; (1 - alpha) and alpha are exact at 0 and 1, so both ends are the states themselves. */
static void coefficients_tau(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    (void)beta;
    c[0] = 1.0 - alpha;
    c[1] = alpha;
}

/* eq:tau_2d */
static void coefficients_tau_2d(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = 1.0;
    c[1] = alpha;
    c[2] = beta;
}

static void coefficients_tau_2d_line(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    (void)beta;
    c[0] = 1.0;
    c[1] = alpha;
}

/* eq:radial */
static void coefficients_radial(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = alpha * (1.0 + beta);
}

static void coefficients_radial_plus(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = 1.0 + alpha * (1.0 + beta);
}

static tau_coefficients coefficients_of(const tau_slice *slice) {
    switch (slice->transform) {
    case TAU_TRANSFORM_TAU:
        return coefficients_tau;
    case TAU_TRANSFORM_TAU_2D:
        return slice->count == 3 ? coefficients_tau_2d : coefficients_tau_2d_line;
    case TAU_TRANSFORM_RADIAL:
        return coefficients_radial;
    default:
        return coefficients_radial_plus;
    }
}

static tau_status copy(float **out, const float *values, size_t size) {
    TAU_TRY(TAU_ALLOC(*out, size));
    if (size > 0) memcpy(*out, values, size * sizeof **out);
    return TAU_STATUS_OK;
}

static tau_status add_theta(tau_slice *slice, const float *theta) {
    TAU_TRY(copy(&slice->theta[slice->count], theta, slice->theta_size));
    slice->count++;
    return TAU_STATUS_OK;
}

static tau_status begin(tau_slice **slice, const tau_graph *graph, tau_transform transform, bool line) {
    TAU_TRY(TAU_ALLOC(*slice, 1));
    (*slice)->transform = transform;
    (*slice)->line = line;
    (*slice)->theta_size = graph->theta_size;
    (*slice)->buffer_size = graph->buffer_size;
    return TAU_STATUS_OK;
}

/* Hands the slice to the caller, or drops it after a failure. */
static tau_status finish(tau_slice **out, tau_slice *slice, tau_status status) {
    if (status == TAU_STATUS_OK)
        *out = slice;
    else
        tau_slice_destroy(slice);
    return status;
}

static tau_status fill_line(tau_slice *slice, tau_state_view from, tau_state_view to) {
    TAU_TRY(add_theta(slice, from.theta));
    TAU_TRY(add_theta(slice, to.theta));
    if (!slice->move_buffers) return copy(&slice->buffers[0], to.buffers, slice->buffer_size);
    TAU_TRY(copy(&slice->buffers[0], from.buffers, slice->buffer_size));
    return copy(&slice->buffers[1], to.buffers, slice->buffer_size);
}

tau_status tau_slice_create_line(tau_slice **out, const tau_graph *graph, tau_state_view from,
                                 tau_state_view to, bool move_buffers) {
    *out = NULL;
    tau_slice *slice;
    TAU_TRY(begin(&slice, graph, TAU_TRANSFORM_TAU, true));
    slice->move_buffers = move_buffers && graph->buffer_size > 0;
    return finish(out, slice, fill_line(slice, from, to));
}

tau_status tau_slice_create_plane(tau_slice **out, const tau_graph *graph, tau_state_view centre,
                                  const float *delta, const float *eta) {
    *out = NULL;
    tau_slice *slice;
    TAU_TRY(begin(&slice, graph, TAU_TRANSFORM_TAU_2D, !eta));
    tau_status status = copy(&slice->buffers[0], centre.buffers, slice->buffer_size);
    if (status == TAU_STATUS_OK) status = add_theta(slice, centre.theta);
    if (status == TAU_STATUS_OK) status = add_theta(slice, delta);
    if (status == TAU_STATUS_OK && eta) status = add_theta(slice, eta);
    return finish(out, slice, status);
}

tau_status tau_slice_create_radial(tau_slice **out, const tau_graph *graph, tau_state_view centre,
                                   tau_transform transform) {
    *out = NULL;
    if (transform != TAU_TRANSFORM_RADIAL && transform != TAU_TRANSFORM_RADIAL_PLUS)
        return tau_fail(TAU_STATUS_USAGE, "%s is no radial transform" TAU_FIX "choose radial or radial+",
                        tau_transform_name(transform));
    tau_slice *slice;
    TAU_TRY(begin(&slice, graph, transform, false));
    tau_status status = copy(&slice->buffers[0], centre.buffers, slice->buffer_size);
    if (status == TAU_STATUS_OK) status = add_theta(slice, centre.theta);
    return finish(out, slice, status);
}

void tau_slice_destroy(tau_slice *slice) {
    if (!slice) return;
    for (int k = 0; k < TAU_BASIS_MAX; k++) {
        tau_mem_free(slice->theta[k]);
        tau_mem_free(slice->buffers[k]);
    }
    tau_mem_free(slice);
}

tau_basis tau_slice_get_basis(const tau_slice *slice) {
    tau_basis basis = {
        .count = slice->count, .move_buffers = slice->move_buffers, .coefficients = coefficients_of(slice)};
    for (int k = 0; k < slice->count; k++) {
        basis.theta[k] = slice->theta[k];
        basis.buffers[k] = slice->buffers[k];
    }
    return basis;
}

void tau_slice_get_centre(const tau_slice *slice, double *alpha, double *beta) {
    *alpha = slice->transform == TAU_TRANSFORM_TAU || slice->transform == TAU_TRANSFORM_RADIAL;
    *beta = 0;
}

void tau_slice_gram(const tau_slice *slice, double gram[TAU_BASIS_MAX * TAU_BASIS_MAX]) {
    for (int i = 0; i < slice->count; i++)
        for (int j = 0; j <= i; j++) {
            double product = tau_dot_f32(slice->theta[i], slice->theta[j], slice->theta_size);
            gram[i * slice->count + j] = product;
            gram[j * slice->count + i] = product;
        }
}

double tau_slice_squared_norm(const tau_slice *slice, const double *gram, double alpha, double beta) {
    double c[TAU_BASIS_MAX] = {0}, sum = 0;
    coefficients_of(slice)(alpha, beta, c);
    for (int i = 0; i < slice->count; i++)
        for (int j = 0; j < slice->count; j++) sum += c[i] * c[j] * gram[i * slice->count + j];
    return sum > 0 || sum != sum ? sum : 0; /* rounding may leave less than nothing; NaN travels */
}
