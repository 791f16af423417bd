/* The numbers of one state's picture. */
#include <math.h>
#include <string.h>

#include "replay/features_internal.h"

tau_status tau_features_take_points(tau_features *f, size_t state) {
    tau_replay *replay = f->replay;
    const size_t count = replay->samples->count;
    if (f->value == replay->graph->input)
        memcpy(f->captured, replay->samples->inputs, count * f->axes.width * sizeof *f->captured);
    else
        TAU_TRY(tau_replay_capture(replay, state, f->value, f->captured));
    tau_feature_axes_project(&f->axes, f->points, f->captured, count);
    return TAU_STATUS_OK;
}

static tau_status capture_probe(const tau_features *f, const tau_probe *probe, int value, float *out) {
    const tau_replay *replay = f->replay;
    if (value != probe->graph->input)
        return tau_probe_capture(probe, replay, replay->theta, replay->buffers, value, out);
    memcpy(out, probe->samples->inputs,
           probe->samples->count * tau_shape_size(&probe->samples->input_shape) * sizeof *out);
    return TAU_STATUS_OK;
}

static tau_status bend_lines(tau_features *f) {
    if (!f->has_lines || f->boundary) return TAU_STATUS_OK;
    TAU_TRY(capture_probe(f, &f->line_probe, f->value, f->line_values));
    tau_feature_axes_project(&f->axes, f->line_out, f->line_values, f->line_total);
    return TAU_STATUS_OK;
}

/* ---- limits ---- */

static void include(tau_features *f, const double *points, size_t count) {
    const size_t dims = (size_t)f->axes.dims;
    for (size_t n = 0; n < count; n++)
        for (size_t k = 0; k < dims; k++) {
            const double at = points[n * dims + k];
            if (!isfinite(at)) continue;
            if (at < f->low[k]) f->low[k] = at;
            if (at > f->high[k]) f->high[k] = at;
        }
}

static tau_status find_limits(tau_features *f) {
    const tau_replay *replay = f->replay;
    const size_t states = f->boundary ? 1 : replay->state_count;
    if (f->limited == states) return TAU_STATUS_OK;
    for (int k = 0; k < TAU_AXES_MOST; k++) {
        f->low[k] = INFINITY;
        f->high[k] = -INFINITY;
    }
    for (size_t state = 0; state < states; state++) {
        TAU_TRY(tau_features_take_points(f, state));
        include(f, f->points, replay->samples->count);
        if (!f->has_lines) continue;
        if (!f->boundary) TAU_TRY(tau_replay_load(f->replay, state));
        TAU_TRY(bend_lines(f));
        include(f, f->line_out, f->line_total);
    }
    f->limited = states;
    return TAU_STATUS_OK;
}

tau_status tau_features_get_limits(tau_features *f, double low[3], double high[3]) {
    TAU_TRY(find_limits(f));
    for (int k = 0; k < f->axes.dims; k++) {
        const bool known = f->low[k] <= f->high[k];
        low[k] = known ? f->low[k] : -1;
        high[k] = known ? f->high[k] : 1;
    }
    return TAU_STATUS_OK;
}

/* ---- the mesh ---- */

/* The range that a mesh of the layer's values spans, a tenth wider than the points.
 * @return false: no point is finite */
static bool span_points(const tau_features *f, size_t axis, double range[2]) {
    double low = f->low[axis], high = f->high[axis];
    const size_t dims = (size_t)f->axes.dims;
    if (!f->one_scale) {
        low = INFINITY;
        high = -INFINITY;
        for (size_t n = 0; n < f->replay->samples->count; n++) {
            const double at = f->points[n * dims + axis];
            if (isfinite(at) && at < low) low = at;
            if (isfinite(at) && at > high) high = at;
        }
    }
    const double around = high > low ? 0.1 * (high - low) : 1;
    range[0] = low - around;
    range[1] = high + around;
    return low <= high;
}

static tau_status place_layer_mesh(tau_features *f, bool *drawn) {
    const bool kept = f->one_scale && f->mesh_probe.samples;
    double x[2], y[2];
    *drawn = span_points(f, 0, x) && span_points(f, 1, y);
    if (!*drawn || kept) return TAU_STATUS_OK;
    tau_features_draw_mesh(f->mesh_out, f->mesh, x, y);
    tau_feature_axes_place(&f->axes, f->mesh_values, f->mesh_out, f->mesh_total);
    tau_probe_clear(&f->mesh_probe);
    if (!f->tail.graph) return TAU_STATUS_OK;
    return tau_probe_create(&f->mesh_probe, f->replay, f->tail.graph, f->mesh_values, f->mesh_total);
}

static tau_status run_layer_mesh(tau_features *f, bool *drawn) {
    const tau_replay *replay = f->replay;
    TAU_TRY(place_layer_mesh(f, drawn));
    if (!*drawn) return TAU_STATUS_OK;
    if (!f->tail.graph) {
        memcpy(f->mesh_outputs, f->mesh_values, f->mesh_total * f->axes.width * sizeof *f->mesh_values);
        return TAU_STATUS_OK;
    }
    tau_tail_take(&f->tail, replay->theta, replay->buffers, f->tail_theta, f->tail_buffers);
    return tau_probe_capture(&f->mesh_probe, replay, f->tail_theta, f->tail_buffers, f->tail.graph->output,
                             f->mesh_outputs);
}

static tau_status run_input_mesh(tau_features *f) {
    TAU_TRY(capture_probe(f, &f->mesh_probe, f->replay->graph->output, f->mesh_outputs));
    if (f->boundary) return TAU_STATUS_OK;
    TAU_TRY(capture_probe(f, &f->mesh_probe, f->value, f->mesh_values));
    tau_feature_axes_project(&f->axes, f->mesh_out, f->mesh_values, f->mesh_total);
    return TAU_STATUS_OK;
}

static void decide_mesh(tau_features *f) {
    const tau_replay *replay = f->replay;
    for (size_t m = 0; m < f->mesh_total; m++) {
        const float *output = f->mesh_outputs + m * replay->outputs;
        if (replay->class_count == 0) {
            f->probability[m] = output[0];
            continue;
        }
        f->decision[m] = tau_replay_decide(replay, output, f->class_values);
        for (int p = 0; p < f->planes; p++)
            f->probability[(size_t)p * f->mesh_total + m] =
                (float)f->class_values[replay->class_count == 2 ? 1 : p];
    }
}

static tau_status fill_mesh(tau_features *f, tau_feature_frame *out) {
    bool drawn = true;
    if (f->mesh_kind == TAU_MESH_KIND_NONE) return TAU_STATUS_OK;
    if (f->mesh_kind == TAU_MESH_KIND_INPUTS)
        TAU_TRY(run_input_mesh(f));
    else
        TAU_TRY(run_layer_mesh(f, &drawn));
    if (!drawn) return TAU_STATUS_OK;
    decide_mesh(f);
    out->mesh_rows = out->mesh_columns = f->mesh;
    out->mesh = f->mesh_out;
    out->planes = f->planes;
    out->probability = f->probability;
    out->decision = f->replay->class_count > 0 ? f->decision : NULL;
    return TAU_STATUS_OK;
}

/* ---- the frame ---- */

static size_t count_not_finite(const tau_features *f) {
    const size_t dims = (size_t)f->axes.dims;
    size_t missing = 0;
    for (size_t n = 0; n < f->replay->samples->count; n++) {
        bool finite = true;
        for (size_t k = 0; k < dims; k++) finite &= isfinite(f->points[n * dims + k]) != 0;
        missing += !finite;
    }
    return missing;
}

tau_status tau_features_compute(tau_features *f, size_t state, tau_feature_frame *out) {
    tau_replay *replay = f->replay;
    if (f->one_scale && f->mesh_kind == TAU_MESH_KIND_LAYER) TAU_TRY(find_limits(f));
    TAU_TRY(tau_replay_load(replay, state));
    TAU_TRY(tau_features_take_points(f, state));
    *out = (tau_feature_frame){.moment = replay->moments[state],
                               .dims = f->axes.dims,
                               .projected = f->axes.projected,
                               .count = replay->samples->count,
                               .points = f->points,
                               .labels = replay->labels,
                               .class_count = replay->class_count,
                               .not_finite = count_not_finite(f)};
    for (int k = 0; k < f->axes.dims; k++) {
        out->axis[k] = f->names[k];
        out->explained[k] = f->axes.explained[k];
    }
    TAU_TRY(bend_lines(f));
    if (f->has_lines) {
        out->line_count = 2 * f->lines;
        out->line_points = f->line_points;
        out->lines = f->line_out;
    }
    return fill_mesh(f, out);
}
