/** A built-in model with random directions and samples. */
#ifndef BACKEND_CPU_FIXTURE_H
#define BACKEND_CPU_FIXTURE_H

#include <criterion/criterion.h>

#include "backend_cpu/backend_cpu.h"
#include "core/memory.h"
#include "core/rng.h"
#include "model/model.h"

typedef struct fixture {
    tau_model *model;
    tau_samples *samples;
    float *directions[2];
} fixture;

static inline void succeed(tau_status status) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s", tau_error_last()->what, tau_error_last()->why);
}

static inline void plane(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = 1;
    c[1] = alpha;
    c[2] = beta;
}

static inline void fixture_create(fixture *f, const char *name, size_t count) {
    *f = (fixture){0};
    tau_backend_register(tau_backend_cpu_get());
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
        succeed(TAU_ALLOC(f->directions[k], graph->theta_size));
        for (size_t i = 0; i < graph->theta_size; i++)
            f->directions[k][i] = f->model->theta[i] * (float)tau_rng_normal((tau_rng_key){2, k}, i);
    }
}

static inline void fixture_clear(fixture *f) {
    tau_mem_free(f->directions[0]);
    tau_mem_free(f->directions[1]);
    tau_samples_destroy(f->samples);
    tau_model_destroy(f->model);
}

static inline tau_basis fixture_basis(const fixture *f) {
    return (tau_basis){
        3, {f->model->theta, f->directions[0], f->directions[1]}, {f->model->buffers}, false, plane};
}

static inline tau_evaluator *fixture_evaluator(const fixture *f, tau_precision precision, tau_pool *pool) {
    tau_evaluator *evaluator;
    const tau_evaluator_options options = {
        .backend = "cpu", .precision = precision, .loss = TAU_LOSS_CROSS_ENTROPY};
    succeed(tau_evaluator_create(&evaluator, f->model->graph, f->samples, &options, pool));
    return evaluator;
}

#endif
