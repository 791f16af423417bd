/* What the fast engine promises beside its numbers: bits, marks of what does not fit f16, memory. */
#include "backend_cuda/fast_run.h"

static void expect_same(const fast_run *r, const float *a, const float *b, const char *what) {
    cr_expect_arr_eq(a, b, FAST_POINTS * r->data.count * r->outputs * sizeof *a, "%s: %s", r->network->name,
                     what);
}

/* ---- bits ---- */

static void compare_splits(const char *name, tau_precision precision) {
    static const int splits[][2] = {{1, 8}, {2, 16}, {3, 24}, {1, 1000}};
    parity_network network;
    fast_run r;
    network_find(&network, name);
    succeed(fast_run_open(&r, &network, precision));
    float *whole = fast_run_line(&r, FAST_POINTS, (int)r.data.count);
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        const int count = (int)r.data.count;
        float *part = fast_run_line(&r, splits[i][0], splits[i][1] < count ? splits[i][1] : count);
        expect_same(&r, part, whole, "networks or samples in other blocks");
        tau_mem_free(part);
    }
    tau_mem_free(whole);
    fast_run_close(&r);
    parity_network_clear(&network);
}

Test(fast_engine, bits_do_not_depend_on_blocks) {
    compare_splits("mlp:784-64-10:relu", TAU_PRECISION_FAST);
    compare_splits("lenet5", TAU_PRECISION_FAST);
    compare_splits("lenet5", TAU_PRECISION_FINE);
    compare_splits("mlp_log_softmax", TAU_PRECISION_FINE);
}

Test(fast_engine, bits_do_not_depend_on_the_order_of_threads) {
    parity_network network;
    fast_run r;
    network_find(&network, "lenet5");
    succeed(fast_run_open(&r, &network, TAU_PRECISION_FAST));
    float *ordered = fast_run_line(&r, FAST_POINTS, (int)r.data.count);
    cr_assert(emulation_set_schedule("shuffled:5"));
    float *shuffled = fast_run_line(&r, FAST_POINTS, (int)r.data.count);
    expect_same(&r, shuffled, ordered, "threads in another order");
    tau_mem_free(ordered);
    tau_mem_free(shuffled);
    fast_run_close(&r);
    parity_network_clear(&network);
}

/* ---- other ways to the same networks ---- */

Test(fast_engine, states_give_the_bits_of_the_slice) {
    parity_network network;
    fast_run r;
    network_find(&network, "resnet20");
    succeed(fast_run_open(&r, &network, TAU_PRECISION_FAST));
    r.move_buffers = true;
    float *slice = fast_run_line(&r, FAST_POINTS, (int)r.data.count), *states = fast_run_states(&r);
    float *expected = reference_line(&network, true);
    expect_same(&r, states, slice, "states");
    cr_expect_leq(difference(&r, slice, expected), 1e-3);
    tau_mem_free(slice);
    tau_mem_free(states);
    tau_mem_free(expected);
    fast_run_close(&r);
    parity_network_clear(&network);
}

Test(fast_engine, a_shared_first_layer_is_nearer_to_the_reference) {
    parity_network network;
    fast_run r;
    network_find(&network, "mlp:784-64-10:relu");
    succeed(fast_run_open(&r, &network, TAU_PRECISION_FAST));
    float *shared = fast_run_line(&r, FAST_POINTS, (int)r.data.count), *alone = fast_run_states(&r);
    float *expected = reference_line(&network, false);
    cr_expect_leq(difference(&r, shared, expected), difference(&r, alone, expected));
    cr_expect_leq(difference(&r, alone, expected), 1e-3);
    cr_expect_gt(difference(&r, alone, shared), 0);
    tau_mem_free(shared);
    tau_mem_free(alone);
    tau_mem_free(expected);
    fast_run_close(&r);
    parity_network_clear(&network);
}

static void compare_fused(const char *name) {
    parity_network network;
    fast_run r, generic;
    network_find(&network, name);
    succeed(fast_run_open(&r, &network, TAU_PRECISION_FAST));
    float *fused = fast_run_line(&r, FAST_POINTS, (int)r.data.count);
    setenv("TAUSCAPE_CUDA_FUSED", "0", 1);
    succeed(fast_run_open(&generic, &network, TAU_PRECISION_FAST));
    float *layers = fast_run_line(&generic, FAST_POINTS, (int)r.data.count);
    cr_expect_leq(difference(&r, fused, layers), 1e-3, "%s: %.2e", name, difference(&r, fused, layers));
    /* The order of sums differs, so equal bits would mean that nothing was fused. */
    if (strcmp(name, "mnist-cnn") == 0) cr_expect_gt(difference(&r, fused, layers), 0);
    tau_mem_free(fused);
    tau_mem_free(layers);
    fast_run_free(&generic);
    fast_run_close(&r);
    unsetenv("TAUSCAPE_CUDA_FUSED");
    parity_network_clear(&network);
}

Test(fast_engine, fused_layers_agree_with_layers_by_themselves) {
    compare_fused("mnist-cnn");
    compare_fused("resnet20");
}

Test(fast_engine, a_card_without_wgmma_runs_the_layers_by_themselves) {
    parity_network network;
    fast_run r;
    emulation_set_capability(8, 0);
    network_find(&network, "mnist-cnn");
    succeed(fast_run_open(&r, &network, TAU_PRECISION_FAST));
    float *actual = fast_run_line(&r, FAST_POINTS, (int)r.data.count);
    float *expected = reference_line(&network, false);
    cr_expect_leq(difference(&r, actual, expected), 1e-3);
    tau_mem_free(actual);
    tau_mem_free(expected);
    fast_run_close(&r);
    parity_network_clear(&network);
}

/* ---- what does not fit f16 ---- */

static void expect_flags(const fast_run *r, int first, int second, int third, const char *what) {
    cr_expect_eq(r->flags[0], first, "%s", what);
    cr_expect_eq(r->flags[1], second, "%s", what);
    cr_expect_eq(r->flags[2], third, "%s", what);
}

static void run_with_sample(const char *name, float value, int line, int states) {
    parity_network network;
    fast_run r;
    network_find(&network, name);
    network.samples->inputs[7] = value;
    succeed(fast_run_open(&r, &network, TAU_PRECISION_FAST));
    tau_mem_free(fast_run_line(&r, 2, 8));
    expect_flags(&r, line, line, line, name);
    tau_mem_free(fast_run_states(&r));
    expect_flags(&r, states, states, states, name);
    fast_run_close(&r);
    parity_network_clear(&network);
}

Test(fast_engine, samples_that_do_not_fit_mark_every_network) {
    run_with_sample("lenet5", 1e6f, 1, 1);
    run_with_sample("mlp:2-16-16-1:tanh", NAN, 1, 1);
    run_with_sample("mlp:2-16-16-1:tanh", 60000.0f, 0, 0);
}

Test(fast_engine, a_shared_layer_reads_samples_in_fp32) {
    run_with_sample("mlp:784-64-10:relu", 66000.0f, 0, 1);
}

Test(fast_engine, only_networks_whose_weights_do_not_fit_are_marked) {
    parity_network network;
    fast_run r;
    network_find(&network, "lenet5");
    network.theta[2][network.graph->theta_size / 2] = 100000; /* with coefficients 0, -0.25 and 1 */
    succeed(fast_run_open(&r, &network, TAU_PRECISION_FAST));
    tau_mem_free(fast_run_line(&r, FAST_POINTS, (int)r.data.count));
    expect_flags(&r, 0, 0, 1, "weights");
    fast_run_close(&r);
    parity_network_clear(&network);
}

/* ---- memory ---- */

Test(fast_engine, memory_grows_with_networks_and_samples) {
    parity_network network;
    fast_run r;
    network_find(&network, "lenet5");
    succeed(fast_run_open(&r, &network, TAU_PRECISION_FAST));
    const size_t one = r.engine->memory(r.engine, 1, 8);
    cr_expect_gt(r.engine->memory(r.engine, 2, 8), one);
    cr_expect_gt(r.engine->memory(r.engine, 1, 16), one);
    cr_expect_eq(r.engine->memory(r.engine, 4, 1024) % 256, 0);
    fast_run_close(&r);
    parity_network_clear(&network);
}

Test(fast_engine, samples_that_find_no_room_are_converted_for_each_run) {
    parity_network network;
    fast_run r;
    tau_cuda_context context;
    network_find(&network, "lenet5");
    float *expected = reference_line(&network, false);
    succeed(fast_run_open(&r, &network, TAU_PRECISION_FAST));
    r.engine->destroy(r.engine);
    succeed(tau_cuda_context_open(&context, 0));
    emulation_set_memory((size_t)3 << 19); /* a quarter of it is less than the images take in blocks */
    succeed(tau_cuda_fast_create(&r.engine, network.graph, &r.data, TAU_PRECISION_FAST, &context));
    emulation_set_memory((size_t)1 << 30);
    float *actual = fast_run_line(&r, 1, 8);
    cr_expect_leq(difference(&r, actual, expected), 1e-3);
    tau_mem_free(actual);
    tau_mem_free(expected);
    fast_run_close(&r);
    parity_network_clear(&network);
}

/* @return how often the engine asks for it */
static int fail_each_call(const char *name, const char *function) {
    parity_network network;
    fast_run r;
    tau_cuda_context context;
    network_find(&network, name);
    succeed(fast_run_open(&r, &network, TAU_PRECISION_FAST));
    r.engine->destroy(r.engine);
    succeed(tau_cuda_context_open(&context, 0));
    const size_t before = emulation_allocations();
    int nth = 0;
    tau_status status;
    do {
        emulation_fail(function, ++nth, cudaErrorMemoryAllocation);
        status = tau_cuda_fast_create(&r.engine, network.graph, &r.data, TAU_PRECISION_FAST, &context);
        cr_assert((status == TAU_STATUS_OK) == (r.engine != NULL));
        if (status != TAU_STATUS_OK)
            cr_assert_eq(emulation_allocations(), before, "%s: call %d of %s", name, nth, function);
    } while (status != TAU_STATUS_OK && nth < 100);
    emulation_fail(NULL, 0, cudaSuccess);
    fast_run_close(&r);
    parity_network_clear(&network);
    return nth - 1;
}

Test(fast_engine, a_call_that_fails_leaves_nothing_behind) {
    cr_expect_eq(fail_each_call("mlp:784-64-10:relu", "cudaMalloc"), 3); /* flags, samples, products */
    cr_expect_eq(fail_each_call("mlp:784-64-10:relu", "cudaMemset"), 2);
    cr_expect_eq(fail_each_call("mnist-cnn", "cudaMalloc"), 2);
    cr_expect_eq(fail_each_call("mnist-cnn", "cudaMemcpy"), 1);
    cr_expect_eq(fail_each_call("mnist-cnn", "cudaMemGetInfo"), 1);
    cr_expect_eq(fail_each_call("mnist-cnn", "cudaStreamSynchronize"), 1);
    cr_expect_eq(fail_each_call("mnist-cnn", "cudaLaunchKernelExC"), 1);
}
