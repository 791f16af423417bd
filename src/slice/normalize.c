#include <math.h>
#include <string.h>

#include "slice/directions.h"
#include "slice/dot.h"
#include "slice/filter.h"

/* Keeps a filter that was drawn as zero from dividing by zero: Li et al. 2018, as published. */
static const double NORM_FLOOR = 1e-10;

static const char *const norm_names[] = {
    [TAU_NORM_NONE] = "none",   [TAU_NORM_FILTER] = "filter", [TAU_NORM_LAYER] = "layer",
    [TAU_NORM_MODEL] = "model", [TAU_NORM_WEIGHT] = "weight",
};

const char *tau_norm_name(tau_norm norm) {
    return norm_names[norm];
}

tau_status tau_norm_parse(tau_norm *out, const char *name) {
    for (size_t i = 0; i < sizeof norm_names / sizeof *norm_names; i++)
        if (strcmp(name, norm_names[i]) == 0) {
            *out = (tau_norm)i;
            return TAU_STATUS_OK;
        }
    return tau_fail(TAU_STATUS_USAGE,
                    "there is no normalisation \"%s\"" TAU_FIX "choose filter, layer, model, weight or none",
                    name);
}

static bool is_ignored(const tau_parameter *parameter, tau_ignore ignore) {
    switch (parameter->role) {
    case TAU_ROLE_BIAS:
        return ignore.bias;
    case TAU_ROLE_BN_GAMMA:
    case TAU_ROLE_BN_BETA:
        return ignore.bn;
    default:
        return false;
    }
}

static void scale(float *values, size_t size, double factor) {
    for (size_t i = 0; i < size; i++) values[i] = (float)(factor * (double)values[i]);
}

static double filter_squares(const float *tensor, tau_filter_view view, size_t filter) {
    double sum = 0;
    for (size_t outer = 0; outer < view.outer; outer++) {
        const float *values = tensor + tau_filter_offset(view, outer, filter);
        sum += tau_dot_f32(values, values, view.inner);
    }
    return sum;
}

/* eq:filter_norm; with a view of one filter eq:layer_norm_dir */
static void match_norms(float *direction, const float *theta, tau_filter_view view) {
    for (size_t filter = 0; filter < view.filters; filter++) {
        double wanted = sqrt(filter_squares(theta, view, filter));
        double factor = wanted / (sqrt(filter_squares(direction, view, filter)) + NORM_FLOOR);
        for (size_t outer = 0; outer < view.outer; outer++)
            scale(direction + tau_filter_offset(view, outer, filter), view.inner, factor);
    }
}

static void normalize_tensor(float *direction, const float *theta, const tau_parameter *parameter,
                             tau_norm norm) {
    const size_t size = tau_shape_size(&parameter->shape);
    const tau_filter_view whole = {1, 1, size};
    if (norm == TAU_NORM_NONE || norm == TAU_NORM_MODEL) return;
    if (parameter->filter_axis < 0) /* biases and the like have no filters: the published rule */
        memcpy(direction, theta, size * sizeof *direction);
    else if (norm == TAU_NORM_FILTER)
        match_norms(direction, theta, tau_filter_view_of(parameter));
    else if (norm == TAU_NORM_LAYER)
        match_norms(direction, theta, whole);
    else
        for (size_t i = 0; i < size; i++) direction[i] *= theta[i];
}

void tau_direction_normalize(float *direction, const float *theta, const tau_graph *graph, tau_norm norm,
                             tau_ignore ignore) {
    for (int i = 0; i < graph->parameter_count; i++) {
        const tau_parameter *parameter = &graph->parameters[i];
        float *values = direction + parameter->offset;
        if (is_ignored(parameter, ignore))
            memset(values, 0, tau_shape_size(&parameter->shape) * sizeof *values);
        else
            normalize_tensor(values, theta + parameter->offset, parameter, norm);
    }
    if (norm == TAU_NORM_MODEL) match_norms(direction, theta, (tau_filter_view){1, 1, graph->theta_size});
}
