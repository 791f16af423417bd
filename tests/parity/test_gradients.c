/* The reference's gradients against central differences of its own losses, on every network of the table. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parity/backends.h"
#include "parity/networks.h"

enum { CHECKED_MOST = 60, CHECKED_LARGE = 8, BATCH_MOST = 4 };

/* Losses are double: a step of 2^-22 leaves h^2 ~ 1e-13 and rounding ~ 1e-8 of the loss, and meets few of the
 * kinks of a large network. */
static const float step = 0x1p-22f;

typedef struct probe {
    parity_network network;
    tau_pool *pool;
    tau_evaluator *evaluator;
    float *buffers, *gradient; /* [Q], [P] */
    bool training;
} probe;

static void succeed(tau_status status, const char *label) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s: %s", label, tau_error_last()->what, tau_error_last()->why);
}

static void set_up(probe *p, int index) {
    *p = (probe){0};
    parity_backends_register();
    succeed(parity_network_create(&p->network, index), "network");
    const parity_network *n = &p->network;
    succeed(tau_pool_create(&p->pool, 2), n->name);
    const tau_evaluator_options options = {
        .backend = "ref", .precision = TAU_PRECISION_EXACT, .loss = n->loss};
    succeed(tau_evaluator_create(&p->evaluator, n->graph, n->samples, &options, p->pool), n->name);
    p->buffers = calloc(n->graph->buffer_size + 1, sizeof(float));
    p->gradient = calloc(n->graph->theta_size + 1, sizeof(float));
}

static void tear_down(probe *p) {
    free(p->buffers);
    free(p->gradient);
    tau_evaluator_destroy(p->evaluator);
    tau_pool_destroy(p->pool);
    parity_network_clear(&p->network);
}

static double loss_of(probe *p, float *gradient) {
    const uint32_t indices[BATCH_MOST] = {2, 0, 1, 3};
    const tau_batch batch = {indices, p->network.large ? 2 : BATCH_MOST, p->training, .seed = 5, .step = 9};
    memcpy(p->buffers, p->network.buffers[0], p->network.graph->buffer_size * sizeof(float));
    tau_batch_result result;
    succeed(tau_evaluator_gradient(p->evaluator, p->network.theta[0], p->buffers, &batch, gradient, &result),
            p->network.name);
    return result.loss;
}

/* (L(theta_i + h) - L(theta_i - h)) / 2h, with the steps that single precision really makes. */
static double difference(probe *p, size_t i, float *scratch) {
    float *theta = p->network.theta[0], kept = theta[i];
    float up = kept + step, down = kept - step;
    theta[i] = up;
    double above = loss_of(p, scratch);
    theta[i] = down;
    double below = loss_of(p, scratch);
    theta[i] = kept;
    return (above - below) / ((double)up - (double)down);
}

static double norm(const float *gradient, size_t size) {
    double max = 0;
    for (size_t i = 0; i < size; i++) max = fmax(max, fabs((double)gradient[i]));
    return max;
}

static void check(probe *p, bool training) {
    size_t size = p->network.graph->theta_size;
    size_t wanted = p->network.large ? CHECKED_LARGE : CHECKED_MOST;
    size_t checked = size < wanted ? size : wanted;
    float *scratch = calloc(size + 1, sizeof(float));
    p->training = training;
    (void)loss_of(p, p->gradient);
    double allowed = 1e-6 * (norm(p->gradient, size) + 1e-3);
    for (size_t k = 0; k < checked; k++) {
        size_t i = k * size / checked;
        double expected = difference(p, i, scratch);
        cr_assert_leq(fabs(p->gradient[i] - expected), allowed, "%s%s: gradient[%zu] is %.9g, not %.9g (%g)",
                      p->network.name, training ? ", training" : "", i, p->gradient[i], expected, allowed);
    }
    free(scratch);
}

static void free_list(struct criterion_test_params *list) {
    cr_free(list->params);
}

ParameterizedTestParameters(gradients, agree_with_central_differences) {
    size_t count = (size_t)parity_network_count();
    int *list = cr_calloc(count, sizeof *list);
    for (size_t i = 0; i < count; i++) list[i] = (int)i;
    return cr_make_param_array(int, list, count, free_list);
}

ParameterizedTest(const int *index, gradients, agree_with_central_differences) {
    probe p;
    set_up(&p, *index);
    check(&p, false);
    check(&p, true);
    tear_down(&p);
}
