/* A learner of one feature and one label. */
#include "replay/learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "replay/curves.h"
#include "replay/replay_internal.h"

enum { LINE_LEAST = 200, SPARSITY = 1000 };

struct tau_learner {
    tau_replay *replay;
    tau_learner_options options;
    size_t *line; /* samples of the line, by x */
    size_t line_count;
    double *line_x, *line_y, *line_loss, *raw_loss, *band_low, *band_high;
    size_t scatter_count;
    double *scatter_x, *scatter_y;
    tau_curves *curves; /* total loss and penalty */
    double *steps;      /* of the states */
    size_t step_capacity;
    tau_series batches;
    double x[2], y[2], loss_range[2];
};

static tau_status check(const tau_replay *replay, const tau_learner_options *options) {
    const tau_samples *samples = replay->samples;
    const size_t features = tau_shape_size(&samples->input_shape);
    if (samples->classes)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "'%s' in %s has no learner's view" TAU_WHY
                        "its targets are classes, and the view shows a line through values" TAU_FIX
                        "choose another picture: boundary, feature-space, probability",
                        replay->group, replay->path);
    if (features != 1 || samples->target_size != 1)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "'%s' in %s has no learner's view" TAU_WHY
                        "it takes %zu features to %zu labels, and the view shows one against one" TAU_FIX
                        "choose another picture: loss-metric, loss-histogram, violins",
                        replay->group, replay->path, features, samples->target_size);
    if (options->graph_sparsity >= 0 && options->scatter_sparsity >= 0) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "a sparsity must not be negative" TAU_FIX "every n-th point is drawn: give n");
}

/* ---- data ---- */

typedef struct place {
    float x;
    size_t sample;
} place;

/* By x, then by sample; NaN last. */
static int compare(const void *a, const void *b) {
    const place *p = a, *q = b;
    if (isnan(p->x) != isnan(q->x)) return isnan(p->x) - isnan(q->x);
    if (p->x < q->x || p->x > q->x) return p->x < q->x ? -1 : 1;
    return (p->sample > q->sample) - (p->sample < q->sample);
}

/* Every n-th by x, and the last, so that the line spans the data. */
static tau_status choose_line(tau_learner *view) {
    const tau_samples *samples = view->replay->samples;
    const size_t count = samples->count;
    size_t every = (size_t)view->options.graph_sparsity;
    if (every == 0) every = count / LINE_LEAST < SPARSITY ? count / LINE_LEAST : SPARSITY;
    if (every == 0) every = 1;
    place *places;
    TAU_TRY(TAU_ALLOC(places, count));
    for (size_t n = 0; n < count; n++) places[n] = (place){samples->inputs[n], n};
    qsort(places, count, sizeof *places, compare);
    tau_status status = TAU_ALLOC(view->line, count / every + 2);
    for (size_t i = 0; status == TAU_STATUS_OK && i < count; i += every)
        view->line[view->line_count++] = places[i].sample;
    if (status == TAU_STATUS_OK && (count - 1) % every != 0)
        view->line[view->line_count++] = places[count - 1].sample;
    tau_mem_free(places);
    TAU_TRY(status);
    TAU_TRY(tau_mem_alloc((void **)&view->line_x, view->line_count, 6 * sizeof(double)));
    view->line_y = view->line_x + view->line_count;
    view->line_loss = view->line_y + view->line_count;
    view->raw_loss = view->line_loss + view->line_count;
    view->band_low = view->raw_loss + view->line_count;
    view->band_high = view->band_low + view->line_count;
    for (size_t i = 0; i < view->line_count; i++) view->line_x[i] = samples->inputs[view->line[i]];
    return TAU_STATUS_OK;
}

static tau_status choose_scatter(tau_learner *view) {
    const tau_samples *samples = view->replay->samples;
    const size_t every = (size_t)view->options.scatter_sparsity;
    if (every == 0) return TAU_STATUS_OK;
    const size_t most = (samples->count - 1) / every + 1;
    TAU_TRY(tau_mem_alloc((void **)&view->scatter_x, most, 2 * sizeof(double)));
    view->scatter_y = view->scatter_x + most;
    for (size_t n = 0; n < samples->count; n += every) {
        view->scatter_x[view->scatter_count] = samples->inputs[n];
        view->scatter_y[view->scatter_count++] = samples->values[n];
    }
    return TAU_STATUS_OK;
}

static void include(double range[2], double value) {
    if (!isfinite(value)) return;
    if (value < range[0]) range[0] = value;
    if (value > range[1]) range[1] = value;
}

static void close_range(double range[2]) {
    if (range[0] <= range[1]) return;
    range[0] = 0;
    range[1] = 1;
}

static void find_ranges(tau_learner *view) {
    const tau_samples *samples = view->replay->samples;
    view->x[0] = view->y[0] = INFINITY;
    view->x[1] = view->y[1] = -INFINITY;
    for (size_t n = 0; n < samples->count; n++) {
        include(view->x, samples->inputs[n]);
        include(view->y, samples->values[n]);
    }
    close_range(view->x);
    close_range(view->y);
}

/* ---- losses over training ---- */

static bool has_series(const tau_replay *replay, const char *name) {
    for (size_t i = 0; replay->series && replay->series[i]; i++)
        if (!strcmp(replay->series[i], name)) return true;
    return false;
}

/* DeepReplay's "loss" is one number an epoch; a run's one a batch. */
static tau_status read_batches(tau_learner *view) {
    tau_series_clear(&view->batches);
    if (!has_series(view->replay, "loss")) return TAU_STATUS_OK;
    return tau_replay_read_series(view->replay, "loss", &view->batches);
}

static bool steps_are_known(const tau_replay *replay) {
    return replay->state_count > 0 && replay->moments[0].step >= 0;
}

tau_status tau_learner_update(tau_learner *view) {
    const tau_replay *replay = view->replay;
    const bool steps = steps_are_known(replay);
    TAU_TRY(tau_curves_update(view->curves));
    TAU_TRY(read_batches(view));
    TAU_TRY(TAU_GROW(view->steps, view->step_capacity, replay->state_count));
    view->loss_range[0] = INFINITY;
    view->loss_range[1] = -INFINITY;
    for (size_t i = 0; i < replay->state_count; i++) {
        view->steps[i] = steps ? (double)replay->moments[i].step : replay->moments[i].epoch;
        include(view->loss_range, tau_curves_get(view->curves)->loss[i]);
    }
    for (size_t i = 0; i < view->batches.count; i++) include(view->loss_range, view->batches.value[i]);
    close_range(view->loss_range);
    return TAU_STATUS_OK;
}

static tau_status prepare(tau_learner *view) {
    TAU_TRY(choose_line(view));
    TAU_TRY(choose_scatter(view));
    find_ranges(view);
    TAU_TRY(tau_curves_create(&view->curves, view->replay));
    return tau_learner_update(view);
}

tau_status tau_learner_create(tau_learner **out, tau_replay *replay, const tau_learner_options *options) {
    tau_learner *view;
    *out = NULL;
    TAU_TRY(check(replay, options));
    TAU_TRY(TAU_ALLOC(view, 1));
    view->replay = replay;
    view->options = *options;
    tau_status status = prepare(view);
    if (status == TAU_STATUS_OK)
        *out = view;
    else
        tau_learner_destroy(view);
    return status;
}

void tau_learner_destroy(tau_learner *view) {
    if (!view) return;
    tau_curves_destroy(view->curves);
    tau_series_clear(&view->batches);
    tau_mem_free(view->line);
    tau_mem_free(view->line_x);
    tau_mem_free(view->scatter_x);
    tau_mem_free(view->steps);
    tau_mem_free(view);
}

/* ---- one state ---- */

static tau_status fill_line(tau_learner *view, size_t state) {
    tau_replay *replay = view->replay;
    const float *outputs;
    TAU_TRY(tau_replay_get_outputs(replay, state, &outputs));
    for (size_t i = 0; i < view->line_count; i++) {
        const size_t sample = view->line[i];
        view->line_y[i] = outputs[sample];
        view->raw_loss[i] = tau_replay_sample_loss(replay, replay->loss, outputs + sample, sample, NULL);
    }
    const long window = view->options.loss_smoothing;
    tau_curve_smooth(view->line_loss, view->raw_loss, view->line_count, window > 1 ? (size_t)window : 0);
    for (size_t i = 0; i < view->line_count; i++) {
        view->band_low[i] = view->line_y[i] - view->line_loss[i];
        view->band_high[i] = view->line_y[i] + view->line_loss[i];
    }
    return TAU_STATUS_OK;
}

/* Batches done when the state was recorded. */
static size_t count_batches(const tau_learner *view, size_t state) {
    const bool steps = steps_are_known(view->replay);
    const double *when = steps ? view->batches.step : view->batches.epoch;
    size_t count = 0;
    while (count < view->batches.count && when[count] <= view->steps[state]) count++;
    return count;
}

tau_status tau_learner_compute(tau_learner *view, size_t state, tau_learner_frame *out) {
    const tau_replay *replay = view->replay;
    const bool steps = steps_are_known(replay);
    const tau_curve_table *curves = tau_curves_get(view->curves);
    if (state >= curves->count && state < replay->state_count)
        return tau_fail(TAU_STATUS_USAGE, "state %zu was recorded after the last update of this view", state);
    TAU_TRY(fill_line(view, state));
    *out = (tau_learner_frame){.moment = replay->moments[state],
                               .scatter_count = view->scatter_count,
                               .scatter_x = view->scatter_x,
                               .scatter_y = view->scatter_y,
                               .line_count = view->line_count,
                               .line_x = view->line_x,
                               .line_y = view->line_y,
                               .line_loss = view->line_loss,
                               .band_low = view->band_low,
                               .band_high = view->band_high,
                               .total_count = state + 1,
                               .total_step = view->steps,
                               .total_loss = curves->loss,
                               .loss = curves->loss[state],
                               .batch_count = count_batches(view, state),
                               .batch_step = steps ? view->batches.step : view->batches.epoch,
                               .batch_loss = view->batches.value,
                               .x = {view->x[0], view->x[1]},
                               .y = {view->y[0], view->y[1]},
                               .last_step = view->steps[curves->count - 1],
                               .loss_range = {view->loss_range[0], view->loss_range[1]},
                               .step_label = steps ? "Batch" : "Epoch"};
    if (curves->has_penalty) out->penalty = curves->penalties[state];
    return TAU_STATUS_OK;
}
