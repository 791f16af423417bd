/** A built-in model with random directions and samples, and a plan of it on an emulated GPU. */
#ifndef BACKEND_CUDA_FIXTURE_H
#define BACKEND_CUDA_FIXTURE_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "backend_cuda/backend_cuda.h"
#include "backend_cuda/evaluate.h"
#include "core/memory.h"
#include "core/rng.h"
#include "emulation.h"
#include "model/model.h"

typedef struct fixture {
    tau_model *model;
    tau_samples *samples;
    float *directions[2];        /* [P] */
    float *buffer_directions[2]; /* [Q] */
    tau_plan *plan;
} fixture;

static inline void succeed(tau_status status) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s", tau_error_last()->what, tau_error_last()->why);
}

static inline void plane(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = 1;
    c[1] = alpha;
    c[2] = beta;
}

static inline float *random_like(const float *values, size_t count, uint64_t stream) {
    float *out;
    succeed(TAU_ALLOC(out, count));
    for (size_t i = 0; i < count; i++)
        out[i] = values[i] * (float)tau_rng_normal((tau_rng_key){2, stream}, i);
    return out;
}

static inline void fixture_create_model(fixture *f, const char *name, size_t count) {
    *f = (fixture){0};
    emulation_reset();
    succeed(tau_model_builtin(&f->model, name, 1));
    const tau_graph *graph = f->model->graph;
    const size_t outputs = tau_shape_size(&graph->values[graph->output].shape);
    succeed(tau_samples_create(&f->samples, count, &graph->values[graph->input].shape, (int)outputs, 0));
    const size_t size = tau_shape_size(&f->samples->input_shape);
    for (size_t i = 0; i < count * size; i++)
        f->samples->inputs[i] = (float)tau_rng_normal((tau_rng_key){1, 2}, i);
    for (size_t i = 0; i < count; i++)
        f->samples->classes[i] = (int32_t)tau_rng_below((tau_rng_key){1, 3}, i, outputs);
    for (uint64_t k = 0; k < 2; k++) {
        f->directions[k] = random_like(f->model->theta, graph->theta_size, k);
        f->buffer_directions[k] = random_like(f->model->buffers, graph->buffer_size, 2 + k);
    }
}

static inline tau_plan_request fixture_request(const fixture *f, tau_precision precision) {
    return (tau_plan_request){.graph = f->model->graph,
                              .samples = f->samples,
                              .loss = TAU_LOSS_CROSS_ENTROPY,
                              .precision = precision};
}

static inline void fixture_set_basis(fixture *f, bool move_buffers) {
    const tau_basis basis = {3,
                             {f->model->theta, f->directions[0], f->directions[1]},
                             {f->model->buffers, f->buffer_directions[0], f->buffer_directions[1]},
                             move_buffers,
                             plane};
    succeed(tau_cuda_plan_set_basis(f->plan, &basis));
}

static inline void fixture_create(fixture *f, const char *name, size_t count, tau_precision precision) {
    fixture_create_model(f, name, count);
    const tau_plan_request request = fixture_request(f, precision);
    succeed(tau_cuda_plan_create(&f->plan, &request));
    fixture_set_basis(f, false);
}

/* Nothing of the plan may be left on the device or page-locked. */
static inline void fixture_clear(fixture *f) {
    tau_cuda_plan_destroy(f->plan);
    cr_assert_eq(emulation_allocations(), 0);
    cr_assert_eq(emulation_handles(), 0);
    for (int k = 0; k < 2; k++) {
        tau_mem_free(f->directions[k]);
        tau_mem_free(f->buffer_directions[k]);
    }
    tau_samples_destroy(f->samples);
    tau_model_destroy(f->model);
}

enum { FIXTURE_COLUMNS = 7, FIXTURE_ROWS = 3, FIXTURE_POINTS = FIXTURE_COLUMNS * FIXTURE_ROWS };

static inline tau_tile fixture_tile(void) {
    static const double alpha[FIXTURE_COLUMNS] = {-1, -0.5, -0.25, 0, 0.125, 0.5, 1},
                        beta[FIXTURE_ROWS] = {-0.5, 0, 0.75};
    return (tau_tile){alpha, FIXTURE_COLUMNS, beta, FIXTURE_ROWS};
}

static inline void fixture_run(fixture *f, tau_point out[FIXTURE_POINTS]) {
    const tau_tile tile = fixture_tile();
    memset(out, 0, FIXTURE_POINTS * sizeof *out);
    succeed(tau_cuda_evaluate_tile(f->plan, &tile, out, NULL, NULL));
}

/* A number that is not a number has many spellings: one of them is as good as another. */
static inline bool same_bits(double a, double b) {
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static inline void assert_same_points(const tau_point *actual, const tau_point *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        cr_assert(same_bits(actual[i].loss, expected[i].loss), "loss[%zu] is %.17g, not %.17g", i,
                  actual[i].loss, expected[i].loss);
        cr_assert(same_bits(actual[i].loss_se, expected[i].loss_se), "standard error[%zu]", i);
        cr_assert(same_bits(actual[i].accuracy, expected[i].accuracy), "accuracy[%zu]", i);
        cr_assert_eq(actual[i].precision, expected[i].precision, "precision[%zu]", i);
    }
}

/* The next layouts take at most that many networks and samples at once. */
static inline void fixture_limit(fixture *f, int points, int samples) {
    f->plan->main.points_limit = points;
    f->plan->main.samples_limit = samples;
    f->plan->main.laid_out = false;
}

#endif
