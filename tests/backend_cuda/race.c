/* The kernels under the thread sanitizer, which finds barriers that are missing: every network of the parity
 * table in every mode, forward and backward, with threads in shuffled order. A plain program: the sanitizer
 * does not see into Criterion's processes. Values are the parity table's business. */
#include <stdio.h>
#include <stdlib.h>

#include "backend/loss.h"
#include "backend_cuda/backend_cuda.h"
#include "core/memory.h"
#include "emulation.h"
#include "parity/networks.h"

enum { SAMPLES = 8 };

static void expect(tau_status status, const char *name) {
    if (status == TAU_STATUS_OK) return;
    fprintf(stderr, "%s: %s: %s\n", name, tau_error_last()->what, tau_error_last()->why);
    exit(1);
}

static void plane(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = 1;
    c[1] = alpha;
    c[2] = beta;
}

static void run_tile(tau_evaluator *evaluator, const parity_network *network) {
    tau_basis basis = {.count = PARITY_BASIS, .coefficients = plane};
    for (int k = 0; k < PARITY_BASIS; k++) {
        basis.theta[k] = network->theta[k];
        basis.buffers[k] = network->buffers[k];
    }
    const tau_tile tile = {(const double[]){0, 0.25}, network->large ? 1 : 2, (const double[]){-0.5}, 1};
    tau_point points[2];
    const size_t classes = tau_evaluator_get_classes(evaluator);
    uint64_t *confusion = NULL;
    if (classes > 1) expect(TAU_ALLOC(confusion, 2 * tau_confusion_size(classes)), network->name);
    expect(tau_evaluator_set_basis(evaluator, &basis), network->name);
    expect(tau_evaluator_tile(evaluator, &tile, points, confusion, NULL), network->name);
    tau_mem_free(confusion);
}

static void run_gradient(tau_evaluator *evaluator, const parity_network *network) {
    const tau_batch batch = {(const uint32_t[]){0, 1, 2}, 3, .training = true};
    tau_batch_result result;
    float *gradient;
    expect(TAU_ALLOC(gradient, network->graph->theta_size), network->name);
    expect(
        tau_evaluator_gradient(evaluator, network->theta[0], network->buffers[0], &batch, gradient, &result),
        network->name);
    tau_mem_free(gradient);
}

static void run(const parity_network *network, tau_precision precision, tau_pool *pool) {
    const size_t outputs = tau_shape_size(&network->graph->values[network->graph->output].shape);
    const tau_evaluator_options options = {.backend = "cuda",
                                           .precision = precision,
                                           .loss = network->loss,
                                           .confusion = tau_loss_class_count(network->loss, outputs) > 1};
    tau_evaluator *evaluator;
    expect(tau_evaluator_create(&evaluator, network->graph, network->samples, &options, pool), network->name);
    run_tile(evaluator, network);
    if (precision == TAU_PRECISION_EXACT && !network->large && network->samples->count >= 3)
        run_gradient(evaluator, network);
    tau_evaluator_destroy(evaluator);
}

/* Large networks in the fast mode alone: their fused kernels are what smaller ones do not reach. */
int main(void) {
    tau_pool *pool;
    tau_backend_register(&tau_backend_cuda);
    expect(tau_pool_create(&pool, 1), "pool");
    if (!emulation_set_schedule("shuffled:1")) return 1;
    int count = 0;
    for (int i = 0; i < parity_network_count(); i++) {
        parity_network network;
        expect(parity_network_create(&network, i), "network");
        if (network.large && network.samples->count > SAMPLES) network.samples->count = SAMPLES;
        for (tau_precision p = TAU_PRECISION_EXACT; p <= TAU_PRECISION_FAST; p++)
            if (!network.large || p == TAU_PRECISION_FAST) run(&network, p, pool);
        parity_network_clear(&network);
        count++;
    }
    tau_pool_destroy(pool);
    printf("%d networks\n", count);
    return 0;
}
