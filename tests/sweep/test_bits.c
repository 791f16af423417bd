/* The same bits from real backends, however a sweep cuts its grid. */
#include <criterion/criterion.h>

#include "backend/backend_impl.h"
#include "backend_cpu/backend_cpu.h"
#include "backend_ref/backend_ref.h"
#include "core/memory.h"
#include "data/data.h"
#include "model/model.h"
#include "slice/directions.h"
#include "sweep/sweep.h"

enum { COLUMNS = 11, ROWS = 6, POINTS = COLUMNS * ROWS };

typedef struct scene {
    tau_model *model;
    tau_dataset data;
    tau_slice *slice;
    tau_grid *grid;
} scene;

static scene scene_create(const char *model, const char *data) {
    scene s = {0};
    const tau_data_options options = {.data = data};
    float *directions[2];
    cr_assert_eq(tau_model_builtin(&s.model, model, 1), TAU_STATUS_OK);
    cr_assert_eq(tau_data_load(&s.data, &options), TAU_STATUS_OK, "%s", tau_error_last()->why);
    for (int axis = 0; axis < 2; axis++) {
        cr_assert_eq(TAU_ALLOC(directions[axis], s.model->graph->theta_size), TAU_STATUS_OK);
        tau_direction_random(directions[axis], s.model->graph, 0, axis);
        tau_direction_normalize(directions[axis], s.model->theta, s.model->graph, TAU_NORM_FILTER,
                                (tau_ignore){true, true});
    }
    const tau_state_view centre = {s.model->theta, s.model->buffers};
    cr_assert_eq(tau_slice_create_plane(&s.slice, s.model->graph, centre, directions[0], directions[1]),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_grid_create(&s.grid, COLUMNS, -1, 1, ROWS, -0.7, 0.9), TAU_STATUS_OK);
    tau_mem_free(directions[0]);
    tau_mem_free(directions[1]);
    return s;
}

static void scene_destroy(scene *s) {
    tau_slice_destroy(s->slice);
    tau_grid_destroy(s->grid);
    tau_dataset_clear(&s->data);
    tau_model_destroy(s->model);
}

static tau_status keep(void *payload, const tau_sweep_tile *tile) {
    tau_point *points = payload;
    for (size_t row = 0; row < tile->rows; row++)
        for (size_t column = 0; column < tile->columns; column++)
            points[(tile->row + row) * COLUMNS + tile->column + column] =
                tile->points[row * tile->columns + column];
    return TAU_STATUS_OK;
}

/* The grid in `shards` parts of tiles of `tile_points`. */
static void compute(tau_point points[POINTS], const scene *s, const tau_evaluator_options *options,
                    int threads, size_t tile_points, int shards) {
    tau_pool *pool;
    tau_evaluator *evaluator;
    const tau_sweep_sink sink = {keep, points};
    cr_assert_eq(tau_pool_create(&pool, threads), TAU_STATUS_OK);
    cr_assert_eq(tau_evaluator_create(&evaluator, s->model->graph, s->data.train, options, pool),
                 TAU_STATUS_OK, "%s", tau_error_last()->what);
    for (int shard = 0; shard < shards; shard++) {
        const tau_sweep_options how = {
            .tile_points = tile_points, .shard_index = shard, .shard_count = shards, .threads = threads};
        cr_assert_eq(tau_sweep_run(evaluator, s->slice, s->grid, &how, &sink), TAU_STATUS_OK);
    }
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
}

static void assert_same(const tau_point a[POINTS], const tau_point b[POINTS], const char *what) {
    for (int i = 0; i < POINTS; i++) {
        cr_expect_eq(a[i].loss, b[i].loss, "%s: point %d is %.17g or %.17g", what, i, a[i].loss, b[i].loss);
        cr_expect_eq(a[i].loss_se, b[i].loss_se);
        cr_expect_eq(a[i].accuracy, b[i].accuracy);
    }
}

static void check(const char *model, const char *data, const char *backend, tau_precision precision) {
    scene s = scene_create(model, data);
    const tau_evaluator_options options = {
        .backend = backend, .precision = precision, .loss = TAU_LOSS_CROSS_ENTROPY};
    tau_point whole[POINTS], single[POINTS], rows[POINTS], sharded[POINTS];
    tau_backend_register(tau_backend_ref_get());
    tau_backend_register(tau_backend_cpu_get());
    compute(whole, &s, &options, 1, POINTS, 1);
    compute(single, &s, &options, 2, 1, 1);
    compute(rows, &s, &options, 3, 7, 1);
    compute(sharded, &s, &options, 2, 4, 3);
    assert_same(whole, single, "point by point");
    assert_same(whole, rows, "tiles of 7");
    assert_same(whole, sharded, "three shards");
    scene_destroy(&s);
}

Test(bits, reference) {
    check("mlp:2-8-2:tanh", "moons:n=60", "ref", TAU_PRECISION_EXACT);
}

Test(bits, cpu_exact_perceptron) {
    check("mlp:2-16-16-2:relu", "moons:n=300", "cpu", TAU_PRECISION_EXACT);
}

Test(bits, cpu_fine_perceptron) {
    check("mlp:2-16-16-2:relu", "moons:n=300", "cpu", TAU_PRECISION_FINE);
}

Test(bits, cpu_fine_convolutions) {
    check("lenet5", "digits:n=40", "cpu", TAU_PRECISION_FINE);
}
