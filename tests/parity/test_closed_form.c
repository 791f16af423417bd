/* Landscapes with a formula, for every backend of the build: no two backends can share a bug here. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/model.h"
#include "parity/backends.h"
#include "parity/networks.h"

enum { GRID = 5 };

static void succeed(tau_status status) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s", tau_error_last()->what, tau_error_last()->why);
}

static void plane(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = 1, c[1] = alpha, c[2] = beta;
}

static void radial(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = alpha * (1 + beta);
}

typedef double (*formula)(double alpha, double beta);

typedef struct landscape {
    const tau_graph *graph;
    const tau_samples *samples;
    tau_loss loss;
    tau_basis basis;
    formula expected;
} landscape;

static double axis(int i) {
    return -1.0 + 0.5 * i;
}

static void assert_points(const landscape *l, const char *backend, double tolerance,
                          const tau_point *points) {
    for (int row = 0; row < GRID; row++)
        for (int column = 0; column < GRID; column++) {
            double expected = l->expected(axis(column), axis(row)), actual = points[row * GRID + column].loss;
            cr_assert_leq(fabs(actual - expected), tolerance * (1 + expected),
                          "%s at (%g, %g): %.15g, not %.15g", backend, axis(column), axis(row), actual,
                          expected);
        }
}

static void check_on(const landscape *l, const parity_subject *subject, tau_pool *pool) {
    const tau_evaluator_options options = {
        .backend = subject->backend, .precision = subject->precision, .loss = l->loss};
    double along[GRID];
    for (int i = 0; i < GRID; i++) along[i] = axis(i);
    const tau_tile tile = {along, GRID, along, GRID};
    tau_evaluator *evaluator;
    tau_point points[GRID * GRID];
    succeed(tau_evaluator_create(&evaluator, l->graph, l->samples, &options, pool));
    succeed(tau_evaluator_set_basis(evaluator, &l->basis));
    succeed(tau_evaluator_tile(evaluator, &tile, points, NULL, NULL));
    assert_points(l, subject->backend, subject->loss, points);
    tau_evaluator_destroy(evaluator);
}

static void check(const landscape *l) {
    tau_pool *pool;
    parity_subject subject;
    parity_backends_register();
    succeed(tau_pool_create(&pool, 2));
    check_on(l, &(parity_subject){"ref", TAU_PRECISION_EXACT, 1e-13, true}, pool);
    for (int i = 0; parity_subject_get(&subject, i); i++) check_on(l, &subject, pool);
    tau_pool_destroy(pool);
}

/* `depth` linear layers of width `width`, without bias. */
static tau_graph *linear_network(int depth, int64_t width) {
    tau_builder *builder;
    tau_graph *graph;
    const tau_shape input = {1, {width}}, weight = {2, {width, width}};
    const tau_attributes attributes = {.transposed = true};
    int inputs[2];
    succeed(tau_builder_create(&builder, "linear"));
    succeed(tau_builder_input(builder, &inputs[0], "x", &input));
    for (int i = 0; i < depth; i++) {
        char name[32];
        snprintf(name, sizeof name, "weight%d", i);
        succeed(tau_builder_parameter(builder, &inputs[1], name, TAU_ROLE_WEIGHT, &weight));
        snprintf(name, sizeof name, "layer%d", i);
        succeed(tau_builder_node(builder, &inputs[0], TAU_OP_LINEAR, name, inputs, 2, &attributes, NULL));
    }
    succeed(tau_builder_finish(builder, &graph, inputs[0]));
    tau_builder_destroy(builder);
    return graph;
}

/* With unit vectors as data, sample i sees column i of W, so the loss is the mean of (W - T)^2: here
 * W - T = 0.25 + 0.5·alpha·s - beta·t with every combination of the signs s, t = ±1 once. */
static double bowl(double alpha, double beta) {
    return 0.0625 + 0.25 * alpha * alpha + beta * beta;
}

Test(closed_form, linear_network_on_unit_vectors_is_a_quadratic_bowl) {
    tau_graph *graph = linear_network(1, 2);
    tau_samples *samples;
    succeed(tau_samples_create(&samples, 2, &(tau_shape){1, {2}}, 0, 2));
    memcpy(samples->inputs, (float[]){1, 0, 0, 1}, 4 * sizeof(float));
    memcpy(samples->values, (float[]){1, -1, 0.5f, 2}, 4 * sizeof(float)); /* target[sample][output] */
    const float theta[] = {1.25f, 0.75f, -0.75f, 2.25f};                   /* weight[output][input] */
    const float delta[] = {0.5f, 0.5f, -0.5f, -0.5f}, eta[] = {-1, 1, -1, 1};
    const landscape l = {
        graph,
        samples,
        TAU_LOSS_MSE,
        {.count = 3, .theta = {theta, delta, eta}, .buffers = {theta, theta, theta}, .coefficients = plane},
        bowl};
    check(&l);
    tau_samples_destroy(samples);
    tau_graph_destroy(graph);
}

/* y = (1 + alpha)·(0.5 + beta)·x on x = 2 with target 3. */
static double saddle(double alpha, double beta) {
    double error = (1 + alpha) * (0.5 + beta) * 2 - 3;
    return error * error;
}

Test(closed_form, two_weights_in_a_row_make_a_saddle) {
    tau_graph *graph = linear_network(2, 1);
    tau_samples *samples;
    succeed(tau_samples_create(&samples, 1, &(tau_shape){1, {1}}, 0, 1));
    samples->inputs[0] = 2, samples->values[0] = 3;
    const float theta[] = {1, 0.5f}, delta[] = {1, 0}, eta[] = {0, 1};
    const landscape l = {
        graph,
        samples,
        TAU_LOSS_MSE,
        {.count = 3, .theta = {theta, delta, eta}, .buffers = {theta, theta, theta}, .coefficients = plane},
        saddle};
    check(&l);
    tau_samples_destroy(samples);
    tau_graph_destroy(graph);
}

/* Only scores with no weights are compared: s = alpha·(1 + beta) is 0 on alpha = 0 and beta = -1. */
static void assert_ln_classes(const char *name, tau_loss loss, size_t count) {
    tau_model *model;
    tau_samples *samples;
    tau_pool *pool;
    parity_subject subject = {"ref", TAU_PRECISION_EXACT, 1e-13, true};
    succeed(tau_model_builtin(&model, name, 1));
    succeed(tau_pool_create(&pool, 2));
    succeed(tau_samples_create(&samples, count, &model->graph->values[model->graph->input].shape, 10, 0));
    for (size_t i = 0; i < count; i++) samples->classes[i] = (int32_t)(i % 10);
    const tau_basis basis = {
        .count = 1, .theta = {model->theta}, .buffers = {model->buffers}, .coefficients = radial};
    const double alpha[] = {0, 0.5}, beta = -1;
    const tau_tile tile = {alpha, 2, &beta, 1};
    for (int i = -1; i < 0 || parity_subject_get(&subject, i); i++) {
        const tau_evaluator_options options = {
            .backend = subject.backend, .precision = subject.precision, .loss = loss};
        tau_evaluator *evaluator;
        tau_point points[2];
        succeed(tau_evaluator_create(&evaluator, model->graph, samples, &options, pool));
        succeed(tau_evaluator_set_basis(evaluator, &basis));
        succeed(tau_evaluator_tile(evaluator, &tile, points, NULL, NULL));
        for (int p = 0; p < 2; p++) {
            cr_assert_float_eq(points[p].loss, log(10), i < 0 ? 1e-15 : 1e-6, "%s on %s: %.15g", name,
                               subject.backend, points[p].loss);
            cr_assert_float_eq(points[p].loss_se, 0, 1e-6);
            cr_assert_float_eq(points[p].accuracy, 0.1, 1e-12); /* of equal scores the first one counts */
        }
        tau_evaluator_destroy(evaluator);
    }
    tau_samples_destroy(samples);
    tau_pool_destroy(pool);
    tau_model_destroy(model);
}

Test(closed_form, network_without_weights_has_loss_ln_classes) {
    parity_backends_register();
    assert_ln_classes("mlp:784-64-10:relu", TAU_LOSS_CROSS_ENTROPY, 20);
    assert_ln_classes("lenet5", TAU_LOSS_CROSS_ENTROPY, 20);
    assert_ln_classes("mnist-cnn", TAU_LOSS_NLL, 10);
}
