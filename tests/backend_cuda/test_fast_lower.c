/* Which steps graphs become. */
#include "backend_cuda/fast_program.h"

Test(fast_lower, two_convolutions_and_the_pool_are_one_kernel) {
    expect_lowered("mnist-cnn", everything(), "images! cnn conv:Relu conv> LogSoftmax");
}

Test(fast_lower, without_that_kernel_each_convolution_takes_its_function_along) {
    expect_lowered("mnist-cnn", generic(), "unfold! conv:Relu conv:Relu pool conv:Relu conv> LogSoftmax");
}

Test(fast_lower, split_weights_are_for_the_generic_convolution) {
    tau_fast_options fine = everything();
    fine.parts = 2;
    expect_lowered("mnist-cnn", fine, "unfold! conv:Relu conv:Relu pool conv:Relu conv> LogSoftmax");
}

Test(fast_lower, lenet5_reads_flattened_images_as_they_lie) {
    expect_lowered("lenet5", everything(), "unfold! conv:Relu pool conv:Relu pool conv:Relu conv:Relu conv>");
}

/* ---- residual networks ---- */

#define PLAIN "conv:Relu conv+:Relu "
#define FUSED "block:Relu:Relu "
/* A stage's first block: its shortcut, a convolution too, is there before the sum. */
#define NARROWS "conv:Relu conv conv+:Relu "

Test(fast_lower, residual_blocks_are_one_kernel_each) {
    expect_lowered("resnet20", everything(),
                   "unfold! conv:Relu " FUSED FUSED FUSED NARROWS FUSED FUSED NARROWS FUSED FUSED
                   "pool conv>");
}

Test(fast_lower, residual_blocks_add_in_the_second_convolution) {
    expect_lowered("resnet20", generic(),
                   "unfold! conv:Relu " PLAIN PLAIN PLAIN NARROWS PLAIN PLAIN NARROWS PLAIN PLAIN
                   "pool conv>");
}

Test(fast_lower, convolutions_without_shortcuts_are_no_blocks) {
    expect_lowered("resnet20-noshort", everything(),
                   "unfold! conv:Relu conv:Relu conv:Relu conv:Relu conv:Relu conv:Relu conv:Relu conv:Relu "
                   "conv:Relu conv:Relu conv:Relu conv:Relu conv:Relu conv:Relu conv:Relu conv:Relu "
                   "conv:Relu conv:Relu conv:Relu pool conv>");
}

Test(fast_lower, values_that_are_never_alive_together_share_memory) {
    lowered_model lowered = lower_model("resnet20", generic());
    /* Three of the largest values: what goes in, what is between, what comes out; and the logits. */
    const size_t largest = 2 * tau_fast_group_size(16, 32, 32);
    cr_expect_leq(lowered.program->arena_size, 3 * largest + 4096, "%zu", lowered.program->arena_size);
    lowered_model_destroy(&lowered);
}

/* ---- vectors ---- */

Test(fast_lower, a_wide_first_layer_is_there_shared_and_unshared) {
    expect_lowered("mlp:784-64-10:relu", everything(), "from_rows! conv=u:Relu share=s:Relu conv>");
}

Test(fast_lower, a_narrow_first_layer_is_not_shared) {
    expect_lowered("mlp:20-64-64-10:tanh", everything(), "from_rows! conv:Tanh conv:Tanh conv>");
}

Test(fast_lower, a_single_layer_keeps_its_logits_in_fp32) {
    expect_lowered("mlp:784-10:relu", everything(), "from_rows! conv>");
}

Test(fast_lower, products_that_take_too_much_memory_are_not_shared) {
    tau_fast_options small = everything();
    small.most_resident = 200000; /* the samples take 163,072, the products 319,488 */
    expect_lowered("mlp:784-256-10:relu", small, "from_rows! conv:Relu conv>");
}

Test(fast_lower, a_last_function_works_on_fp32) {
    expect_lowered("encoder2:9-5-2-1:tanh", everything(), "from_rows! conv:Tanh conv conv:Sigmoid>");
}

Test(fast_lower, gelu_is_a_function_like_others) {
    expect_lowered("mlp:20-8-4:gelu", everything(), "from_rows! conv:Gelu conv>");
}

/* ---- samples ---- */

Test(fast_lower, samples_too_many_to_unfold_are_padded_and_converted_for_each_run) {
    tau_fast_options small = generic();
    small.most_resident = 1000;
    expect_lowered("lenet5", small, "from_rows conv:Relu pool conv:Relu pool conv:Relu conv:Relu conv>");
}

/* ---- odd graphs ---- */

static const tau_attributes window3 = {
    .window = {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .pad = {1, 1, 1, 1}, .groups = 1}};

static void expect_layers(tau_layers *net, const char *wanted) {
    tau_graph *graph;
    succeed(tau_layers_finish(net, &graph));
    tau_fast_program_destroy(lower_graph(graph, everything(), wanted));
    tau_graph_destroy(graph);
}

static void conv(tau_layers *net, const char *name, int64_t in, int64_t out, int64_t kernel) {
    tau_layers_conv(net, name,
                    &(tau_conv_size){.in = in, .out = out, .kernel = kernel, .stride = 1, .pad = kernel / 2},
                    true);
}

static int append(tau_layers *net, tau_op op, const char *name, const int *inputs, int count,
                  const tau_attributes *attributes, const tau_shape *shape) {
    int value;
    succeed(tau_builder_node(net->builder, &value, op, name, inputs, count, attributes, shape));
    net->value = value;
    return value;
}

Test(fast_lower, norms_and_functions_before_a_convolution_run_by_themselves) {
    tau_layers net;
    tau_layers_begin(&net, "preactivation", 3, (int64_t[]){3, 8, 8});
    conv(&net, "c0", 3, 16, 3);
    const int entry = net.value;
    tau_layers_batch_norm(&net, "b1", 16);
    tau_layers_apply(&net, TAU_OP_RELU, "r1", 0);
    conv(&net, "c1", 16, 16, 3);
    tau_layers_batch_norm(&net, "b2", 16);
    tau_layers_apply(&net, TAU_OP_RELU, "r2", 0);
    conv(&net, "c2", 16, 16, 3);
    tau_layers_add(&net, "add", entry);
    tau_layers_apply(&net, TAU_OP_GLOBAL_AVERAGE_POOL, "pool", 0);
    tau_layers_flatten(&net, "flatten");
    tau_layers_linear(&net, "fc", 16, 4);
    expect_layers(&net, "unfold! conv elementwise:Relu conv:Relu conv+ pool conv>");
}

Test(fast_lower, the_kernel_of_two_convolutions_wants_a_bias_of_the_first) {
    for (int biased = 0; biased < 2; biased++) {
        tau_layers net;
        tau_layers_begin(&net, "digits", 3, (int64_t[]){1, 28, 28});
        tau_layers_conv(&net, "c1", &(tau_conv_size){.in = 1, .out = 32, .kernel = 3, .stride = 1}, biased);
        tau_layers_apply(&net, TAU_OP_RELU, "r1", 0);
        tau_layers_conv(&net, "c2", &(tau_conv_size){.in = 32, .out = 64, .kernel = 3, .stride = 1}, false);
        tau_layers_apply(&net, TAU_OP_RELU, "r2", 0);
        tau_layers_pool(&net, TAU_OP_MAX_POOL, "pool", 2);
        tau_layers_flatten(&net, "flatten");
        tau_layers_linear(&net, "fc", 9216, 10);
        expect_layers(&net, biased ? "images! cnn conv>" : "unfold! conv:Relu conv:Relu pool conv>");
    }
}

Test(fast_lower, branches_of_whole_blocks_are_joined_without_rows) {
    tau_layers net;
    tau_layers_begin(&net, "inception", 3, (int64_t[]){8, 4, 4});
    conv(&net, "stem", 8, 16, 3);
    const int stem = net.value;
    conv(&net, "a", 16, 8, 1);
    const int a = net.value;
    net.value = stem;
    conv(&net, "b", 16, 24, 3);
    append(&net, TAU_OP_CONCAT, "join", (int[]){a, net.value, stem}, 3, &(tau_attributes){.axis = 0}, NULL);
    conv(&net, "head", 48, 8, 1);
    tau_layers_flatten(&net, "flatten");
    tau_layers_linear(&net, "fc", 128, 3);
    expect_layers(&net, "from_rows! conv conv conv concat concat concat conv conv>");
}

Test(fast_lower, parts_of_blocks_are_joined_as_rows) {
    tau_layers net;
    tau_layers_begin(&net, "odd", 3, (int64_t[]){8, 4, 4});
    conv(&net, "a", 8, 5, 1);
    const int a = net.value;
    tau_layers_apply(&net, TAU_OP_SIGMOID, "gate", 0);
    append(&net, TAU_OP_CONCAT, "join", (int[]){a, net.value}, 2, &(tau_attributes){.axis = 0}, NULL);
    conv(&net, "head", 10, 8, 1);
    expect_layers(&net, "from_rows! conv elementwise:Sigmoid to_rows to_rows Concat from_rows conv>");
}

Test(fast_lower, softmax_in_the_middle_runs_on_rows_once_converted) {
    tau_layers net;
    tau_layers_begin(&net, "attention", 1, (int64_t[]){12});
    tau_layers_linear(&net, "scores", 12, 12);
    const int scores = net.value;
    tau_layers_apply(&net, TAU_OP_SOFTMAX, "softmax", 0);
    append(&net, TAU_OP_MUL, "weigh", (int[]){net.value, scores}, 2, NULL, NULL);
    tau_layers_linear(&net, "fc", 12, 3);
    expect_layers(&net, "from_rows! conv> Softmax Mul from_rows conv>");
}

Test(fast_lower, samples_with_channels_last_are_turned_once) {
    tau_layers net;
    tau_layers_begin(&net, "keras", 3, (int64_t[]){8, 8, 3});
    append(&net, TAU_OP_TRANSPOSE, "nchw", &net.value, 1, &(tau_attributes){.permutation = {2, 0, 1}}, NULL);
    conv(&net, "c", 3, 8, 3);
    tau_layers_flatten(&net, "flatten");
    tau_layers_linear(&net, "fc", 512, 3);
    expect_layers(&net, "Transpose! unfold! conv conv>");
}

Test(fast_lower, depthwise_convolutions_run_on_rows) {
    tau_layers net;
    tau_layers_begin(&net, "mobile", 3, (int64_t[]){8, 6, 6});
    conv(&net, "c", 8, 8, 1);
    tau_attributes depthwise = window3;
    depthwise.window.groups = 8;
    tau_shape shape;
    int weight;
    succeed(tau_shape_make(&shape, 4, (int64_t[]){8, 1, 3, 3}));
    succeed(tau_builder_parameter(net.builder, &weight, "d.weight", TAU_ROLE_WEIGHT, &shape));
    append(&net, TAU_OP_CONV, "d", (int[]){net.value, weight, -1}, 3, &depthwise, NULL);
    tau_layers_batch_norm(&net, "bn", 8);
    conv(&net, "p", 8, 8, 1);
    expect_layers(&net, "from_rows! conv> Conv BatchNormalization from_rows conv>");
}

Test(fast_lower, a_sum_that_is_the_output_is_kept_in_fp32) {
    tau_layers net;
    tau_graph *graph;
    tau_layers_begin(&net, "both", 1, (int64_t[]){8});
    tau_layers_linear(&net, "a", 8, 8);
    const int a = net.value;
    tau_layers_apply(&net, TAU_OP_RELU, "r", 0);
    tau_layers_linear(&net, "b", 8, 8);
    tau_layers_add(&net, "sum", a);
    succeed(net.status);
    succeed(tau_builder_finish(net.builder, &graph, net.value));
    tau_builder_destroy(net.builder);
    tau_fast_program_destroy(
        lower_graph(graph, everything(), "from_rows! conv elementwise:Relu conv> to_rows Add"));
    tau_graph_destroy(graph);
}

Test(fast_lower, functions_of_flattened_images_take_them_as_they_lie) {
    tau_layers net;
    tau_layers_begin(&net, "flat", 3, (int64_t[]){8, 4, 4});
    conv(&net, "c", 8, 8, 3);
    tau_layers_pool(&net, TAU_OP_MAX_POOL, "pool", 2);
    tau_layers_flatten(&net, "flatten");
    tau_layers_apply(&net, TAU_OP_TANH, "tanh", 0);
    tau_layers_linear(&net, "fc", 32, 3);
    expect_layers(&net, "from_rows! conv pool elementwise:Tanh conv>");
}

Test(fast_lower, batch_norm_of_flattened_images_has_channels_of_its_own) {
    tau_layers net;
    tau_layers_begin(&net, "flat", 3, (int64_t[]){8, 4, 4});
    conv(&net, "c", 8, 8, 3);
    tau_layers_pool(&net, TAU_OP_MAX_POOL, "pool", 2);
    tau_layers_flatten(&net, "flatten");
    tau_layers_batch_norm(&net, "bn", 32);
    tau_layers_linear(&net, "fc", 32, 3);
    expect_layers(&net, "from_rows! conv pool to_rows from_rows elementwise conv>");
}

Test(fast_lower, an_output_that_is_the_input_is_copied_for_each_network) {
    tau_layers net;
    tau_layers_begin(&net, "nothing", 3, (int64_t[]){1, 2, 2});
    tau_layers_flatten(&net, "flatten");
    expect_layers(&net, "Reshape");
}

/* ---- parameters ---- */

Test(fast_lower, weights_of_a_flattened_image_are_those_of_a_window_over_all_of_it) {
    lowered_model lowered = lower_model("lenet5", generic());
    const tau_fast_weights *w = &lowered.program->packings[2].weights;
    cr_expect_eq(w->outputs, 120);
    cr_expect_eq(w->channels, 16);
    cr_expect_eq(w->kernel[0], 5);
    cr_expect_eq(w->kernel[1], 5);
    cr_expect_eq(w->output_stride, 400);
    cr_expect_eq(w->input_stride, 1);
    lowered_model_destroy(&lowered);
}

Test(fast_lower, unfolded_halves_of_the_samples_share_the_weights) {
    tau_fast_options fine = generic();
    fine.parts = 2;
    lowered_model lowered = lower_model("resnet20", fine);
    const tau_fast_weights *w = &lowered.program->packings[0].weights;
    cr_expect_eq(w->channels, 2 * 27);
    cr_expect_eq(w->copies, 2);
    cr_expect_eq(w->output_stride, 27);
    lowered_model_destroy(&lowered);
}
