#include "cli/tracing.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "slice/project.h"

/* The true loss of one state, with its own batch-norm statistics. */
static tau_status evaluate_true(tau_run *run, tau_evaluator *evaluator, const tau_state *scratch,
                                size_t state, double *loss, const tau_cancel *cancel) {
    TAU_TRY(tau_run_read_state(run, state, scratch->theta, scratch->buffers));
    tau_point point;
    const float *theta[] = {scratch->theta}, *buffers[] = {scratch->buffers};
    TAU_TRY(tau_evaluator_states(evaluator, 1, theta, buffers, &point, NULL, cancel));
    *loss = point.loss;
    return TAU_STATUS_OK;
}

static tau_status evaluate_in_slice(tau_evaluator *evaluator, const double *coords, double *loss,
                                    const tau_cancel *cancel) {
    tau_point point;
    const tau_tile tile = {.alpha = coords, .columns = 1, .beta = coords + 1, .rows = 1};
    TAU_TRY(tau_evaluator_tile(evaluator, &tile, &point, NULL, cancel));
    *loss = point.loss;
    return TAU_STATUS_OK;
}

static tau_status fill(tau_landscape_projection *out, tau_run *run, const tau_slice *slice,
                       tau_evaluator *evaluator, const tau_progress *progress, const tau_cancel *cancel) {
    tau_projection projection = {0};
    const tau_rows rows = tau_run_get_rows(run);
    TAU_TRY(tau_project_rows(&projection, slice, &rows));
    memcpy(out->coords, projection.coords, 2 * out->count * sizeof *out->coords);
    memcpy(out->residual, projection.residual, out->count * sizeof *out->residual);
    memcpy(out->distance, projection.distance, out->count * sizeof *out->distance);
    out->explained = projection.explained;
    tau_projection_clear(&projection);

    tau_state scratch = {0};
    tau_progress_meter meter;
    tau_progress_start(&meter, progress, "trace", "states", 0, out->count);
    tau_status status = TAU_ALLOC(scratch.theta, slice->theta_size);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(scratch.buffers, slice->buffer_size);
    for (size_t t = 0; t < out->count && status == TAU_STATUS_OK; t++) {
        out->step[t] = tau_run_get_step(run, t);
        status = evaluate_true(run, evaluator, &scratch, t, &out->loss_true[t], cancel);
        if (status == TAU_STATUS_OK)
            status = evaluate_in_slice(evaluator, &out->coords[2 * t], &out->loss_in_plane[t], cancel);
        tau_progress_update(&meter, t + 1, "");
    }
    tau_state_clear(&scratch);
    return status;
}

tau_status tau_trace_run(tau_landscape *landscape, tau_run *run, const tau_slice *slice,
                         tau_evaluator *evaluator, const tau_progress *progress, const char *name,
                         const tau_cancel *cancel) {
    const tau_basis basis = tau_slice_get_basis(slice);
    TAU_TRY(tau_evaluator_set_basis(evaluator, &basis));
    tau_landscape_projection projection = {0};
    tau_status status = tau_landscape_projection_create(&projection, name, tau_run_get_state_count(run));
    if (status == TAU_STATUS_OK) status = fill(&projection, run, slice, evaluator, progress, cancel);
    if (status == TAU_STATUS_OK) status = tau_landscape_set_projection(landscape, &projection);
    tau_landscape_projection_clear(&projection);
    return status;
}

double tau_trace_find_residual(const tau_landscape_projection *projection) {
    double residual = 0, distance = 0;
    for (size_t t = 0; t < projection->count; t++) {
        residual = fmax(residual, projection->residual[t]);
        distance = fmax(distance, projection->distance[t]);
    }
    return distance > 0 ? residual / distance : NAN;
}

void tau_trace_say(const tau_cli *cli, const tau_landscape_projection *projection, bool line) {
    double gap = 0;
    for (size_t t = 0; t < projection->count; t++)
        gap = fmax(gap, fabs(projection->loss_true[t] - projection->loss_in_plane[t]));
    const char *slice = line ? "line" : "plane";
    tau_cli_say(cli, "traced %s: %zu states; %.1f %% of the movement lies in the %s", projection->group,
                projection->count, 100 * projection->explained, slice);
    tau_cli_say(cli,
                "  farthest from the %s: %.0f %% of its extent; true loss and loss in the %s "
                "differ by up to %.3g",
                slice, 100 * tau_trace_find_residual(projection), slice, gap);
}
