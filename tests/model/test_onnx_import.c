#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "model/model.h"

static tau_model *read_fixture(const char *name) {
    char path[512];
    tau_model *model;
    snprintf(path, sizeof path, "%s%s.onnx", FIXTURES, name);
    cr_assert_eq(tau_model_read_onnx(&model, path), TAU_STATUS_OK, "%s: %s", tau_error_last()->what,
                 tau_error_last()->why);
    return model;
}

static void assert_nodes(const tau_graph *graph, const tau_op *ops, int count) {
    cr_assert_eq(graph->node_count, count, "%d nodes", graph->node_count);
    for (int i = 0; i < count; i++)
        cr_assert_eq(graph->nodes[i].op, ops[i], "node %d is %s", i, tau_op_name(graph->nodes[i].op));
}

static void assert_shape(const tau_graph *graph, int value, int rank, int64_t a, int64_t b, int64_t c) {
    const tau_shape want = {rank, {a, b, c}}, *got = &graph->values[value].shape;
    char text[TAU_SHAPE_TEXT];
    cr_assert(tau_shape_equal(got, &want), "value %d is %s", value, tau_shape_format(text, got));
}

static void assert_parameter(const tau_graph *graph, int i, const char *name, tau_role role,
                             int filter_axis) {
    const tau_parameter *parameter = &graph->parameters[i];
    cr_assert_str_eq(parameter->name, name);
    cr_assert_eq(parameter->role, role);
    cr_assert_eq(parameter->filter_axis, filter_axis, "%s has axis %d", name, parameter->filter_axis);
    cr_assert_str_eq(graph->values[parameter->value].name, name);
    cr_assert_eq(graph->values[parameter->value].offset, parameter->offset);
}

Test(onnx_import, old_pytorch_with_a_computed_view) {
    static const tau_op ops[] = {TAU_OP_CONV,    TAU_OP_BATCH_NORM, TAU_OP_RELU,   TAU_OP_MAX_POOL,
                                 TAU_OP_RESHAPE, TAU_OP_DROPOUT,    TAU_OP_LINEAR, TAU_OP_LOG_SOFTMAX};
    tau_model *model = read_fixture("torch_cnn_opset7");
    const tau_graph *graph = model->graph;
    assert_nodes(graph, ops, 8);
    assert_shape(graph, graph->input, 3, 1, 6, 6);
    assert_shape(graph, graph->nodes[4].output, 1, 18, 0, 0);
    assert_shape(graph, graph->output, 1, 3, 0, 0);
    assert_parameter(graph, 0, "conv1.weight", TAU_ROLE_WEIGHT, 0);
    assert_parameter(graph, 2, "bn1.weight", TAU_ROLE_BN_GAMMA, -1);
    assert_parameter(graph, 4, "fc.weight", TAU_ROLE_WEIGHT, 0);
    cr_assert_eq(graph->buffer_count, 2);
    cr_assert_str_eq(graph->buffers[1].name, "bn1.running_var");
    cr_assert_eq(model->buffers[graph->buffers[1].offset + 1], 1 + 1 / 64.0f);
    cr_assert_eq(model->theta[graph->parameters[4].offset + 53], 53 / 64.0f);
    cr_assert(graph->nodes[6].attributes.transposed);
    cr_assert_eq(graph->nodes[5].attributes.alpha, 0.25);
    cr_assert_eq(graph->nodes[1].attributes.epsilon, (double)1e-5f);
    tau_model_destroy(model);
}

Test(onnx_import, transposed_weights_and_added_biases_are_linear_layers) {
    static const tau_op ops[] = {TAU_OP_LINEAR, TAU_OP_CLIP, TAU_OP_LINEAR};
    tau_model *model = read_fixture("torch_mlp_opset11");
    const tau_graph *graph = model->graph;
    assert_nodes(graph, ops, 3);
    assert_shape(graph, graph->output, 2, 5, 2, 0);
    cr_assert(graph->nodes[0].attributes.transposed);
    cr_assert_eq(graph->nodes[0].input_count, 3);
    cr_assert_str_eq(graph->nodes[0].name, "MatMul_1");
    assert_parameter(graph, 0, "encoder.weight", TAU_ROLE_WEIGHT, 0);
    assert_parameter(graph, 1, "encoder.bias", TAU_ROLE_BIAS, -1);
    assert_parameter(graph, 2, "head.weight", TAU_ROLE_WEIGHT, 0);
    cr_assert_eq(model->theta[graph->parameters[2].offset + 7], 7 / 64.0f, "doubles are read");
    cr_assert_eq(graph->nodes[1].attributes.alpha, 0);
    cr_assert_eq(graph->nodes[1].attributes.beta, 6);
    tau_model_destroy(model);
}

Test(onnx_import, keras_keeps_its_transposes_and_kernels) {
    static const tau_op ops[] = {TAU_OP_TRANSPOSE, TAU_OP_CONV,   TAU_OP_ELU,    TAU_OP_TRANSPOSE,
                                 TAU_OP_RESHAPE,   TAU_OP_LINEAR, TAU_OP_SOFTMAX};
    tau_model *model = read_fixture("keras_cnn_opset13");
    const tau_graph *graph = model->graph;
    const tau_window *window = &graph->nodes[1].attributes.window;
    assert_nodes(graph, ops, 7);
    assert_shape(graph, graph->input, 3, 5, 5, 2);
    assert_shape(graph, graph->nodes[0].output, 3, 2, 5, 5);
    assert_shape(graph, graph->nodes[1].output, 3, 4, 3, 3);
    assert_shape(graph, graph->nodes[4].output, 1, 36, 0, 0);
    cr_assert(window->pad[0] == 1 && window->pad[1] == 1 && window->pad[2] == 1 && window->pad[3] == 1);
    cr_assert_not(graph->nodes[5].attributes.transposed);
    assert_parameter(graph, 2, "sequential/dense/MatMul/ReadVariableOp:0", TAU_ROLE_WEIGHT, 1);
    tau_model_destroy(model);
}

Test(onnx_import, paddings_that_the_file_turns_around) {
    static const tau_op ops[] = {TAU_OP_PAD,        TAU_OP_HARD_SIGMOID, TAU_OP_MUL,
                                 TAU_OP_LEAKY_RELU, TAU_OP_RESHAPE,      TAU_OP_LINEAR};
    static const int64_t pads[] = {0, 0, 1, 0, 3, 2};
    tau_model *model = read_fixture("torch_pad_opset14");
    const tau_graph *graph = model->graph;
    assert_nodes(graph, ops, 6);
    assert_shape(graph, graph->nodes[0].output, 3, 1, 6, 7);
    cr_assert_arr_eq(graph->nodes[0].attributes.pads, pads, sizeof pads);
    cr_assert_eq(graph->nodes[0].attributes.alpha, -0.5);
    cr_assert_eq(graph->nodes[1].attributes.alpha, (double)(1.0f / 6));
    cr_assert_eq(graph->nodes[3].attributes.alpha, -1, "|x| has the slope -1 below 0");
    tau_model_destroy(model);
}

Test(onnx_import, equal_tensors_stored_once_are_trained_apart) {
    static const char *const names[] = {"fc.weight", "bn1.weight", "bn1.bias", "bn2.weight", "bn2.bias"};
    tau_model *model = read_fixture("torch_untrained_opset13");
    const tau_graph *graph = model->graph;
    cr_assert_eq(graph->parameter_count, 5);
    for (int i = 0; i < 5; i++) cr_assert_str_eq(graph->parameters[i].name, names[i]);
    cr_assert_eq(graph->theta_size, 9 + 4 * 3, "the tied matrix counts once");
    cr_assert_eq(graph->buffer_size, 4 * 3);
    cr_assert_str_eq(graph->buffers[3].name, "bn2.running_var");
    cr_assert_eq(model->theta[graph->parameters[3].offset + 2], 1);
    cr_assert_eq(model->buffers[graph->buffers[3].offset + 2], 1);
    tau_model_destroy(model);
}

Test(onnx_import, attention_along_a_line) {
    static const tau_op ops[] = {TAU_OP_PAD,
                                 TAU_OP_CONV,
                                 TAU_OP_MUL,
                                 TAU_OP_DIV,
                                 TAU_OP_ERF,
                                 TAU_OP_ADD,
                                 TAU_OP_MUL,
                                 TAU_OP_MUL,
                                 TAU_OP_TRANSPOSE,
                                 TAU_OP_MATMUL,
                                 TAU_OP_SOFTMAX,
                                 TAU_OP_MATMUL,
                                 TAU_OP_RESHAPE,
                                 TAU_OP_RESHAPE,
                                 TAU_OP_CONCAT,
                                 TAU_OP_AVERAGE_POOL,
                                 TAU_OP_GLOBAL_AVERAGE_POOL,
                                 TAU_OP_RESHAPE};
    tau_model *model = read_fixture("torch_attention_opset17");
    const tau_graph *graph = model->graph;
    assert_nodes(graph, ops, 18);
    assert_shape(graph, graph->nodes[0].output, 2, 4, 10, 0);
    assert_shape(graph, graph->nodes[1].output, 2, 4, 8, 0);
    assert_shape(graph, graph->nodes[9].output, 2, 4, 4, 0);
    assert_shape(graph, graph->nodes[12].output, 3, 4, 8, 1);
    assert_shape(graph, graph->nodes[15].output, 2, 4, 5, 0);
    assert_shape(graph, graph->output, 1, 4, 0, 0);
    cr_assert_eq(graph->parameter_count, 2, "scalars are constants");
    assert_parameter(graph, 0, "conv.weight", TAU_ROLE_WEIGHT, 0);
    assert_parameter(graph, 1, "scale", TAU_ROLE_WEIGHT, -1);
    cr_assert_eq(model->theta[11], 11 / 64.0f, "half precision is read");
    cr_assert_eq(graph->constant_size, 3);
    cr_assert_eq(graph->nodes[1].attributes.window.groups, 4);
    cr_assert_eq(graph->nodes[14].attributes.axis, 1);
    tau_model_destroy(model);
}

Test(onnx_import, means_over_positions_are_global_pools) {
    static const tau_op ops[] = {TAU_OP_TRANSPOSE, TAU_OP_GLOBAL_AVERAGE_POOL, TAU_OP_RESHAPE,
                                 TAU_OP_TRANSPOSE, TAU_OP_GLOBAL_AVERAGE_POOL, TAU_OP_RESHAPE,
                                 TAU_OP_LINEAR};
    tau_model *model = read_fixture("keras_mean_opset17");
    const tau_graph *graph = model->graph;
    assert_nodes(graph, ops, 7);
    assert_shape(graph, graph->nodes[0].output, 3, 3, 4, 5);
    assert_shape(graph, graph->nodes[2].output, 3, 1, 1, 3);
    assert_shape(graph, graph->nodes[5].output, 1, 3, 0, 0);
    assert_parameter(graph, 1, "bias", TAU_ROLE_BIAS, -1);
    cr_assert_eq(model->theta[7], 1 + 1 / 64.0f, "a Constant node may hold a layer's bias");
    tau_model_destroy(model);
}

Test(onnx_import, paddings_of_chosen_axes_and_parts_of_shapes) {
    static const tau_op ops[] = {TAU_OP_PAD, TAU_OP_CONV,    TAU_OP_SIGMOID,
                                 TAU_OP_MUL, TAU_OP_RESHAPE, TAU_OP_LINEAR};
    tau_model *model = read_fixture("dynamo_cnn_opset18");
    const tau_graph *graph = model->graph;
    const int64_t pads[6] = {0, 0, 1, 0, 1, 2};
    assert_nodes(graph, ops, 6);
    cr_assert_arr_eq(graph->nodes[0].attributes.pads, pads, sizeof pads);
    assert_shape(graph, graph->nodes[0].output, 3, 1, 6, 6);
    assert_shape(graph, graph->nodes[1].output, 3, 2, 4, 4);
    assert_shape(graph, graph->nodes[4].output, 1, 32, 0, 0);
    tau_model_destroy(model);
}

Test(onnx_import, old_softmax_joins_the_axes_after_its_own) {
    static const tau_op ops[] = {TAU_OP_CONV, TAU_OP_RESHAPE, TAU_OP_SOFTMAX, TAU_OP_RESHAPE};
    tau_model *model = read_fixture("keras_old_opset11");
    const tau_graph *graph = model->graph;
    const int64_t *pad = graph->nodes[0].attributes.window.pad;
    assert_nodes(graph, ops, 4);
    cr_assert(pad[0] == 1 && pad[1] == 0 && pad[2] == 0 && pad[3] == 0, "SAME_LOWER pads before");
    assert_shape(graph, graph->nodes[1].output, 2, 2, 8, 0);
    cr_assert_eq(graph->nodes[2].attributes.axis, 1);
    assert_shape(graph, graph->output, 3, 2, 4, 2);
    tau_model_destroy(model);
}

Test(onnx_import, new_opsets_and_dead_nodes) {
    static const tau_op ops[] = {TAU_OP_LINEAR, TAU_OP_GELU, TAU_OP_DIV, TAU_OP_SUB, TAU_OP_LINEAR};
    tau_model *model = read_fixture("jax_mlp_opset21");
    const tau_graph *graph = model->graph;
    assert_nodes(graph, ops, 5);
    cr_assert(graph->nodes[1].attributes.approximate);
    cr_assert_eq(graph->parameter_count, 4, "Constant nodes are not trained");
    cr_assert_eq(graph->constant_size, 5);
    assert_parameter(graph, 3, "out/bias", TAU_ROLE_BIAS, -1);
    tau_model_destroy(model);
}

Test(onnx_import, same_network_same_digest_by_either_route) {
    char imported[TAU_HASH_TEXT], built[TAU_HASH_TEXT];
    tau_model *file = read_fixture("lenet5_opset17"), *model;
    cr_assert_eq(tau_model_builtin(&model, "lenet5", 1), TAU_STATUS_OK);
    tau_graph_digest(file->graph, imported);
    tau_graph_digest(model->graph, built);
    cr_assert_str_eq(imported, built);
    cr_assert_eq(file->graph->theta_size, 61706);
    for (size_t i = 0; i < file->graph->theta_size; i++) cr_assert_eq(file->theta[i], 0);
    tau_model_destroy(file);
    tau_model_destroy(model);
}

Test(onnx_import, missing_files_are_said) {
    tau_model *model;
    cr_assert_eq(tau_model_read_onnx(&model, FIXTURES "absent.onnx"), TAU_STATUS_MISSING);
    cr_assert_null(model);
    cr_assert_neq(tau_model_read_onnx(&model, FIXTURES), TAU_STATUS_OK);
}
