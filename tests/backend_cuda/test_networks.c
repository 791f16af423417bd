/* Whole networks against the reference, in every mode: the loss is as right as the mode promises. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "backend_ref/backend_ref.h"
#include "fixture.h"

typedef struct comparison {
    char model[32];
    size_t samples;
    tau_precision precision;
    double tolerance; /* of the loss: design, precision modes */
} comparison;

ParameterizedTestParameters(networks, losses_are_as_right_as_the_mode_says) {
    static comparison list[] = {
        {"mlp:784-64-10:relu", 20, TAU_PRECISION_EXACT, 1e-6},
        {"mlp:784-64-10:relu", 20, TAU_PRECISION_FINE, 1e-4},
        {"mlp:784-64-10:relu", 20, TAU_PRECISION_FAST, 1e-3},
        {"lenet5", 9, TAU_PRECISION_EXACT, 1e-6},
        {"lenet5", 9, TAU_PRECISION_FINE, 1e-4},
        {"lenet5", 9, TAU_PRECISION_FAST, 1e-3},
        {"mnist-cnn", 3, TAU_PRECISION_EXACT, 1e-6},
        {"mnist-cnn", 3, TAU_PRECISION_FINE, 1e-4},
        {"mnist-cnn", 3, TAU_PRECISION_FAST, 1e-3},
        {"resnet20", 2, TAU_PRECISION_EXACT, 1e-6},
        {"resnet20", 2, TAU_PRECISION_FINE, 1e-4},
        {"resnet20", 2, TAU_PRECISION_FAST, 1e-3},
    };
    return cr_make_param_array(comparison, list, sizeof list / sizeof *list);
}

/* Interpolated statistics, where there are any: variances that would be negative are clamped. */
static void run_on(const fixture *f, const char *backend, const comparison *c, tau_point out[4]) {
    const double alpha[] = {0, 0.25}, beta[] = {0, -0.125};
    const tau_tile tile = {alpha, 2, beta, 2};
    const tau_basis basis = {3,
                             {f->model->theta, f->directions[0], f->directions[1]},
                             {f->model->buffers, f->buffer_directions[0], f->buffer_directions[1]},
                             true,
                             plane};
    const tau_precision precision = strcmp(backend, "ref") == 0 ? TAU_PRECISION_EXACT : c->precision;
    const tau_evaluator_options options = {
        .backend = backend, .precision = precision, .loss = TAU_LOSS_CROSS_ENTROPY};
    tau_pool *pool;
    tau_evaluator *evaluator;
    succeed(tau_pool_create(&pool, 2));
    succeed(tau_evaluator_create(&evaluator, f->model->graph, f->samples, &options, pool));
    succeed(tau_evaluator_set_basis(evaluator, &basis));
    succeed(tau_evaluator_tile(evaluator, &tile, out, NULL, NULL));
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
}

ParameterizedTest(const comparison *c, networks, losses_are_as_right_as_the_mode_says) {
    fixture f;
    tau_point expected[4], actual[4];
    tau_backend_register(tau_backend_ref_get());
    tau_backend_register(tau_backend_cuda_get());
    fixture_create_model(&f, c->model, c->samples);
    run_on(&f, "ref", c, expected);
    run_on(&f, "cuda", c, actual);
    for (int i = 0; i < 4; i++) {
        cr_assert(isfinite(expected[i].loss));
        const double error = fabs(actual[i].loss - expected[i].loss) / (1 + fabs(expected[i].loss));
        cr_assert_leq(error, c->tolerance, "%s in %s at point %d: %.9g, not %.9g (%.1e)", c->model,
                      tau_precision_name(c->precision), i, actual[i].loss, expected[i].loss, error);
        cr_assert_eq(actual[i].precision, c->precision);
    }
    fixture_clear(&f);
}

Test(networks, an_evaluator_keeps_the_identity_of_its_device) {
    fixture f;
    tau_evaluator *evaluator;
    const tau_evaluator_options options = {
        .backend = "cuda", .precision = TAU_PRECISION_EXACT, .loss = TAU_LOSS_CROSS_ENTROPY};
    tau_pool *pool;
    fixture_create_model(&f, "mlp:5-4:relu", 3);
    tau_backend_register(tau_backend_cuda_get());
    succeed(tau_pool_create(&pool, 1));
    succeed(tau_evaluator_create(&evaluator, f.model->graph, f.samples, &options, pool));
    emulation_set_capability(8, 6);
    succeed(tau_backend_cuda_get()->available());
    cr_assert_str_eq(tau_backend_cuda_get()->instruction_set(), "sm_86");
    cr_assert_str_eq(tau_evaluator_get_identity(evaluator).instruction_set, "sm_90");
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
    fixture_clear(&f);
}
