/* Manners of the reference backend: bits, cancelling, what it refuses. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/dropout.h"
#include "parity/backends.h"
#include "parity/networks.h"

static void succeed(tau_status status) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s", tau_error_last()->what, tau_error_last()->why);
}

static int network_named(const char *name) {
    for (int i = 0; i < parity_network_count(); i++) {
        parity_network network;
        succeed(parity_network_create(&network, i));
        bool found = strcmp(network.name, name) == 0;
        parity_network_clear(&network);
        if (found) return i;
    }
    cr_assert_fail("no network \"%s\"", name);
    return -1;
}

/* A network with an evaluator on `threads` threads. */
typedef struct fixture {
    parity_network network;
    tau_pool *pool;
    tau_evaluator *evaluator;
} fixture;

static fixture set_up(const char *name, int threads) {
    fixture f = {0};
    parity_backends_register();
    succeed(parity_network_create(&f.network, network_named(name)));
    succeed(tau_pool_create(&f.pool, threads));
    const tau_evaluator_options options = {
        .backend = "ref", .precision = TAU_PRECISION_EXACT, .loss = f.network.loss};
    succeed(tau_evaluator_create(&f.evaluator, f.network.graph, f.network.samples, &options, f.pool));
    return f;
}

static void tear_down(fixture *f) {
    tau_evaluator_destroy(f->evaluator);
    tau_pool_destroy(f->pool);
    parity_network_clear(&f->network);
}

static void plane(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = 1, c[1] = alpha, c[2] = beta;
}

static void set_plane(const fixture *f) {
    tau_basis basis = {.count = PARITY_BASIS, .move_buffers = true, .coefficients = plane};
    for (int k = 0; k < PARITY_BASIS; k++) {
        basis.theta[k] = f->network.theta[k];
        basis.buffers[k] = f->network.buffers[k];
    }
    succeed(tau_evaluator_set_basis(f->evaluator, &basis));
}

Test(reference, points_have_the_same_bits_for_any_threads_and_tile) {
    const double alpha[] = {-0.3, 0, 0.7}, beta[] = {0.1, 0.2};
    tau_point whole[6], single;
    fixture one = set_up("lenet5", 1), three = set_up("lenet5", 3);
    set_plane(&one), set_plane(&three);
    succeed(tau_evaluator_tile(one.evaluator, &(tau_tile){alpha, 3, beta, 2}, whole, NULL, NULL));
    for (int i = 0; i < 6; i++) {
        const tau_tile tile = {&alpha[i % 3], 1, &beta[i / 3], 1};
        succeed(tau_evaluator_tile(three.evaluator, &tile, &single, NULL, NULL));
        cr_assert_eq(single.loss, whole[i].loss);
        cr_assert_eq(single.loss_se, whole[i].loss_se);
        cr_assert_eq(single.accuracy, whole[i].accuracy);
        cr_assert_eq(single.precision, TAU_PRECISION_EXACT);
    }
    tear_down(&one), tear_down(&three);
}

static float *gradient_on(int threads, size_t *size) {
    fixture f = set_up("residual_block", threads);
    const uint32_t indices[] = {4, 2, 0, 1, 3, 2, 2, 4, 0, 1};
    const tau_batch batch = {indices, 10, true, 1, 2};
    tau_batch_result result;
    *size = f.network.graph->theta_size * sizeof(float);
    float *gradient = malloc(*size);
    succeed(tau_evaluator_gradient(f.evaluator, f.network.theta[0], f.network.buffers[0], &batch, gradient,
                                   &result));
    tear_down(&f);
    return gradient;
}

Test(reference, gradients_have_the_same_bits_for_any_threads) {
    size_t size;
    float *one = gradient_on(1, &size), *three = gradient_on(3, &size);
    cr_assert_arr_eq(one, three, size);
    free(one), free(three);
}

Test(reference, loss_of_a_gradient_is_that_of_the_state) {
    fixture f = set_up("residual_block", 2);
    const parity_network *n = &f.network;
    const uint32_t indices[] = {0, 1, 2, 3, 4};
    const tau_batch batch = {indices, 5, false, 0, 0};
    const float *theta[] = {n->theta[0]}, *buffers[] = {n->buffers[0]};
    float *gradient = calloc(n->graph->theta_size, sizeof(float));
    float *kept = malloc(n->graph->buffer_size * sizeof(float));
    tau_batch_result result;
    tau_point point;
    memcpy(kept, n->buffers[0], n->graph->buffer_size * sizeof(float));
    succeed(tau_evaluator_gradient(f.evaluator, n->theta[0], n->buffers[0], &batch, gradient, &result));
    succeed(tau_evaluator_states(f.evaluator, 1, theta, buffers, &point, NULL, NULL));
    cr_assert_eq(result.loss, point.loss);
    cr_assert_arr_eq(kept, n->buffers[0], n->graph->buffer_size * sizeof(float), "statistics are frozen");
    free(gradient), free(kept);
    tear_down(&f);
}

Test(reference, stops_on_request) {
    fixture f = set_up("mlp_log_softmax", 2);
    const parity_network *n = &f.network;
    const float *theta[] = {n->theta[0]}, *buffers[] = {n->buffers[0]};
    tau_cancel cancel = {0};
    tau_point point;
    tau_cancel_request(&cancel, 1);
    cr_assert_eq(tau_evaluator_states(f.evaluator, 1, theta, buffers, &point, NULL, &cancel),
                 TAU_STATUS_CANCELLED);
    succeed(tau_evaluator_states(f.evaluator, 1, theta, buffers, &point, NULL, NULL));
    tear_down(&f);
}

Test(reference, refuses_a_precision_it_does_not_have) {
    fixture f = set_up("mlp_log_softmax", 1);
    const tau_evaluator_options options = {
        .backend = "ref", .precision = TAU_PRECISION_FAST, .loss = f.network.loss};
    tau_evaluator *evaluator;
    cr_assert_eq(tau_evaluator_create(&evaluator, f.network.graph, f.network.samples, &options, f.pool),
                 TAU_STATUS_UNSUPPORTED);
    cr_assert_null(evaluator);
    tear_down(&f);
}

Test(reference, negative_padding_is_refused_before_any_backend) {
    const parity_case entry = {"crop", TAU_OP_PAD, .input = {1, {7}}, .attributes.pads = {-1, 0}};
    tau_graph *graph;
    cr_assert_eq(parity_case_build(&graph, &entry, false), TAU_STATUS_UNSUPPORTED);
    cr_assert_null(graph);
}

Test(reference, captures_every_activation_and_the_input) {
    fixture f = set_up("mlp_log_softmax", 2);
    const parity_network *n = &f.network;
    float input[5 * 9], hidden[5 * 33];
    int relu = n->graph->nodes[tau_graph_find_node(n->graph, "relu1")].output;
    succeed(tau_evaluator_capture(f.evaluator, n->theta[0], n->buffers[0], n->graph->input, input, NULL));
    cr_assert_arr_eq(input, n->samples->inputs, sizeof input);
    succeed(tau_evaluator_capture(f.evaluator, n->theta[0], n->buffers[0], relu, hidden, NULL));
    int positive = 0;
    for (int i = 0; i < 5 * 33; i++) {
        cr_assert_geq(hidden[i], 0);
        positive += hidden[i] > 0;
    }
    cr_assert(positive > 20 && positive < 5 * 33 - 20);
    tear_down(&f);
}
