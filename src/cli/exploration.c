#include "cli/exploration.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"

/* Few samples first; the last stage has all. */
static const size_t stage_samples[] = {256, 2048};

/* Losses of all states are evaluated beforehand where that takes no longer. */
static const double TRACE_SECONDS = 2;
/* The first states take longer than the rest: what is found before this says nothing. */
static const double WARM_SECONDS = 0.4;

/* ---- stages ---- */

static tau_status add_stage(tau_exploration *e, size_t samples) {
    tau_subject part = e->computation.subject;
    int k = e->stage_count;
    if (samples < part.samples->count) {
        TAU_TRY(tau_samples_take(&e->samples[k], part.samples, samples, 0));
        part.samples = e->samples[k];
    }
    TAU_TRY(tau_subject_create_evaluator(&part, e->cli, NULL, false, &e->evaluators[k]));
    e->stages[k] = (tau_explore_stage){e->evaluators[k], part.samples->count};
    e->stage_count++;
    return TAU_STATUS_OK;
}

static tau_status create_stages(tau_exploration *e) {
    size_t all = e->computation.subject.samples->count;
    for (size_t k = 0; k < sizeof stage_samples / sizeof *stage_samples; k++)
        if (stage_samples[k] <= all / 2) TAU_TRY(add_stage(e, stage_samples[k]));
    TAU_TRY(add_stage(e, all));
    tau_evaluator_identity identity = tau_evaluator_get_identity(e->evaluators[e->stage_count - 1]);
    snprintf(e->device, sizeof e->device, "%s %s, %s", identity.backend, identity.instruction_set,
             tau_precision_name(identity.precision));
    return TAU_STATUS_OK;
}

/* ---- the states' own losses ---- */

static tau_status evaluate_state(tau_exploration *e, tau_state *scratch, size_t state) {
    tau_point point;
    const float *theta[] = {scratch->theta}, *buffers[] = {scratch->buffers};
    TAU_TRY(tau_run_read_state(e->computation.subject.run, state, scratch->theta, scratch->buffers));
    TAU_TRY(tau_evaluator_states(e->evaluators[e->stage_count - 1], 1, theta, buffers, &point, NULL,
                                 e->cli->cancel));
    e->loss_true[state] = point.loss;
    return TAU_STATUS_OK;
}

/* Heights of the path. Where there is no time for them it lies on the surface. */
static tau_status evaluate_states(tau_exploration *e) {
    const tau_subject *subject = &e->computation.subject;
    if (!subject->run) return TAU_STATUS_OK;
    e->state_count = tau_run_get_state_count(subject->run);
    if (e->state_count == 0) return TAU_STATUS_OK;
    tau_state scratch = {0};
    double start = tau_progress_now();
    tau_status status = TAU_ALLOC(e->loss_true, e->state_count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(scratch.theta, subject->graph->theta_size);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(scratch.buffers, subject->graph->buffer_size);
    size_t done = 0;
    for (; done < e->state_count && status == TAU_STATUS_OK; done++) {
        status = evaluate_state(e, &scratch, done);
        double passed = tau_progress_now() - start, each = passed / (double)(done + 1);
        if (passed > WARM_SECONDS && each * (double)e->state_count > TRACE_SECONDS) break;
    }
    tau_state_clear(&scratch);
    if (done == e->state_count || status != TAU_STATUS_OK) return status;
    tau_mem_free(e->loss_true);
    e->loss_true = NULL;
    tau_log(TAU_LOG_LEVEL_NOTE,
            "the losses of %zu states would take a while: their path lies on the surface "
            "(tauscape compute evaluates them)",
            e->state_count);
    return TAU_STATUS_OK;
}

/* ---- opening ---- */

static tau_status open_subject(tau_exploration *e, const char *path, size_t *rows) {
    tau_computation *c = &e->computation;
    size_t columns;
    TAU_TRY(tau_computation_parse_size(c, &columns, rows));
    TAU_TRY(tau_subject_open_first(&c->subject, path, tau_cli_get(&e->cli->arguments, "group")));
    TAU_TRY(tau_slice_spec_parse(&c->spec, e->cli, &c->subject, *rows == 1));
    return tau_subject_load_samples(&c->subject, e->cli);
}

tau_status tau_exploration_open(tau_exploration *e, tau_cli *cli, const char *path,
                                void (*wake)(void *payload)) {
    size_t rows;
    e->cli = cli;
    e->computation.cli = cli;
    TAU_TRY(open_subject(e, path, &rows));
    TAU_TRY(create_stages(e));
    TAU_TRY(evaluate_states(e));
    tau_exploration_plane *plane = &e->planes[e->present];
    TAU_TRY(tau_exploration_make_plane(e, plane, &e->computation.spec, true));
    tau_explore_options options = {.stages = e->stages,
                                   .stage_count = e->stage_count,
                                   .graph = e->computation.subject.graph,
                                   .slice = plane->made.slice,
                                   .wake = wake};
    memcpy(options.lo, plane->lo, sizeof options.lo);
    memcpy(options.hi, plane->hi, sizeof options.hi);
    return tau_explore_create(&e->explore, &options);
}

void tau_exploration_close(tau_exploration *e) {
    tau_explore_destroy(e->explore);
    for (int k = 0; k < TAU_EXPLORATION_STAGES; k++) {
        tau_evaluator_destroy(e->evaluators[k]);
        tau_samples_destroy(e->samples[k]);
    }
    for (int p = 0; p < 2; p++) tau_exploration_plane_clear(&e->planes[p]);
    tau_mem_free(e->loss_true);
    tau_subject_close(&e->computation.subject);
    *e = (tau_exploration){0};
}

/* ---- for the window ---- */

/* Degrees between the axes of a plane; NaN for others. */
static double find_angle(const tau_slice *slice) {
    double gram[TAU_BASIS_MAX * TAU_BASIS_MAX];
    if (slice->line || slice->transform != TAU_TRANSFORM_TAU_2D || slice->count != 3) return NAN;
    tau_slice_gram(slice, gram);
    double cosine = gram[1 * 3 + 2] / sqrt(gram[1 * 3 + 1] * gram[2 * 3 + 2]);
    return fabs(cosine) <= 1 ? acos(cosine) * 180 / 3.14159265358979323846 : NAN;
}

void tau_exploration_describe(const tau_exploration *e, tau_viewer_exploration *out) {
    const tau_exploration_plane *plane = &e->planes[e->present];
    *out = (tau_viewer_exploration){.explore = e->explore,
                                    .name = plane->name,
                                    .xlabel = plane->axes[0],
                                    .ylabel = plane->made.slice->line ? NULL : plane->axes[1],
                                    .line = plane->made.slice->line,
                                    .device = e->device,
                                    .angle = find_angle(plane->made.slice),
                                    .projections = plane->projections,
                                    .projection_count = plane->projection_count};
    for (int axis = 0; axis < 2; axis++) {
        out->lo[axis] = plane->lo[axis];
        out->hi[axis] = plane->hi[axis];
        out->explained[axis] = plane->made.explained[axis];
    }
}
