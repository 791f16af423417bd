/* Gradients on the emulated GPU against the reference, over all networks of the parity table. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend_cuda/gradient.h"
#include "emulation.h"
#include "parity/backends.h"
#include "parity/networks.h"

typedef struct bench {
    parity_network network;
    tau_cuda_context context;
    tau_cuda_data data;
    tau_cuda_trainer *trainer;
} bench;

typedef struct outcome {
    float *gradient, *buffers; /* [P], [Q] */
    tau_batch_result result;
} outcome;

static void succeed(tau_status status, const char *label) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s: %s", label, tau_error_last()->what, tau_error_last()->why);
}

static void *on_device(const void *host, size_t bytes) {
    void *device = NULL;
    cr_assert_eq(cudaMalloc(&device, bytes), cudaSuccess);
    succeed(tau_cuda_upload(device, host, bytes), "upload");
    return device;
}

static void set_up(bench *b, int index) {
    *b = (bench){0};
    emulation_reset();
    succeed(parity_network_create(&b->network, index), "network");
    const parity_network *n = &b->network;
    const tau_samples *samples = n->samples;
    succeed(tau_cuda_context_open(&b->context, 0), n->name);
    b->data.count = samples->count;
    b->data.input_size = tau_shape_size(&samples->input_shape);
    b->data.output_size = tau_shape_size(&n->graph->values[n->graph->output].shape);
    b->data.inputs = on_device(samples->inputs, samples->count * b->data.input_size * sizeof(float));
    if (samples->classes)
        b->data.targets.classes = on_device(samples->classes, samples->count * sizeof(int32_t));
    else
        b->data.targets.values =
            on_device(samples->values, samples->count * samples->target_size * sizeof(float));
}

static void create_trainer(bench *b) {
    succeed(tau_cuda_trainer_create(&b->trainer, b->network.graph, &b->data, b->network.loss, &b->context),
            b->network.name);
}

static void tear_down(bench *b) {
    tau_cuda_trainer_destroy(b->trainer);
    cudaFree((void *)b->data.inputs);
    cudaFree((void *)b->data.targets.classes);
    cudaFree((void *)b->data.targets.values);
    cr_assert_eq(emulation_allocations(), 0, "%s: memory of the device is left", b->network.name);
    cr_assert_eq(emulation_handles(), 0, "%s: streams are left", b->network.name);
    parity_network_clear(&b->network);
}

static outcome outcome_create(const parity_network *n) {
    outcome o = {.gradient = calloc(n->graph->theta_size + 1, sizeof(float)),
                 .buffers = calloc(n->graph->buffer_size + 1, sizeof(float))};
    memcpy(o.buffers, n->buffers[0], n->graph->buffer_size * sizeof(float));
    return o;
}

static void outcome_free(outcome *o) {
    free(o->gradient);
    free(o->buffers);
}

/* Samples backwards, one of them twice. */
static size_t choose(const parity_network *n, uint32_t indices[8]) {
    const size_t most = n->large ? 2 : 7, count = n->samples->count < most ? n->samples->count : most;
    for (size_t i = 0; i < count; i++) indices[i] = (uint32_t)(n->samples->count - 1 - i);
    if (count > 2) indices[2] = indices[0];
    return count;
}

static tau_batch batch_of(const uint32_t *indices, size_t count, bool training) {
    return (tau_batch){indices, count, training, .seed = 11, .step = 3};
}

static outcome run(bench *b, const tau_batch *batch) {
    outcome o = outcome_create(&b->network);
    succeed(tau_cuda_trainer_run(b->trainer, b->network.theta[0], o.buffers, batch, o.gradient, &o.result),
            b->network.name);
    return o;
}

static outcome run_reference(const bench *b, const tau_batch *batch) {
    const parity_network *n = &b->network;
    const tau_evaluator_options options = {
        .backend = "ref", .precision = TAU_PRECISION_EXACT, .loss = n->loss};
    outcome o = outcome_create(n);
    tau_pool *pool;
    tau_evaluator *evaluator;
    parity_backends_register();
    succeed(tau_pool_create(&pool, 1), n->name);
    succeed(tau_evaluator_create(&evaluator, n->graph, n->samples, &options, pool), n->name);
    succeed(tau_evaluator_gradient(evaluator, n->theta[0], o.buffers, batch, o.gradient, &o.result), n->name);
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
    return o;
}

static void assert_close(const bench *b, const char *what, const float *actual, const float *expected,
                         size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs((double)expected[i]));
    for (size_t i = 0; i < count; i++)
        cr_assert_leq(fabs((double)actual[i] - (double)expected[i]), b->network.tolerance * largest,
                      "%s: %s[%zu] is %.9g, not %.9g", b->network.name, what, i, (double)actual[i],
                      (double)expected[i]);
}

static void compare(bench *b, bool training) {
    uint32_t indices[8];
    const size_t count = choose(&b->network, indices);
    const tau_batch batch = batch_of(indices, count, training);
    outcome expected = run_reference(b, &batch), actual = run(b, &batch);
    const char *name = b->network.name;
    assert_close(b, training ? "training gradient" : "gradient", actual.gradient, expected.gradient,
                 b->network.graph->theta_size);
    assert_close(b, "running statistics", actual.buffers, expected.buffers, b->network.graph->buffer_size);
    cr_assert_leq(fabs(actual.result.loss - expected.result.loss), 2e-6 * (1 + fabs(expected.result.loss)),
                  "%s: loss %.9g, not %.9g", name, actual.result.loss, expected.result.loss);
    cr_assert(isnan(expected.result.accuracy)
                  ? isnan(actual.result.accuracy)
                  : fabs(actual.result.accuracy - expected.result.accuracy) < 1e-6,
              "%s: accuracy %g, not %g", name, actual.result.accuracy, expected.result.accuracy);
    outcome_free(&expected);
    outcome_free(&actual);
}

static void free_list(struct criterion_test_params *list) {
    cr_free(list->params);
}

ParameterizedTestParameters(gradient, agrees_with_the_reference) {
    const size_t count = (size_t)parity_network_count();
    int *list = cr_calloc(count, sizeof *list);
    for (size_t i = 0; i < count; i++) list[i] = (int)i;
    return cr_make_param_array(int, list, count, free_list);
}

ParameterizedTest(const int *index, gradient, agrees_with_the_reference) {
    bench b;
    set_up(&b, *index);
    create_trainer(&b);
    compare(&b, false);
    compare(&b, true);
    tear_down(&b);
}

/* The last small network with statistics and convolutions, so that every part of a batch has something in it.
 */
static int rich_network(void) {
    int found = -1;
    for (int i = 0; i < parity_network_count() && found < 0; i++) {
        parity_network n;
        bool conv = false;
        succeed(parity_network_create(&n, i), "network");
        for (int node = 0; node < n.graph->node_count; node++) conv |= n.graph->nodes[node].op == TAU_OP_CONV;
        if (conv && !n.large && n.graph->buffer_size > 0) found = i;
        parity_network_clear(&n);
    }
    cr_assert_geq(found, 0);
    return found;
}

static void assert_same(const bench *b, const outcome *actual, const outcome *expected) {
    const tau_graph *graph = b->network.graph;
    cr_assert_arr_eq(actual->gradient, expected->gradient, graph->theta_size * sizeof(float));
    cr_assert_arr_eq(actual->buffers, expected->buffers, graph->buffer_size * sizeof(float));
    cr_assert(actual->result.loss == expected->result.loss);
}

Test(gradient, bits_depend_on_the_batch_alone) {
    static const char *const schedules[] = {"ordered", "shuffled:3", "shuffled:4"};
    bench b;
    uint32_t indices[8];
    set_up(&b, rich_network());
    const size_t count = choose(&b.network, indices);
    const tau_batch small = batch_of(indices, 2, true), large = batch_of(indices, count, true);
    create_trainer(&b);
    outcome expected = run(&b, &small);
    for (int i = 0; i < 3; i++) {
        cr_assert(emulation_set_schedule(schedules[i]));
        emulation_set_streams(i == 1);
        outcome between = run(&b, &large), again = run(&b, &small);
        assert_same(&b, &again, &expected);
        outcome_free(&between);
        outcome_free(&again);
    }
    outcome_free(&expected);
    tear_down(&b);
}

Test(gradient, memory_is_that_of_the_largest_batch) {
    bench b;
    uint32_t indices[8];
    set_up(&b, rich_network());
    const size_t count = choose(&b.network, indices);
    const tau_batch small = batch_of(indices, 1, true), large = batch_of(indices, count, true);
    create_trainer(&b);
    outcome first = run(&b, &large);
    const size_t bytes = emulation_allocated(), blocks = emulation_allocations();
    outcome second = run(&b, &small), third = run(&b, &large);
    cr_assert_eq(emulation_allocated(), bytes);
    cr_assert_eq(emulation_allocations(), blocks);
    assert_same(&b, &third, &first);
    outcome_free(&first);
    outcome_free(&second);
    outcome_free(&third);
    tear_down(&b);
}

static tau_status create_and_run(bench *b, const tau_batch *batch, outcome *out) {
    if (!b->trainer)
        TAU_TRY(
            tau_cuda_trainer_create(&b->trainer, b->network.graph, &b->data, b->network.loss, &b->context));
    return tau_cuda_trainer_run(b->trainer, b->network.theta[0], out->buffers, batch, out->gradient,
                                &out->result);
}

/* Nothing is left behind, the caller's statistics stay as they were, and what there is works afterwards. */
Test(gradient, any_call_of_the_runtime_may_fail) {
    bench b;
    uint32_t indices[8];
    set_up(&b, rich_network());
    const size_t count = choose(&b.network, indices);
    const tau_batch batch = batch_of(indices, count, true);
    create_trainer(&b);
    outcome expected = run(&b, &batch);
    long failures = 0, nth = 1;
    for (bool reached = true; reached; nth++) {
        outcome actual = outcome_create(&b.network);
        tau_cuda_trainer_destroy(b.trainer);
        b.trainer = NULL;
        emulation_reset();
        emulation_fail(NULL, nth, nth % 2 ? cudaErrorUnknown : cudaErrorMemoryAllocation);
        const tau_status status = create_and_run(&b, &batch, &actual);
        reached = emulation_calls() >= nth;
        failures += status != TAU_STATUS_OK;
        if (status != TAU_STATUS_OK) {
            cr_assert_arr_eq(actual.buffers, b.network.buffers[0],
                             b.network.graph->buffer_size * sizeof(float), "call %ld", nth);
            emulation_reset();
            succeed(create_and_run(&b, &batch, &actual), b.network.name);
        }
        assert_same(&b, &actual, &expected);
        outcome_free(&actual);
    }
    cr_assert_gt(failures, 20);
    emulation_reset();
    outcome_free(&expected);
    tear_down(&b);
}
