#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sweep/bowl.h"
#include "sweep/sweep.h"

enum { COLUMNS = 9, ROWS = 7, POINTS = COLUMNS * ROWS };

/* What a sink was given. */
typedef struct record {
    tau_point points[POINTS];
    double regularisation[POINTS];
    int times[POINTS];
    size_t calls, first_column, first_row, first_points;
    size_t stop_after; /* calls until `cancel` is raised or `failure` returned; 0 = never */
    tau_cancel *cancel;
    tau_status failure;
} record;

static tau_status keep(void *payload, const tau_sweep_tile *tile) {
    record *r = payload;
    if (r->calls++ == 0) {
        r->first_column = tile->column, r->first_row = tile->row;
        r->first_points = tile->columns * tile->rows;
    }
    for (size_t row = 0; row < tile->rows; row++)
        for (size_t column = 0; column < tile->columns; column++) {
            size_t from = row * tile->columns + column;
            size_t to = (tile->row + row) * COLUMNS + tile->column + column;
            r->points[to] = tile->points[from];
            if (tile->regularisation) r->regularisation[to] = tile->regularisation[from];
            r->times[to]++;
        }
    if (r->stop_after && r->calls == r->stop_after) {
        if (r->cancel) tau_cancel_request(r->cancel, 1);
        if (r->failure) return tau_fail(r->failure, "the sink is full");
    }
    return TAU_STATUS_OK;
}

static tau_grid *grid_of(void) {
    tau_grid *grid;
    cr_assert_eq(tau_grid_create(&grid, COLUMNS, -2, 2, ROWS, -3, 3), TAU_STATUS_OK);
    return grid;
}

static tau_status run(record *r, const bowl *b, const tau_sweep_options *options) {
    tau_slice *slice = bowl_plane(b);
    tau_grid *grid = grid_of();
    const tau_sweep_sink sink = {keep, r};
    tau_status status = tau_sweep_run(b->evaluator, slice, grid, options, &sink);
    tau_grid_destroy(grid);
    tau_slice_destroy(slice);
    return status;
}

static void assert_same(const record *a, const record *b) {
    for (int i = 0; i < POINTS; i++) {
        cr_assert_eq(a->points[i].loss, b->points[i].loss);
        cr_assert_eq(a->points[i].loss_se, b->points[i].loss_se);
        cr_assert_eq(a->times[i], b->times[i]);
    }
}

/* eq:tau_2d on a bowl in closed form */
Test(sweep, values_are_those_of_the_quadratic_bowl) {
    bowl b = bowl_create(0.25, 1);
    record r = {0};
    cr_assert_eq(run(&r, &b, &(tau_sweep_options){.weight_decay = 0.5}), TAU_STATUS_OK);
    for (int row = 0; row < ROWS; row++)
        for (int column = 0; column < COLUMNS; column++) {
            double w = 2 + (-2 + 0.5 * column), bias = 1 + (-3 + row);
            cr_assert_eq(r.times[row * COLUMNS + column], 1);
            cr_assert_float_eq(r.points[row * COLUMNS + column].loss, bowl_loss(w, bias, 0.25), 1e-12);
            cr_assert_float_eq(r.regularisation[row * COLUMNS + column], 0.5 * (w * w + bias * bias), 1e-12);
        }
    bowl_destroy(&b);
}

Test(sweep, centre_comes_first_and_alone) {
    bowl b = bowl_create(0.25, 1);
    record r = {0};
    cr_assert_eq(run(&r, &b, &(tau_sweep_options){0}), TAU_STATUS_OK);
    cr_assert(r.first_column == 4 && r.first_row == 3 && r.first_points == 1);
    cr_assert_lt(r.calls, POINTS, "fast points are computed many at a time");
    bowl_destroy(&b);
}

Test(sweep, order_tiles_and_threads_change_no_bit) {
    bowl b = bowl_create(0.25, 1), threaded = bowl_create(0.25, 3);
    record reference = {0};
    cr_assert_eq(run(&reference, &b, &(tau_sweep_options){.order = TAU_ORDER_ROWS, .tile_points = 1}),
                 TAU_STATUS_OK);
    cr_assert_eq(reference.calls, POINTS);
    for (size_t points = 0; points < 80; points += 6)
        for (int order = TAU_ORDER_CENTRE_OUT; order <= TAU_ORDER_ROWS; order++) {
            record r = {0};
            const tau_sweep_options options = {
                .order = (tau_order)order, .tile_points = points, .threads = (int)points};
            cr_assert_eq(run(&r, points % 4 ? &threaded : &b, &options), TAU_STATUS_OK);
            assert_same(&reference, &r);
        }
    bowl_destroy(&b);
    bowl_destroy(&threaded);
}

Test(sweep, shards_partition_the_grid) {
    bowl b = bowl_create(0.25, 1);
    record whole = {0}, parts = {0};
    cr_assert_eq(run(&whole, &b, &(tau_sweep_options){0}), TAU_STATUS_OK);
    for (int shard = 0; shard < 4; shard++) {
        record part = {0};
        const tau_sweep_options options = {.shard_index = shard, .shard_count = 4, .tile_points = 5};
        cr_assert_eq(run(&part, &b, &options), TAU_STATUS_OK);
        for (size_t i = 0; i < POINTS; i++) {
            cr_assert_eq(part.times[i], tau_sweep_in_shard(i % COLUMNS, i / COLUMNS, COLUMNS, shard, 4));
            if (!part.times[i]) continue;
            parts.points[i] = part.points[i];
            parts.times[i]++;
        }
    }
    assert_same(&whole, &parts);
    record none = {0};
    cr_assert_eq(run(&none, &b, &(tau_sweep_options){.shard_index = 4, .shard_count = 4}), TAU_STATUS_USAGE);
    cr_assert_eq(none.calls, 0);
    bowl_destroy(&b);
}

Test(sweep, finished_points_are_left_alone) {
    bowl b = bowl_create(0.25, 1);
    uint8_t done[POINTS];
    for (int pattern = 2; pattern < 7; pattern++) {
        record r = {0};
        for (int i = 0; i < POINTS; i++) done[i] = i % pattern == 0 || i / COLUMNS == pattern;
        cr_assert_eq(run(&r, &b, &(tau_sweep_options){.done = done, .tile_points = 12}), TAU_STATUS_OK);
        for (int i = 0; i < POINTS; i++) cr_assert_eq(r.times[i], !done[i]);
    }
    memset(done, 1, sizeof done);
    record nothing = {0};
    cr_assert_eq(run(&nothing, &b, &(tau_sweep_options){.done = done}), TAU_STATUS_OK);
    cr_assert_eq(nothing.calls, 0);
    bowl_destroy(&b);
}

Test(sweep, an_interrupted_sweep_goes_on_to_the_same_bits) {
    bowl b = bowl_create(0.25, 1);
    record whole = {0}, r = {0};
    cr_assert_eq(run(&whole, &b, &(tau_sweep_options){0}), TAU_STATUS_OK);
    tau_cancel cancel = {0};
    r.stop_after = 3, r.cancel = &cancel;
    cr_assert_eq(run(&r, &b, &(tau_sweep_options){.tile_points = 4, .cancel = &cancel}),
                 TAU_STATUS_CANCELLED);
    cr_assert_eq(r.calls, 3);
    uint8_t done[POINTS];
    int finished = 0;
    for (int i = 0; i < POINTS; i++) finished += done[i] = (uint8_t)r.times[i];
    cr_assert(finished > 0 && finished < POINTS);
    r.stop_after = 0;
    cr_assert_eq(run(&r, &b, &(tau_sweep_options){.tile_points = 7, .done = done}), TAU_STATUS_OK);
    assert_same(&whole, &r);
    bowl_destroy(&b);
}

Test(sweep, a_failing_sink_stops_it) {
    bowl b = bowl_create(0.25, 1);
    record r = {.stop_after = 2, .failure = TAU_STATUS_IO};
    cr_assert_eq(run(&r, &b, &(tau_sweep_options){.tile_points = 4}), TAU_STATUS_IO);
    cr_assert_eq(r.calls, 2);
    bowl_destroy(&b);
}

/* An infinite input: infinite losses, and NaN where w = 0. */
Test(sweep, losses_that_are_not_finite_are_kept_as_they_are) {
    bowl b = bowl_create(0.25, 1);
    b.samples->inputs[0] = INFINITY;
    record r = {0};
    cr_assert_eq(run(&r, &b, &(tau_sweep_options){0}), TAU_STATUS_OK);
    for (int i = 0; i < POINTS; i++) {
        cr_assert_eq(r.times[i], 1);
        cr_assert(i % COLUMNS == 0 ? isnan(r.points[i].loss) : isinf(r.points[i].loss));
    }
    bowl_destroy(&b);
}

typedef struct progress_log {
    uint64_t first, last, total;
    int reports;
    char detail[96];
} progress_log;

static void log_progress(void *payload, const tau_progress_state *state) {
    progress_log *log = payload;
    if (log->reports++ == 0) log->first = state->done;
    cr_assert(state->done >= log->last || state->done == 0);
    log->last = state->done, log->total = state->total;
    snprintf(log->detail, sizeof log->detail, "%s", state->detail);
}

Test(sweep, progress_counts_what_was_done_before_and_shows_the_range) {
    bowl b = bowl_create(0.25, 1);
    uint8_t done[POINTS] = {1, 1, 1};
    record r = {0};
    progress_log log = {0};
    const tau_progress progress = {log_progress, &log};
    cr_assert_eq(run(&r, &b, &(tau_sweep_options){.done = done, .progress = &progress}), TAU_STATUS_OK);
    cr_assert(log.first == 3 && log.last == POINTS && log.total == POINTS);
    char expected[96]; /* lowest at the centre, highest in the corner w = 4, b = 4 */
    snprintf(expected, sizeof expected, "loss %.3g–%.3g", bowl_loss(2, 1, 0.25), bowl_loss(4, 4, 0.25));
    cr_assert_str_eq(log.detail, expected, "%s", log.detail);
    b.samples->inputs[0] = INFINITY;
    cr_assert_eq(run(&r, &b, &(tau_sweep_options){.progress = &progress}), TAU_STATUS_OK);
    cr_assert_str_eq(log.detail, "63 not finite", "%s", log.detail);
    bowl_destroy(&b);
}
