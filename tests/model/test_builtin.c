#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/hash.h"
#include "model/model.h"

static tau_model *make(const char *name, uint64_t seed) {
    tau_model *model;
    cr_assert_eq(tau_model_builtin(&model, name, seed), TAU_STATUS_OK, "%s: %s", tau_error_last()->what,
                 tau_error_last()->why);
    return model;
}

static void assert_size(const char *name, size_t parameters, size_t buffers, int64_t outputs) {
    tau_model *model = make(name, 1);
    const tau_shape *output = &model->graph->values[model->graph->output].shape;
    cr_assert_eq(model->graph->theta_size, parameters, "%s has %zu", name, model->graph->theta_size);
    cr_assert_eq(model->graph->buffer_size, buffers, "%s has %zu", name, model->graph->buffer_size);
    cr_assert(output->rank == 1 && output->dim[0] == outputs);
    tau_model_destroy(model);
}

Test(builtin, models_have_the_published_numbers_of_parameters) {
    assert_size("mnist-cnn", 1199882, 0, 10);
    assert_size("lenet5", 61706, 0, 10);
    assert_size("resnet20", 272474, 1568, 10);
    assert_size("resnet20-noshort", 269722, 1376, 10);
    assert_size("resnet56", 855770, 4256, 10);
    assert_size("mlp:2-16-16-1:tanh", 337, 0, 1);
    assert_size("mlp:784-10", 7850, 0, 10);
    assert_size("encoder2:9-5-2-1", 65, 0, 1);
    assert_size("mlp:15-64-64-1:relu:dropout=0.1", 5249, 0, 1);
}

Test(builtin, mnist_cnn_follows_the_pinned_table) {
    static const char *const names[] = {"conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias",
                                        "fc1.weight",   "fc1.bias",   "fc2.weight",   "fc2.bias"};
    static const size_t offsets[] = {0, 288, 320, 18752, 18816, 1198464, 1198592, 1199872};
    tau_model *model = make("mnist-cnn", 1);
    const tau_graph *graph = model->graph;
    cr_assert_eq(graph->parameter_count, 8);
    for (int i = 0; i < 8; i++) {
        cr_assert_str_eq(graph->parameters[i].name, names[i]);
        cr_assert_eq(graph->parameters[i].offset, offsets[i]);
        cr_assert_eq(graph->values[graph->parameters[i].value].offset, offsets[i]);
        cr_assert_eq(graph->parameters[i].filter_axis, i % 2 ? -1 : 0);
    }
    cr_assert_eq(tau_graph_flops(graph), 2 * 11992448.0);
    cr_assert_eq(graph->nodes[graph->node_count - 1].op, TAU_OP_LOG_SOFTMAX);
    const tau_node *rate = &graph->nodes[tau_graph_find_node(graph, "dropout1")];
    cr_assert_eq(rate->attributes.alpha, 0.25);
    tau_model_destroy(model);
}

Test(builtin, a_perceptron_drops_units_after_each_hidden_layer) {
    tau_model *model = make("mlp:15-64-64-1:relu:dropout=0.1", 1);
    const tau_graph *graph = model->graph;
    int rates = 0;
    for (int i = 0; i < graph->node_count; i++) {
        if (graph->nodes[i].op != TAU_OP_DROPOUT) continue;
        cr_assert_float_eq(graph->nodes[i].attributes.alpha, 0.1, 1e-7); /* ONNX has single precision */
        cr_assert_eq(graph->nodes[i - 1].op, TAU_OP_RELU);
        rates++;
    }
    cr_assert_eq(rates, 2);
    tau_model_destroy(model);
}

Test(builtin, resnet_is_named_as_in_pytorch) {
    tau_model *model = make("resnet20", 1);
    const tau_graph *graph = model->graph;
    cr_assert_str_eq(graph->parameters[0].name, "conv1.weight");
    cr_assert_str_eq(graph->parameters[1].name, "bn1.weight");
    cr_assert_geq(tau_graph_find_value(graph, "layer2.0.shortcut.0.weight"), 0);
    cr_assert_geq(tau_graph_find_value(graph, "layer3.0.shortcut.1.running_var"), 0);
    cr_assert_lt(tau_graph_find_value(graph, "layer1.0.shortcut.0.weight"), 0);
    cr_assert_str_eq(graph->parameters[graph->parameter_count - 1].name, "linear.bias");
    tau_model_destroy(model);
}

Test(builtin, weights_are_uniform_within_one_over_root_fan_in) {
    tau_model *model = make("mlp:100-200-1:relu", 5);
    double largest = 0, sum = 0;
    for (int i = 0; i < 20000; i++) {
        largest = fmax(largest, fabs((double)model->theta[i]));
        sum += model->theta[i];
    }
    cr_assert(largest <= 0.1 && largest > 0.0999, "largest %g", largest);
    cr_assert_lt(fabs(sum / 20000), 0.002);
    tau_model_destroy(model);
}

Test(builtin, batch_norm_begins_as_the_identity) {
    tau_model *model = make("resnet20", 3);
    int norms = 0;
    for (int i = 0; i < model->graph->parameter_count; i++) {
        const tau_parameter *p = &model->graph->parameters[i];
        norms += p->role == TAU_ROLE_BN_GAMMA;
        if (p->role == TAU_ROLE_BN_GAMMA) cr_assert_eq(model->theta[p->offset], 1);
        if (p->role == TAU_ROLE_BN_BETA) cr_assert_eq(model->theta[p->offset], 0);
    }
    cr_assert(norms > 0 && model->graph->buffer_count == 2 * norms);
    for (int i = 0; i < model->graph->buffer_count; i++)
        cr_assert_eq(model->buffers[model->graph->buffers[i].offset],
                     model->graph->buffers[i].role == TAU_ROLE_BN_VAR);
    tau_model_destroy(model);
}

Test(builtin, initial_weights_are_the_same_bits_everywhere) {
    char digest[TAU_HASH_TEXT];
    tau_model *model = make("mlp:2-16-16-1:tanh", 0);
    const tau_hash_part part = {model->theta, model->graph->theta_size * sizeof *model->theta};
    tau_hash_sha256(digest, &part, 1);
    cr_assert_str_eq(digest, "cc2604e1825f062581acccf65150163902130b82cef6ab2e2c058983255f8029");
    tau_model_destroy(model);
}

Test(builtin, seeds_give_different_weights_and_the_same_graph) {
    char first[65], second[65], other[65];
    tau_model *a = make("lenet5", 1), *b = make("lenet5", 2), *c = make("mnist-cnn", 1);
    cr_assert_neq(a->theta[0], b->theta[0]);
    tau_graph_digest(a->graph, first);
    tau_graph_digest(b->graph, second);
    tau_graph_digest(c->graph, other);
    cr_assert_str_eq(first, second);
    cr_assert_str_neq(first, other);
    tau_model_destroy(a);
    tau_model_destroy(b);
    tau_model_destroy(c);
}

Test(builtin, malformed_names_are_refused_with_a_reason) {
    static const char *const bad[] = {"mlp",
                                      "mlp:",
                                      "mlp:5",
                                      "mlp:2-",
                                      "mlp:-2-3",
                                      "mlp:2--3",
                                      "mlp:0-1",
                                      "mlp:2-3:",
                                      "mlp:2-3:cosine",
                                      "mlp:2-3x",
                                      "mlp:2-3 ",
                                      "mlp:02-3",
                                      "mlp:1000001-1",
                                      "mlp:2-99999999999999999999999999",
                                      "mlp:2-3:relu:",
                                      "mlp:2-3:relu:dropout",
                                      "mlp:2-3:relu:dropout=",
                                      "mlp:2-3:relu:dropout=1",
                                      "mlp:2-3:relu:dropout=-0.1",
                                      "mlp:2-3:relu:dropout=nan",
                                      "mlp:2-3:relu:dropout=0.1x",
                                      "mlp:2-3:rel:dropout=0.1",
                                      "lenet5:",
                                      "encoder2:9-5-3-1",
                                      "encoder2:2-1",
                                      "encoder2:9-2-1-1",
                                      "mlp:2-3-\n",
                                      "mlp:1000000-1000000"};
    tau_model *model;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_neq(tau_model_builtin(&model, bad[i], 0), TAU_STATUS_OK, "%s", bad[i]);
        cr_assert_null(model);
        cr_assert_gt(strlen(tau_error_last()->why), 0);
    }
    cr_assert_eq(tau_model_builtin(&model, "mlp:3", 0), TAU_STATUS_USAGE);
    cr_assert_eq(tau_model_builtin(&model, "vgg19", 0), TAU_STATUS_MISSING);
    cr_assert_eq(tau_model_builtin(&model, "", 0), TAU_STATUS_MISSING);
}

Test(graph, reorder_moves_offsets_and_refuses_wrong_lists) {
    static const char *const order[] = {"fc2.bias", "fc2.weight", "fc1.weight", "fc1.bias"};
    static const char *const twice[] = {"fc2.bias", "fc2.bias", "fc1.weight", "fc1.bias"};
    static const char *const unknown[] = {"fc2.bias", "fc3.weight", "fc1.weight", "fc1.bias"};
    tau_model *model = make("mlp:3-4-2:relu", 1);
    tau_graph *graph = model->graph;
    cr_assert_eq(tau_graph_reorder(graph, twice, 4), TAU_STATUS_MISMATCH);
    cr_assert_eq(tau_graph_reorder(graph, unknown, 4), TAU_STATUS_MISMATCH);
    cr_assert_eq(tau_graph_reorder(graph, order, 3), TAU_STATUS_MISMATCH);
    cr_assert_eq(graph->parameters[0].offset, 0);
    cr_assert_str_eq(graph->parameters[0].name, "fc1.weight");
    cr_assert_eq(tau_graph_reorder(graph, order, 4), TAU_STATUS_OK);
    static const size_t offsets[] = {0, 2, 10, 22};
    for (int i = 0; i < 4; i++) {
        cr_assert_str_eq(graph->parameters[i].name, order[i]);
        cr_assert_eq(graph->parameters[i].offset, offsets[i]);
        cr_assert_eq(graph->values[tau_graph_find_value(graph, order[i])].offset, offsets[i]);
    }
    tau_model_destroy(model);
}

Test(graph, reorder_takes_statistics_along_and_keeps_the_digest) {
    const char *names[256];
    char before[65], after[65];
    tau_model *model = make("resnet20", 1);
    tau_graph *graph = model->graph;
    const int count = graph->parameter_count + graph->buffer_count;
    cr_assert_leq(count, 256);
    for (int i = 0; i < graph->parameter_count; i++) names[count - 1 - i] = graph->parameters[i].name;
    for (int i = 0; i < graph->buffer_count; i++)
        names[count - 1 - graph->parameter_count - i] = graph->buffers[i].name;
    tau_graph_digest(graph, before);
    cr_assert_eq(tau_graph_reorder(graph, names + 1, count - 1), TAU_STATUS_MISMATCH,
                 "one statistic is missing");
    cr_assert_eq(tau_graph_reorder(graph, names, count), TAU_STATUS_OK);
    cr_assert_str_eq(graph->parameters[0].name, "linear.bias");
    cr_assert_str_eq(graph->buffers[0].name, "layer3.2.bn2.running_var");
    cr_assert_eq(graph->values[tau_graph_find_value(graph, "layer3.2.bn2.running_mean")].offset, 64);
    tau_graph_digest(graph, after);
    cr_assert_str_eq(before, after);
    tau_model_destroy(model);
}

Test(builtin, a_copy_of_a_graph_is_the_same_network_and_shares_nothing) {
    tau_model *model;
    tau_graph *copy;
    char ours[65], theirs[65];
    cr_assert_eq(tau_model_builtin(&model, "resnet20", 1), TAU_STATUS_OK);
    cr_assert_eq(tau_graph_copy(&copy, model->graph), TAU_STATUS_OK);
    tau_graph_digest(model->graph, ours);
    cr_assert(copy->theta_size == model->graph->theta_size && copy->buffer_size == model->graph->buffer_size);
    for (int p = 0; p < copy->parameter_count; p++) {
        const tau_parameter *a = &copy->parameters[p], *b = &model->graph->parameters[p];
        cr_assert(!strcmp(a->name, b->name) && !strcmp(a->layer, b->layer) && a->name != b->name);
        cr_assert(a->offset == b->offset && a->filter_axis == b->filter_axis && a->value == b->value);
    }
    tau_model_destroy(model);
    tau_graph_digest(copy, theirs);
    cr_assert_str_eq(ours, theirs);
    tau_graph_destroy(copy);
}
