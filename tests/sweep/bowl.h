/** A linear network with squared error: its loss is a quadratic bowl in closed form. */
#ifndef TAU_TESTS_SWEEP_BOWL_H
#define TAU_TESTS_SWEEP_BOWL_H

#include <criterion/criterion.h>

#include "backend_ref/backend_ref.h"
#include "core/memory.h"
#include "data/samples.h"
#include "model/model.h"
#include "slice/slice.h"

/* y = w·x + b with w = 2, b = 1 at the minimum; samples at x = -1, 0, 1, 2 with the given offset of y. */
enum { BOWL_SAMPLES = 4 };
static const double bowl_x[BOWL_SAMPLES] = {-1, 0, 1, 2};

typedef struct bowl {
    tau_pool *pool;
    tau_model *model;
    tau_samples *samples;
    tau_evaluator *evaluator;
} bowl;

static inline double bowl_target(int sample, double noise) {
    return 2 * bowl_x[sample] + 1 + (sample % 2 ? noise : -noise);
}

static inline double bowl_loss(double w, double b, double noise) {
    double sum = 0;
    for (int i = 0; i < BOWL_SAMPLES; i++) {
        double error = w * bowl_x[i] + b - bowl_target(i, noise);
        sum += error * error;
    }
    return sum / BOWL_SAMPLES;
}

static inline bowl bowl_create(double noise, int threads) {
    bowl out;
    const tau_shape shape = {1, {1}};
    cr_assert_eq(tau_pool_create(&out.pool, threads), TAU_STATUS_OK);
    cr_assert_eq(tau_model_builtin(&out.model, "mlp:1-1", 0), TAU_STATUS_OK);
    cr_assert_eq(out.model->graph->theta_size, 2);
    out.model->theta[0] = 2, out.model->theta[1] = 1;
    cr_assert_eq(tau_samples_create(&out.samples, BOWL_SAMPLES, &shape, 0, 1), TAU_STATUS_OK);
    for (int i = 0; i < BOWL_SAMPLES; i++) {
        out.samples->inputs[i] = (float)bowl_x[i];
        out.samples->values[i] = (float)bowl_target(i, noise);
    }
    tau_backend_register(tau_backend_ref_get());
    const tau_evaluator_options options = {.backend = "ref", .loss = TAU_LOSS_MSE};
    cr_assert_eq(tau_evaluator_create(&out.evaluator, out.model->graph, out.samples, &options, out.pool),
                 TAU_STATUS_OK, "%s", tau_error_last()->what);
    return out;
}

static inline void bowl_destroy(bowl *b) {
    tau_evaluator_destroy(b->evaluator);
    tau_samples_destroy(b->samples);
    tau_model_destroy(b->model);
    tau_pool_destroy(b->pool);
}

/* The plane of w and b: alpha moves w, beta moves b. */
static inline tau_slice *bowl_plane(const bowl *b) {
    static const float delta[2] = {1, 0}, eta[2] = {0, 1};
    tau_slice *slice;
    cr_assert_eq(tau_slice_create_plane(&slice, b->model->graph,
                                        (tau_state_view){b->model->theta, b->model->buffers}, delta, eta),
                 TAU_STATUS_OK);
    return slice;
}

#endif
