/* Precisions, cancelling, and points that overflow. */
#include <math.h>
#include <string.h>

#include "backend_cpu/fixture.h"

Test(test_modes, fast_is_refused_with_a_remedy) {
    fixture f;
    fixture_create(&f, "mlp:4-9-3:tanh", 10);
    tau_pool *pool;
    succeed(tau_pool_create(&pool, 1));
    tau_evaluator *evaluator;
    const tau_evaluator_options options = {
        .backend = "cpu", .precision = TAU_PRECISION_FAST, .loss = TAU_LOSS_CROSS_ENTROPY};
    cr_expect_eq(tau_evaluator_create(&evaluator, f.model->graph, f.samples, &options, pool),
                 TAU_STATUS_UNSUPPORTED);
    cr_expect(strstr(tau_error_last()->fix, "exact"));
    tau_pool_destroy(pool);
    fixture_clear(&f);
}

/* At 1e30 times the weights the outputs overflow; next to it, at the centre, nothing does. */
Test(test_modes, what_overflows_in_fine_is_computed_in_exact) {
    fixture f;
    fixture_create(&f, "mlp:100-70-10:relu", 50);
    tau_pool *pool;
    succeed(tau_pool_create(&pool, 2));
    tau_evaluator *evaluator = fixture_evaluator(&f, TAU_PRECISION_FINE, pool);
    const tau_basis basis = fixture_basis(&f);
    succeed(tau_evaluator_set_basis(evaluator, &basis));
    const double alpha[] = {0, 1e30}, beta[] = {0};
    tau_point points[2];
    succeed(tau_evaluator_tile(evaluator, &(tau_tile){alpha, 2, beta, 1}, points, NULL, NULL));
    cr_expect(isfinite(points[0].loss));
    cr_expect_eq(points[0].precision, TAU_PRECISION_FINE);
    cr_expect(!isfinite(points[1].loss));
    cr_expect_eq(points[1].precision, TAU_PRECISION_EXACT);
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
    fixture_clear(&f);
}

Test(test_modes, a_request_to_stop_is_heard) {
    fixture f;
    fixture_create(&f, "lenet5", 20);
    tau_pool *pool;
    succeed(tau_pool_create(&pool, 2));
    tau_evaluator *evaluator = fixture_evaluator(&f, TAU_PRECISION_FINE, pool);
    tau_cancel cancel = {0};
    tau_cancel_request(&cancel, 1);
    const float *theta = f.model->theta, *buffers = f.model->buffers;
    tau_point point;
    cr_expect_eq(tau_evaluator_states(evaluator, 1, &theta, &buffers, &point, NULL, &cancel),
                 TAU_STATUS_CANCELLED);
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
    fixture_clear(&f);
}
