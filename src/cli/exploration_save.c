/* What is seen of an exploration, computed with all samples and kept as any other landscape. */

#include "cli/exploration.h"
#include "cli/files.h"
#include "cli/tracing.h"

static void report(void *payload, const tau_progress_state *state) {
    tau_exploration *e = payload;
    int share = state->total ? (int)(1000 * state->done / state->total) : 0;
    atomic_store(&e->progress, share);
}

double tau_exploration_get_progress(void *payload) {
    return atomic_load(&((tau_exploration *)payload)->progress) / 1000.0;
}

/* Groups of the run, as compute traces them. */
static tau_status trace(tau_computation *c, const tau_exploration_plane *plane,
                        const tau_progress *progress) {
    if (!c->subject.run || c->spec.line || c->spec.transform != TAU_TRANSFORM_TAU_2D) return TAU_STATUS_OK;
    for (int p = 0; p < plane->projection_count; p++) {
        const char *name = plane->projections[p].group;
        tau_run *run;
        TAU_TRY(tau_run_open(&run, c->subject.path, name));
        tau_status status =
            tau_trace_run(c->landscape, run, c->made.slice, c->evaluator, progress, name, c->cli->cancel);
        tau_run_close(run);
        TAU_TRY(status);
    }
    return TAU_STATUS_OK;
}

static tau_status compute(tau_computation *c, const tau_exploration_plane *plane) {
    c->sweep = (tau_sweep_options){.shard_count = 1,
                                   .done = c->landscape->done,
                                   .weight_decay = c->subject.weight_decay,
                                   .threads = tau_pool_size(c->cli->pool),
                                   .progress = c->cli->progress,
                                   .cancel = c->cli->cancel};
    tau_sweep_sink sink = tau_landscape_writer_get_sink(c->writer);
    TAU_TRY(tau_sweep_run(c->evaluator, c->made.slice, c->grid, &c->sweep, &sink));
    return trace(c, plane, c->cli->progress);
}

static tau_status prepare(tau_computation *c, const double lo[2], const double hi[2], size_t columns,
                          size_t rows) {
    tau_pool *pool;
    TAU_TRY(tau_cli_check_output(c->cli, c->path, TAU_FILE_KIND_LANDSCAPE));
    TAU_TRY(tau_cli_get_pool(c->cli, &pool));
    TAU_TRY(tau_subject_create_evaluator(&c->subject, c->cli, NULL, false, &c->evaluator));
    const tau_basis basis = tau_slice_get_basis(c->made.slice);
    TAU_TRY(tau_evaluator_set_basis(c->evaluator, &basis));
    TAU_TRY(tau_grid_create(&c->grid, columns, lo[0], hi[0], rows, lo[1], hi[1]));
    TAU_TRY(tau_computation_create_landscape(c));
    return tau_landscape_writer_open(&c->writer, c->path, c->landscape, false);
}

static tau_status save(tau_computation *c, const tau_exploration_plane *plane, const double lo[2],
                       const double hi[2], size_t columns, size_t rows) {
    TAU_TRY(prepare(c, lo, hi, columns, rows));
    tau_status status = compute(c, plane);
    tau_error_copy error;
    tau_error_save(&error);
    tau_landscape_writer *writer = c->writer;
    c->writer = NULL;
    tau_status closed = tau_landscape_writer_close(writer);
    if (status != TAU_STATUS_OK) return tau_error_restore(&error);
    TAU_TRY(closed);
    return c->landscape->projection_count ? tau_landscape_write(c->landscape, c->path) : TAU_STATUS_OK;
}

/* The explorer rests meanwhile: both would share the processors. The evaluator and its threads are this
 * file's own. */
tau_status tau_exploration_save(void *payload, const char *path, const double lo[2], const double hi[2],
                                size_t columns, size_t rows) {
    tau_exploration *e = payload;
    const tau_exploration_plane *plane = &e->planes[e->present];
    const tau_progress progress = {report, e};
    tau_cli cli = *e->cli;
    cli.pool = NULL;
    cli.cancel = &e->cancel;
    cli.progress = &progress;
    tau_computation c = e->computation;
    c.cli = &cli;
    c.path = path;
    c.spec = plane->spec;
    c.made = plane->made;
    atomic_store(&e->progress, 0);
    tau_explore_pause(e->explore, true);
    tau_status status = save(&c, plane, lo, hi, columns, rows);
    tau_explore_pause(e->explore, false);
    tau_error_copy error;
    tau_error_save(&error);
    tau_evaluator_destroy(c.evaluator);
    tau_grid_destroy(c.grid);
    tau_landscape_destroy(c.landscape);
    tau_pool_destroy(cli.pool);
    return status == TAU_STATUS_OK ? status : tau_error_restore(&error);
}
