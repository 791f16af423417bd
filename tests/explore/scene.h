/** A network with data, a random plane or a line, and an explorer of it in stages. Without Criterion, so that
 * the race program can use it: what fails ends the process with a message. */
#ifndef TAU_TESTS_EXPLORE_SCENE_H
#define TAU_TESTS_EXPLORE_SCENE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/backend_impl.h"
#include "backend_cpu/backend_cpu.h"
#include "backend_ref/backend_ref.h"
#include "core/memory.h"
#include "core/progress.h"
#include "data/data.h"
#include "explore/explore.h"
#include "model/model.h"
#include "slice/directions.h"
#include "sweep/sweep.h"

enum { SCENE_STAGES_MAX = 3 };

typedef struct scene {
    tau_pool *pool;
    tau_model *model;
    tau_dataset data;
    tau_samples *samples[SCENE_STAGES_MAX];
    tau_explore_stage stages[SCENE_STAGES_MAX];
    int stage_count;
    tau_slice *slice;
    tau_explore *explore;
} scene;

static inline void succeed(tau_status status) {
    if (status == TAU_STATUS_OK) return;
    fprintf(stderr, "%s: %s\n", tau_error_last()->what, tau_error_last()->why);
    abort();
}

static inline void require(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static inline void nap(double seconds) {
    const struct timespec pause = {0, (long)(seconds * 1e9)};
    nanosleep(&pause, NULL);
}

static inline tau_slice *scene_make_plane(const scene *s, uint64_t seed, int axes) {
    float *directions[2] = {NULL, NULL};
    tau_slice *slice;
    for (int axis = 0; axis < axes; axis++) {
        succeed(TAU_ALLOC(directions[axis], s->model->graph->theta_size));
        tau_direction_random(directions[axis], s->model->graph, seed, axis);
        tau_direction_normalize(directions[axis], s->model->theta, s->model->graph, TAU_NORM_FILTER,
                                (tau_ignore){true, true});
    }
    const tau_state_view centre = {s->model->theta, s->model->buffers};
    succeed(tau_slice_create_plane(&slice, s->model->graph, centre, directions[0], directions[1]));
    tau_mem_free(directions[0]);
    tau_mem_free(directions[1]);
    return slice;
}

/* @param[in] counts  samples of each stage, 0 after the last */
static inline scene scene_create(const char *model, const char *data, const size_t counts[SCENE_STAGES_MAX],
                                 const char *backend, tau_precision precision, int threads, int axes) {
    scene s = {0};
    const tau_data_options options = {.data = data};
    const tau_evaluator_options how = {
        .backend = backend, .precision = precision, .loss = TAU_LOSS_CROSS_ENTROPY};
    tau_backend_register(tau_backend_ref_get());
    tau_backend_register(tau_backend_cpu_get());
    succeed(tau_pool_create(&s.pool, threads));
    succeed(tau_model_builtin(&s.model, model, 1));
    succeed(tau_data_load(&s.data, &options));
    for (; s.stage_count < SCENE_STAGES_MAX && counts[s.stage_count] > 0; s.stage_count++) {
        const int i = s.stage_count;
        succeed(tau_samples_take(&s.samples[i], s.data.train, counts[i], 0));
        succeed(tau_evaluator_create(&s.stages[i].evaluator, s.model->graph, s.samples[i], &how, s.pool));
        s.stages[i].samples = counts[i];
    }
    s.slice = scene_make_plane(&s, 0, axes);
    return s;
}

static inline void scene_explore(scene *s, double lo, double hi, size_t cache_points) {
    const tau_explore_options options = {.stages = s->stages,
                                         .stage_count = s->stage_count,
                                         .graph = s->model->graph,
                                         .slice = s->slice,
                                         .lo = {lo, lo},
                                         .hi = {hi, hi},
                                         .cache_points = cache_points};
    succeed(tau_explore_create(&s->explore, &options));
}

static inline void scene_destroy(scene *s) {
    tau_explore_destroy(s->explore);
    for (int i = 0; i < s->stage_count; i++) {
        tau_evaluator_destroy(s->stages[i].evaluator);
        tau_samples_destroy(s->samples[i]);
    }
    tau_slice_destroy(s->slice);
    tau_dataset_clear(&s->data);
    tau_model_destroy(s->model);
    tau_pool_destroy(s->pool);
}

static inline tau_explore_region region_of(double x_lo, double x_hi, double y_lo, double y_hi, int pixels) {
    return (tau_explore_region){
        .lo = {x_lo, y_lo}, .hi = {x_hi, y_hi}, .pixels = {pixels, pixels}, .focus = {NAN, NAN}};
}

/* Waits until nothing is left to do. */
static inline tau_explore_progress wait_until_idle(tau_explore *explore) {
    tau_explore_progress progress;
    const double start = tau_progress_now();
    for (tau_explore_get_progress(explore, &progress); progress.busy;
         tau_explore_get_progress(explore, &progress)) {
        require(tau_progress_now() - start < 200, "the explorer does not come to an end");
        nap(0.001);
    }
    return progress;
}

static inline void look_and_wait(tau_explore *explore, const tau_explore_region *region) {
    tau_explore_look(explore, region);
    const tau_explore_progress progress = wait_until_idle(explore);
    require(progress.error[0] == 0, progress.error);
    require(progress.tiles_done == progress.tiles_wanted && progress.points_done == progress.points_wanted,
            "tiles are left undone");
}

static inline tau_status keep_tile(void *payload, const tau_sweep_tile *tile) {
    void **to = payload;
    const size_t columns = *(const size_t *)to[1];
    for (size_t row = 0; row < tile->rows; row++)
        for (size_t column = 0; column < tile->columns; column++)
            ((tau_point *)to[0])[(tile->row + row) * columns + tile->column + column] =
                tile->points[row * tile->columns + column];
    return TAU_STATUS_OK;
}

/* What a sweep makes of a picture's lattice, in evaluators of its own. */
static inline tau_point *sweep_of(const scene *s, const tau_explore_picture *picture, int stage,
                                  const char *backend, tau_precision precision) {
    tau_grid grid = {picture->columns, picture->rows, picture->alpha, picture->beta};
    const tau_evaluator_options how = {
        .backend = backend, .precision = precision, .loss = TAU_LOSS_CROSS_ENTROPY};
    tau_evaluator *evaluator;
    tau_point *points;
    succeed(TAU_ALLOC(points, grid.columns * grid.rows));
    succeed(tau_evaluator_create(&evaluator, s->model->graph, s->samples[stage], &how, s->pool));
    void *to[2] = {points, &grid.columns};
    const tau_sweep_sink sink = {keep_tile, to};
    succeed(tau_sweep_run(evaluator, s->slice, &grid, &(tau_sweep_options){.threads = 2}, &sink));
    tau_evaluator_destroy(evaluator);
    return points;
}

/* The largest difference of losses, relative to 1 + loss; infinite where a value is not known, not of the
 * stage or another number by kind. Bits must agree for 0. */
static inline double compare(const tau_explore_picture *picture, const tau_point *points, int stage) {
    double worst = 0;
    for (size_t i = 0; i < picture->columns * picture->rows; i++) {
        if (picture->stage[i] != stage || picture->precision[i] != points[i].precision) return INFINITY;
        if (picture->state[i] !=
            (isfinite(points[i].loss) ? TAU_EXPLORE_POINT_DONE : TAU_EXPLORE_POINT_NOT_FINITE))
            return INFINITY;
        if (memcmp(&picture->loss[i], &points[i].loss, sizeof(double)) == 0 &&
            memcmp(&picture->loss_se[i], &points[i].loss_se, sizeof(double)) == 0 &&
            memcmp(&picture->accuracy[i], &points[i].accuracy, sizeof(double)) == 0)
            continue;
        const double difference = fabs(picture->loss[i] - points[i].loss) / (1 + fabs(points[i].loss));
        if (!(difference <= worst)) worst = isnan(difference) ? INFINITY : difference;
    }
    return worst;
}

#endif
