/* Preparing feature spaces and boundaries: axes, grids, and the networks that their points go through. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "replay/features_internal.h"

enum { LINES_MOST = 1000, POINTS_MOST = 100000, MESH_MOST = 2048 };
static const double TOTAL_MOST = 4e6;

/* ---- grids ---- */

static double between(const double range[2], size_t i, size_t count) {
    if (count < 2) return (range[0] + range[1]) / 2;
    return (range[0] * (double)(count - 1 - i) + range[1] * (double)i) / (double)(count - 1);
}

void tau_features_draw_lines(double *out, const tau_features *f) {
    for (size_t l = 0; l < f->lines; l++)
        for (size_t p = 0; p < f->line_points; p++) {
            double *vertical = out + 2 * (l * f->line_points + p);
            double *horizontal = out + 2 * ((f->lines + l) * f->line_points + p);
            vertical[0] = between(f->x, l, f->lines);
            vertical[1] = between(f->y, p, f->line_points);
            horizontal[0] = between(f->x, p, f->line_points);
            horizontal[1] = between(f->y, l, f->lines);
        }
}

void tau_features_draw_mesh(double *out, size_t mesh, const double x[2], const double y[2]) {
    for (size_t row = 0; row < mesh; row++)
        for (size_t column = 0; column < mesh; column++) {
            out[2 * (row * mesh + column)] = between(x, column, mesh);
            out[2 * (row * mesh + column) + 1] = between(y, row, mesh);
        }
}

/* What was asked for; else -1 to 1, as the authors draw it, or the data's range where they lie outside. */
static tau_status choose_range(double out[2], const double asked[2], const double *points, size_t count,
                               size_t dims, size_t axis, bool unit) {
    if (asked[0] != 0 || asked[1] != 0) {
        if (!(isfinite(asked[0]) && isfinite(asked[1]) && asked[0] < asked[1]))
            return tau_fail(TAU_STATUS_USAGE, "a range must go from a smaller to a larger number");
        out[0] = asked[0];
        out[1] = asked[1];
        return TAU_STATUS_OK;
    }
    double low = INFINITY, high = -INFINITY;
    for (size_t n = 0; n < count; n++) {
        const double at = points[n * dims + axis];
        if (isfinite(at) && at < low) low = at;
        if (isfinite(at) && at > high) high = at;
    }
    const bool inside = unit && low >= -1 && high <= 1;
    const double around = high > low ? 0.05 * (high - low) : 1;
    out[0] = inside || low > high ? -1 : low - around;
    out[1] = inside || low > high ? 1 : high + around;
    return TAU_STATUS_OK;
}

/* ---- what both have ---- */

static tau_status choose_sizes(tau_features *f, size_t lines, size_t line_points, size_t mesh,
                               size_t default_mesh) {
    f->lines = lines > 0 ? lines : 11;
    f->line_points = line_points > 0 ? line_points : 1000;
    f->mesh = mesh > 0 ? mesh : default_mesh;
    const bool fits = f->lines <= LINES_MOST && f->line_points <= POINTS_MOST && f->mesh <= MESH_MOST &&
                      2.0 * (double)f->lines * (double)f->line_points <= TOTAL_MOST;
    if (fits && f->mesh >= 2 && f->line_points >= 2) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "the grid cannot be drawn" TAU_WHY "%zu lines of %zu points and a mesh of %zu"
                    " are asked for; lines have 2 to %d points, a mesh 2 to %d each way",
                    f->lines, f->line_points, f->mesh, POINTS_MOST, MESH_MOST);
}

static tau_status allocate_points(tau_features *f) {
    const size_t count = f->replay->samples->count, dims = (size_t)f->axes.dims;
    TAU_TRY(tau_mem_alloc((void **)&f->captured, count, f->axes.width * sizeof *f->captured));
    return TAU_ALLOC(f->points, count * dims);
}

static tau_status allocate_mesh(tau_features *f) {
    const size_t classes = (size_t)f->replay->class_count;
    f->mesh_total = f->mesh * f->mesh;
    f->planes = classes > 2 ? (int)classes : 1;
    TAU_TRY(TAU_ALLOC(f->mesh_out, f->mesh_total * (size_t)f->axes.dims));
    TAU_TRY(tau_mem_alloc((void **)&f->mesh_values, f->mesh_total, f->axes.width * sizeof(float)));
    TAU_TRY(tau_mem_alloc((void **)&f->mesh_outputs, f->mesh_total, f->replay->outputs * sizeof(float)));
    TAU_TRY(TAU_ALLOC(f->probability, (size_t)f->planes * f->mesh_total));
    TAU_TRY(TAU_ALLOC(f->decision, f->mesh_total));
    return TAU_ALLOC(f->class_values, classes);
}

/* A probe over points of the plane of two features. @param[in] axes  NULL = the coordinates are the inputs */
static tau_status probe_inputs(tau_probe *out, const tau_features *f, const tau_feature_axes *axes,
                               const double *coordinates, size_t count) {
    const size_t width = axes ? axes->width : 2;
    float *inputs;
    TAU_TRY(TAU_ALLOC(inputs, count * width));
    if (axes)
        tau_feature_axes_place(axes, inputs, coordinates, count);
    else
        for (size_t i = 0; i < 2 * count; i++) inputs[i] = (float)coordinates[i];
    tau_status status = tau_probe_create(out, f->replay, f->replay->graph, inputs, count);
    tau_mem_free(inputs);
    return status;
}

static tau_status finish(tau_features **out, tau_features *f, tau_status status) {
    if (status == TAU_STATUS_OK)
        *out = f;
    else
        tau_features_destroy(f);
    return status;
}

void tau_features_destroy(tau_features *f) {
    if (!f) return;
    tau_feature_axes_clear(&f->axes);
    tau_probe_clear(&f->line_probe);
    tau_probe_clear(&f->mesh_probe);
    tau_tail_clear(&f->tail);
    tau_mem_free(f->tail_theta);
    tau_mem_free(f->tail_buffers);
    tau_mem_free(f->captured);
    tau_mem_free(f->points);
    tau_mem_free(f->line_out);
    tau_mem_free(f->line_values);
    tau_mem_free(f->mesh_out);
    tau_mem_free(f->mesh_values);
    tau_mem_free(f->mesh_outputs);
    tau_mem_free(f->probability);
    tau_mem_free(f->decision);
    tau_mem_free(f->class_values);
    tau_mem_free(f);
}

/* ---- feature spaces ---- */

static tau_status read_layer(void *payload, size_t state, float *out) {
    tau_features *f = payload;
    return tau_replay_capture(f->replay, state, f->value, out);
}

static tau_status choose_layer_axes(tau_features *f, int dims, const tau_features *before) {
    const tau_replay *replay = f->replay;
    const size_t width = tau_shape_size(&replay->graph->values[f->value].shape);
    if (dims == 0) dims = width <= TAU_AXES_MOST ? (int)width : 2;
    if (dims < 1 || dims > TAU_AXES_MOST || (size_t)dims > width)
        return tau_fail(TAU_STATUS_USAGE,
                        "a feature space of %d dimensions cannot be drawn" TAU_WHY
                        "1 to 3 are possible, and the layer '%s' has %zu units",
                        dims, replay->graph->values[f->value].name, width);
    const bool units = width == (size_t)dims;
    for (int k = 0; k < dims; k++)
        snprintf(f->names[k], sizeof f->names[k], units ? "unit %d" : "PC %d", k + 1);
    if (units) return tau_feature_axes_create_units(&f->axes, width, dims, (int[]){0, 1, 2});
    const tau_feature_axes_source source = {replay->state_count, replay->samples->count, width, read_layer,
                                            f};
    TAU_TRY(tau_feature_axes_fit(&f->axes, &source, dims, replay->options.cancel));
    /* What was turned is no principal component: the first need not vary most. */
    if (before && before->value == f->value && tau_feature_axes_align(&f->axes, &before->axes))
        for (int k = 0; k < dims; k++) snprintf(f->names[k], sizeof f->names[k], "axis %d", k + 1);
    return TAU_STATUS_OK;
}

/* Lines and mesh of a two-dimensional input, to be bent. */
static tau_status prepare_input_grid(tau_features *f, const tau_features_options *options) {
    const tau_samples *samples = f->replay->samples;
    double *inputs = NULL;
    TAU_TRY(TAU_ALLOC(inputs, 2 * samples->count));
    for (size_t i = 0; i < 2 * samples->count; i++) inputs[i] = samples->inputs[i];
    tau_status status = choose_range(f->x, options->x, inputs, samples->count, 2, 0, true);
    if (status == TAU_STATUS_OK) status = choose_range(f->y, options->y, inputs, samples->count, 2, 1, true);
    tau_mem_free(inputs);
    TAU_TRY(status);
    f->has_lines = true;
    f->mesh_kind = TAU_MESH_KIND_INPUTS;
    f->line_total = 2 * f->lines * f->line_points;
    TAU_TRY(allocate_mesh(f));
    TAU_TRY(tau_mem_alloc((void **)&f->line_values, f->line_total, f->axes.width * sizeof(float)));
    TAU_TRY(TAU_ALLOC(f->line_out, f->line_total * TAU_AXES_MOST)); /* at first the inputs, two each */
    tau_features_draw_lines(f->line_out, f);
    TAU_TRY(probe_inputs(&f->line_probe, f, NULL, f->line_out, f->line_total));
    double *coordinates;
    TAU_TRY(TAU_ALLOC(coordinates, 2 * f->mesh_total));
    tau_features_draw_mesh(coordinates, f->mesh, f->x, f->y);
    status = probe_inputs(&f->mesh_probe, f, NULL, coordinates, f->mesh_total);
    tau_mem_free(coordinates);
    return status;
}

/* A mesh of the layer's own values, where the rest of the network can start from them. */
static tau_status prepare_layer_mesh(tau_features *f) {
    TAU_TRY(tau_tail_create(&f->tail, f->replay->graph, f->value));
    if (!f->tail.possible) return TAU_STATUS_OK;
    f->mesh_kind = TAU_MESH_KIND_LAYER;
    if (f->tail.graph) {
        TAU_TRY(TAU_ALLOC(f->tail_theta, f->tail.graph->theta_size));
        TAU_TRY(TAU_ALLOC(f->tail_buffers, f->tail.graph->buffer_size));
    }
    return allocate_mesh(f);
}

static tau_status prepare_features(tau_features *f, const tau_features_options *options) {
    TAU_TRY(choose_sizes(f, options->lines, options->line_points, options->mesh, 100));
    TAU_TRY(tau_replay_find_value(f->replay, options->layer, &f->value));
    TAU_TRY(choose_layer_axes(f, options->dims, options->before));
    TAU_TRY(allocate_points(f));
    if (f->axes.dims < 2) return TAU_STATUS_OK;
    if (tau_shape_size(&f->replay->samples->input_shape) == 2) return prepare_input_grid(f, options);
    return f->axes.dims == 2 ? prepare_layer_mesh(f) : TAU_STATUS_OK;
}

tau_status tau_features_create(tau_features **out, tau_replay *replay, const tau_features_options *options) {
    tau_features *f;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(f, 1));
    f->replay = replay;
    f->one_scale = options->one_scale;
    return finish(out, f, prepare_features(f, options));
}

/* ---- boundaries ---- */

static tau_status read_inputs(void *payload, size_t block, float *out) {
    const tau_samples *samples = payload;
    (void)block;
    memcpy(out, samples->inputs, samples->count * tau_shape_size(&samples->input_shape) * sizeof *out);
    return TAU_STATUS_OK;
}

/* Other features stay at their means, over the samples where they are finite. */
static void rest_at_means(tau_feature_axes *axes, const tau_samples *samples, const int pair[2]) {
    for (size_t i = 0; i < axes->width; i++) {
        double sum = 0, count = 0;
        for (size_t n = 0; n < samples->count; n++) {
            const float value = samples->inputs[n * axes->width + i];
            if (!isfinite(value)) continue;
            sum += value;
            count++;
        }
        axes->base[i] = count > 0 && (int)i != pair[0] && (int)i != pair[1] ? sum / count : 0;
    }
}

static tau_status choose_input_axes(tau_features *f, const int asked[2]) {
    const tau_samples *samples = f->replay->samples;
    const size_t width = tau_shape_size(&samples->input_shape);
    int pair[2] = {asked[0], asked[1]};
    if (width < 2)
        return tau_fail(TAU_STATUS_USAGE,
                        "'%s' has no decision boundary" TAU_WHY "its inputs are single numbers" TAU_FIX
                        "choose the learner's view or probabilities",
                        f->replay->group);
    for (int k = 0; k < 2; k++)
        if (pair[k] < 0 || (size_t)pair[k] >= width)
            return tau_fail(TAU_STATUS_USAGE,
                            "there is no feature %d" TAU_WHY "features are counted from 0 to %zu", pair[k],
                            width - 1);
    const bool plane = pair[0] == pair[1] && width > 2;
    if (pair[0] == pair[1]) pair[0] = 0, pair[1] = 1;
    for (int k = 0; k < 2; k++)
        snprintf(f->names[k], sizeof f->names[k], plane ? "PC %d" : "x%d", plane ? k + 1 : pair[k] + 1);
    if (plane) {
        const tau_feature_axes_source source = {1, samples->count, width, read_inputs, f->replay->samples};
        return tau_feature_axes_fit(&f->axes, &source, 2, f->replay->options.cancel);
    }
    TAU_TRY(tau_feature_axes_create_units(&f->axes, width, 2, pair));
    rest_at_means(&f->axes, samples, pair);
    return TAU_STATUS_OK;
}

static tau_status prepare_boundary(tau_features *f, const tau_boundary_options *options) {
    const tau_samples *samples = f->replay->samples;
    TAU_TRY(choose_input_axes(f, options->axis));
    TAU_TRY(
        choose_sizes(f, options->lines, options->line_points, options->mesh, f->axes.width > 2 ? 60 : 200));
    TAU_TRY(allocate_points(f));
    TAU_TRY(tau_features_take_points(f, 0));
    const bool unit = !f->axes.projected;
    TAU_TRY(choose_range(f->x, options->x, f->points, samples->count, 2, 0, unit));
    TAU_TRY(choose_range(f->y, options->y, f->points, samples->count, 2, 1, unit));
    f->has_lines = true;
    f->mesh_kind = TAU_MESH_KIND_INPUTS;
    f->line_total = 2 * f->lines * f->line_points;
    TAU_TRY(TAU_ALLOC(f->line_out, 2 * f->line_total));
    tau_features_draw_lines(f->line_out, f);
    TAU_TRY(allocate_mesh(f));
    tau_features_draw_mesh(f->mesh_out, f->mesh, f->x, f->y);
    return probe_inputs(&f->mesh_probe, f, &f->axes, f->mesh_out, f->mesh_total);
}

tau_status tau_boundary_create(tau_features **out, tau_replay *replay, const tau_boundary_options *options) {
    tau_features *f;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(f, 1));
    f->replay = replay;
    f->boundary = true;
    f->value = replay->graph->input;
    return finish(out, f, prepare_boundary(f, options));
}
