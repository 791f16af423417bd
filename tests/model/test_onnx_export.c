#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/memory.h"
#include "model/builder.h"
#include "model/model.h"

static tau_model *parse(const uint8_t *bytes, size_t size) {
    tau_model *model;
    cr_assert_eq(tau_model_parse_onnx(&model, bytes, size, NULL, "test"), TAU_STATUS_OK, "%s: %s",
                 tau_error_last()->what, tau_error_last()->why);
    return model;
}

static tau_model *format_and_parse(const tau_model *model, bool with_weights) {
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(
        tau_model_format_onnx(model->graph, model->theta, model->buffers, with_weights, &bytes, &size),
        TAU_STATUS_OK);
    tau_model *again = parse(bytes, size);
    tau_mem_free(bytes);
    return again;
}

static void assert_tables_equal(const tau_parameter *a, const tau_parameter *b, int count) {
    for (int i = 0; i < count; i++) {
        cr_assert_str_eq(a[i].name, b[i].name);
        cr_assert_str_eq(a[i].layer, b[i].layer);
        cr_assert(a[i].role == b[i].role && a[i].offset == b[i].offset &&
                  a[i].filter_axis == b[i].filter_axis);
        cr_assert(tau_shape_equal(&a[i].shape, &b[i].shape));
    }
}

static void assert_same_graph(const tau_graph *a, const tau_graph *b) {
    char first[TAU_HASH_TEXT], second[TAU_HASH_TEXT];
    tau_graph_digest(a, first);
    tau_graph_digest(b, second);
    cr_assert_str_eq(first, second);
    cr_assert_eq(a->node_count, b->node_count);
    for (int i = 0; i < a->node_count; i++) cr_assert_str_eq(a->nodes[i].name, b->nodes[i].name);
    cr_assert(a->parameter_count == b->parameter_count && a->buffer_count == b->buffer_count);
    assert_tables_equal(a->parameters, b->parameters, a->parameter_count);
    assert_tables_equal(a->buffers, b->buffers, a->buffer_count);
}

static void assert_round_trip(const tau_model *model) {
    tau_model *again = format_and_parse(model, true), *bare = format_and_parse(model, false);
    assert_same_graph(model->graph, again->graph);
    assert_same_graph(model->graph, bare->graph);
    cr_assert_arr_eq(model->theta, again->theta, model->graph->theta_size * sizeof(float));
    cr_assert_arr_eq(model->buffers, again->buffers, model->graph->buffer_size * sizeof(float));
    for (size_t i = 0; i < bare->graph->theta_size; i++) cr_assert_eq(bare->theta[i], 0);
    tau_model_destroy(again);
    tau_model_destroy(bare);
}

Test(onnx_export, builtin_models_come_back_as_they_were) {
    static const char *const names[] = {"mnist-cnn",          "lenet5",          "resnet20",
                                        "resnet20-noshort",   "mlp:3-4-2:gelu",  "mlp:3-4-2:leaky-relu",
                                        "mlp:3-4-2:softplus", "mlp:3-4-2:elu",   "mlp:3-2:softsign",
                                        "mlp:784-1",          "encoder2:9-5-2-1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        tau_model *model;
        cr_assert_eq(tau_model_builtin(&model, names[i], i), TAU_STATUS_OK);
        assert_round_trip(model);
        tau_model_destroy(model);
    }
}

Test(onnx_export, imported_models_come_back_as_they_were) {
    static const char *const names[] = {"torch_cnn_opset7",   "torch_mlp_opset11",       "lenet5_opset17",
                                        "keras_cnn_opset13",  "torch_attention_opset17", "jax_mlp_opset21",
                                        "keras_mean_opset17", "dynamo_cnn_opset18",      "keras_old_opset11"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        tau_model *model;
        snprintf(path, sizeof path, "%s%s.onnx", FIXTURES, names[i]);
        cr_assert_eq(tau_model_read_onnx(&model, path), TAU_STATUS_OK);
        assert_round_trip(model);
        tau_model_destroy(model);
    }
}

/* One node of each operator that no other model here has, in a chain. */
static tau_graph *build_rare_operators(void) {
    static const struct {
        tau_op op;
        tau_attributes attributes;
    } chain[] = {{TAU_OP_SELU, {.alpha = 1.5, .gamma = 1.1}},
                 {TAU_OP_HARD_SIGMOID, {.alpha = 0.25, .beta = 0.4}},
                 {TAU_OP_CLIP, {.alpha = -__builtin_inf(), .beta = 0.75}},
                 {TAU_OP_CLIP, {.alpha = 0.125, .beta = __builtin_inf()}},
                 {TAU_OP_CLIP, {.alpha = -__builtin_inf(), .beta = __builtin_inf()}},
                 {TAU_OP_PAD, {.pads = {0, 1, 0, 0, 2, 3}, .alpha = -1}},
                 {TAU_OP_MAX_POOL,
                  {.window = {.kernel = {3, 2},
                              .stride = {2, 1},
                              .dilation = {2, 1},
                              .pad = {1, 0, 0, 1},
                              .ceil_mode = true}}},
                 {TAU_OP_AVERAGE_POOL,
                  {.window = {.kernel = {2, 2}, .stride = {1, 1}, .dilation = {1, 1}, .count_pad = true}}},
                 {TAU_OP_GELU, {.approximate = true}},
                 {TAU_OP_TRANSPOSE, {.permutation = {2, 0, 1}}},
                 {TAU_OP_SOFTMAX, {.axis = 1}}};
    const tau_shape input = {3, {2, 7, 6}};
    tau_builder *builder;
    tau_graph *graph;
    int value;
    cr_assert_eq(tau_builder_create(&builder, "rare"), TAU_STATUS_OK);
    cr_assert_eq(tau_builder_input(builder, &value, "x", &input), TAU_STATUS_OK);
    for (size_t i = 0; i < sizeof chain / sizeof *chain; i++) {
        char name[16];
        snprintf(name, sizeof name, "node%zu", i);
        cr_assert_eq(
            tau_builder_node(builder, &value, chain[i].op, name, &value, 1, &chain[i].attributes, NULL),
            TAU_STATUS_OK, "%s: %s", name, tau_error_last()->why);
    }
    cr_assert_eq(tau_builder_finish(builder, &graph, value), TAU_STATUS_OK);
    tau_builder_destroy(builder);
    return graph;
}

Test(onnx_export, rare_operators_and_attributes_survive) {
    tau_model *model;
    cr_assert_eq(tau_model_create(&model, build_rare_operators()), TAU_STATUS_OK);
    assert_round_trip(model);
    tau_model_destroy(model);
}

Test(digest, sees_attributes_wiring_and_names_of_parameters) {
    char first[TAU_HASH_TEXT], second[TAU_HASH_TEXT];
    tau_graph *graph = build_rare_operators();
    tau_graph_digest(graph, first);
    graph->nodes[0].attributes.alpha = 1.25;
    tau_graph_digest(graph, second);
    cr_assert_str_neq(first, second);
    tau_graph_destroy(graph);
    tau_model *model;
    cr_assert_eq(tau_model_builtin(&model, "mlp:2-3-3-1:relu", 1), TAU_STATUS_OK);
    tau_graph_digest(model->graph, first);
    graph = model->graph;
    const int weight = graph->nodes[2].inputs[1];
    graph->values[weight].name[0] = 'g';
    tau_graph_digest(graph, second);
    cr_assert_str_neq(first, second);
    graph->values[weight].name[0] = 'f';
    strcpy(graph->nodes[2].name, "fcX");
    tau_graph_digest(graph, second);
    cr_assert_str_eq(first, second, "what nodes are called does not matter");
    tau_model_destroy(model);
}
