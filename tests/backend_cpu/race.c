/* A tile, states, a capture and a gradient on four threads, for the thread sanitizer; checks that the losses
 * agree. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend_cpu/backend_cpu.h"
#include "core/memory.h"
#include "core/rng.h"
#include "model/model.h"

enum { SAMPLES = 150, GRID = 3, POINTS = GRID * GRID };

static void check(tau_status status) {
    if (status == TAU_STATUS_OK) return;
    fprintf(stderr, "%s: %s\n", tau_error_last()->what, tau_error_last()->why);
    exit(1);
}

static void line(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = 1 + alpha * beta;
    c[1] = alpha;
}

static tau_samples *make_samples(const tau_graph *graph) {
    const size_t outputs = tau_shape_size(&graph->values[graph->output].shape);
    tau_samples *samples;
    check(tau_samples_create(&samples, SAMPLES, &graph->values[graph->input].shape, (int)outputs, 0));
    const size_t size = tau_shape_size(&samples->input_shape);
    for (size_t i = 0; i < SAMPLES * size; i++)
        samples->inputs[i] = (float)tau_rng_normal((tau_rng_key){1, 2}, i);
    for (size_t i = 0; i < SAMPLES; i++)
        samples->classes[i] = (int32_t)tau_rng_below((tau_rng_key){1, 3}, i, outputs);
    return samples;
}

static void run(const tau_model *model, const tau_samples *samples, tau_pool *pool) {
    tau_evaluator *evaluator;
    const tau_evaluator_options options = {
        .backend = "cpu", .precision = TAU_PRECISION_FINE, .loss = TAU_LOSS_CROSS_ENTROPY, .confusion = true};
    check(tau_evaluator_create(&evaluator, model->graph, samples, &options, pool));
    const tau_basis basis = {2, {model->theta, model->theta}, {model->buffers}, false, line};
    const double axis[GRID] = {0, 0.25, 0.5};
    tau_point points[POINTS], state;
    const size_t counts = tau_confusion_size(tau_evaluator_get_classes(evaluator));
    uint64_t *confusion;
    check(TAU_ALLOC(confusion, POINTS * counts));
    check(tau_evaluator_set_basis(evaluator, &basis));
    check(tau_evaluator_tile(evaluator, &(tau_tile){axis, GRID, axis, GRID}, points, confusion, NULL));
    const float *theta = model->theta, *buffers = model->buffers;
    check(tau_evaluator_states(evaluator, 1, &theta, &buffers, &state, confusion, NULL));
    tau_mem_free(confusion);
    uint32_t indices[SAMPLES];
    for (uint32_t i = 0; i < SAMPLES; i++) indices[i] = i;
    float *gradient, *running;
    check(TAU_ALLOC(gradient, model->graph->theta_size));
    check(TAU_ALLOC(running, model->graph->buffer_size));
    for (size_t i = 0; i < model->graph->buffer_size; i++) running[i] = buffers[i];
    const tau_batch batch = {indices, SAMPLES, false, 1, 1};
    tau_batch_result result;
    check(tau_evaluator_gradient(evaluator, theta, running, &batch, gradient, &result));
    if (fabs(points[0].loss - state.loss) > 1e-5 || fabs(result.loss - state.loss) > 1e-5) {
        fprintf(stderr, "losses differ: %g %g %g\n", points[0].loss, state.loss, result.loss);
        exit(1);
    }
    tau_mem_free(gradient);
    tau_mem_free(running);
    tau_evaluator_destroy(evaluator);
}

int main(void) {
    static const char *const names[] = {"lenet5", "mlp:784-48-10:relu", "mlp:5-8-3:tanh"};
    tau_backend_register(tau_backend_cpu_get());
    tau_pool *pool;
    check(tau_pool_create(&pool, 4));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        tau_model *model;
        check(tau_model_builtin(&model, names[i], 1));
        tau_samples *samples = make_samples(model->graph);
        run(model, samples, pool);
        tau_samples_destroy(samples);
        tau_model_destroy(model);
    }
    tau_pool_destroy(pool);
    return 0;
}
