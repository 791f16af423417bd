/* Metrics of the points of a sweep, worked out by hand: a network of one input decides by the sign of w·x +
 * b, the samples x = -1, 0, 1, 2 have the labels 0, 1, 0, 1. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sweep/bowl.h"
#include "sweep/sweep.h"

enum { COLUMNS = 9, ROWS = 7, POINTS = COLUMNS * ROWS, METRICS = 4 };

static const tau_metric_choice asked[METRICS] = {
    {TAU_METRIC_KIND_MCC, TAU_AVERAGE_MACRO},
    {TAU_METRIC_KIND_PRECISION, TAU_AVERAGE_MACRO},
    {TAU_METRIC_KIND_RECALL, TAU_AVERAGE_MACRO},
    {TAU_METRIC_KIND_F1, TAU_AVERAGE_MACRO},
};

typedef struct record {
    double values[POINTS][METRICS];
    int times[POINTS];
    size_t largest; /* points of one call */
} record;

static tau_status keep(void *payload, const tau_sweep_tile *tile) {
    record *r = payload;
    cr_assert_eq(tile->metric_count, METRICS);
    for (size_t i = 0; i < tile->rows * tile->columns; i++) {
        const size_t to = (tile->row + i / tile->columns) * COLUMNS + tile->column + i % tile->columns;
        memcpy(r->values[to], tile->metrics + i * METRICS, sizeof r->values[to]);
        r->times[to]++;
    }
    if (tile->rows * tile->columns > r->largest) r->largest = tile->rows * tile->columns;
    return TAU_STATUS_OK;
}

/* @param[in] classes  2 = one output and a threshold */
static tau_status run(record *r, int classes, tau_sweep_options options) {
    bowl b = bowl_create(0.25, 2);
    const tau_shape shape = {1, {1}};
    char model[32];
    tau_evaluator_destroy(b.evaluator);
    tau_samples_destroy(b.samples);
    tau_model_destroy(b.model);
    snprintf(model, sizeof model, "mlp:1-%d", classes == 2 ? 1 : classes);
    cr_assert_eq(tau_model_builtin(&b.model, model, 0), TAU_STATUS_OK);
    cr_assert_eq(
        tau_samples_create(&b.samples, BOWL_SAMPLES, &shape, classes == 2 ? 0 : classes, classes == 2),
        TAU_STATUS_OK);
    if (classes == 2) b.model->theta[0] = 2, b.model->theta[1] = 1;
    for (int i = 0; i < BOWL_SAMPLES; i++) {
        b.samples->inputs[i] = (float)bowl_x[i];
        if (classes == 2) b.samples->values[i] = (float)(i % 2);
        if (classes != 2) b.samples->classes[i] = i % 2;
    }
    const tau_evaluator_options how = {.backend = "ref",
                                       .loss = classes == 2 ? TAU_LOSS_BCE_LOGITS : TAU_LOSS_CROSS_ENTROPY,
                                       .confusion = true};
    cr_assert_eq(tau_evaluator_create(&b.evaluator, b.model->graph, b.samples, &how, b.pool), TAU_STATUS_OK);
    const size_t size = b.model->graph->theta_size;
    float *delta, *eta;
    cr_assert_eq(TAU_ALLOC(delta, size), TAU_STATUS_OK);
    cr_assert_eq(TAU_ALLOC(eta, size), TAU_STATUS_OK);
    delta[0] = eta[size - 1] = 1;
    tau_slice *slice;
    tau_grid *grid;
    cr_assert_eq(tau_slice_create_plane(&slice, b.model->graph,
                                        (tau_state_view){b.model->theta, b.model->buffers}, delta, eta),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_grid_create(&grid, COLUMNS, -2, 2, ROWS, -3, 3), TAU_STATUS_OK);
    const tau_sweep_sink sink = {keep, r};
    options.metrics = asked;
    options.metric_count = METRICS;
    const tau_status status = tau_sweep_run(b.evaluator, slice, grid, &options, &sink);
    tau_grid_destroy(grid);
    tau_slice_destroy(slice);
    tau_mem_free(eta);
    tau_mem_free(delta);
    bowl_destroy(&b);
    return status;
}

static void assert_values(const double *values, double mcc, double precision, double recall, double f1) {
    const double expected[METRICS] = {mcc, precision, recall, f1};
    for (int m = 0; m < METRICS; m++)
        cr_assert(isnan(expected[m]) ? isnan(values[m]) : fabs(values[m] - expected[m]) < 1e-12,
                  "metric %d is %.15g, not %.15g", m, values[m], expected[m]);
}

Test(sweep_metrics, values_are_those_worked_out_by_hand) {
    record r = {0};
    cr_assert_eq(run(&r, 2, (tau_sweep_options){0}), TAU_STATUS_OK);
    /* w = 2, b = 1 decides 0 1 1 1: two found, one rejected, one false alarm. */
    assert_values(r.values[3 * COLUMNS + 4], 2 / sqrt(12), 2.0 / 3, 1, 0.8);
    /* w = 2, b = -2 decides 0 0 0 1: one found, two rejected, one missed. */
    assert_values(r.values[4], 2 / sqrt(12), 1, 0.5, 2.0 / 3);
    /* w = 0 decides alike for all: no correlation is defined, and no precision where nothing is found. */
    assert_values(r.values[6 * COLUMNS], NAN, 0.5, 1, 2.0 / 3);
    assert_values(r.values[0], NAN, NAN, 0, 0);
}

Test(sweep_metrics, tiles_shards_and_threads_change_no_bit) {
    record whole = {0};
    cr_assert_eq(run(&whole, 2, (tau_sweep_options){.order = TAU_ORDER_ROWS, .tile_points = POINTS}),
                 TAU_STATUS_OK);
    record parts = {0};
    for (int shard = 0; shard < 3; shard++)
        cr_assert_eq(
            run(&parts, 2,
                (tau_sweep_options){.shard_index = shard, .shard_count = 3, .tile_points = 5, .threads = 2}),
            TAU_STATUS_OK);
    cr_assert(memcmp(whole.values, parts.values, sizeof whole.values) == 0);
    for (int i = 0; i < POINTS; i++) cr_assert_eq(parts.times[i], 1);
}

/* 1000 classes have 8 MB of counts a point. */
Test(sweep_metrics, few_points_of_many_classes_are_computed_at_once) {
    record r = {0}, single = {0};
    cr_assert_eq(run(&r, 1000, (tau_sweep_options){.tile_points = POINTS}), TAU_STATUS_OK);
    cr_assert(r.largest == 8, "%zu points at once", r.largest);
    cr_assert_eq(run(&single, 1000, (tau_sweep_options){.tile_points = 1}), TAU_STATUS_OK);
    for (int i = 0; i < POINTS; i++) cr_assert_eq(r.times[i], 1);
    cr_assert(memcmp(r.values, single.values, sizeof r.values) == 0);
}

Test(sweep_metrics, a_loss_without_classes_has_none) {
    bowl b = bowl_create(0.25, 1);
    tau_slice *slice = bowl_plane(&b);
    tau_grid *grid;
    record r = {0};
    cr_assert_eq(tau_grid_create(&grid, COLUMNS, -2, 2, ROWS, -3, 3), TAU_STATUS_OK);
    const tau_sweep_options options = {.metrics = asked, .metric_count = METRICS};
    cr_assert_eq(tau_sweep_run(b.evaluator, slice, grid, &options, &(tau_sweep_sink){keep, &r}),
                 TAU_STATUS_USAGE);
    tau_grid_destroy(grid);
    tau_slice_destroy(slice);
    bowl_destroy(&b);
}
