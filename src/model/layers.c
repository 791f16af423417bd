#include "model/layers.h"

#include <stdio.h>

#define NAME_SIZE 96

void tau_layers_begin(tau_layers *layers, const char *model, int rank, const int64_t *input) {
    tau_shape shape;
    *layers = (tau_layers){.value = -1};
    layers->status = tau_shape_make(&shape, rank, input);
    if (layers->status == TAU_STATUS_OK) layers->status = tau_builder_create(&layers->builder, model);
    if (layers->status == TAU_STATUS_OK)
        layers->status = tau_builder_input(layers->builder, &layers->value, "input", &shape);
}

static int add_parameter(tau_layers *layers, const char *layer, const char *what, tau_role role, int rank,
                         const int64_t *dim) {
    char name[NAME_SIZE];
    tau_shape shape;
    int value = -1;
    if (layers->status != TAU_STATUS_OK) return -1;
    snprintf(name, sizeof name, "%s.%s", layer, what);
    layers->status = tau_shape_make(&shape, rank, dim);
    if (layers->status == TAU_STATUS_OK)
        layers->status = tau_builder_parameter(layers->builder, &value, name, role, &shape);
    return value;
}

static void add_node(tau_layers *layers, tau_op op, const char *name, const int *inputs, int count,
                     const tau_attributes *attributes, const tau_shape *shape) {
    if (layers->status != TAU_STATUS_OK) return;
    layers->status =
        tau_builder_node(layers->builder, &layers->value, op, name, inputs, count, attributes, shape);
}

void tau_layers_linear(tau_layers *layers, const char *name, int64_t in, int64_t out) {
    const int x = layers->value;
    const int weight = add_parameter(layers, name, "weight", TAU_ROLE_WEIGHT, 2, (int64_t[]){out, in});
    const int bias = add_parameter(layers, name, "bias", TAU_ROLE_BIAS, 1, &out);
    const tau_attributes attributes = {.transposed = true};
    add_node(layers, TAU_OP_LINEAR, name, (int[]){x, weight, bias}, 3, &attributes, NULL);
}

void tau_layers_conv(tau_layers *layers, const char *name, const tau_conv_size *size, bool bias) {
    const int64_t k = size->kernel, s = size->stride, p = size->pad;
    const tau_attributes attributes = {
        .window = {.kernel = {k, k}, .stride = {s, s}, .dilation = {1, 1}, .pad = {p, p, p, p}, .groups = 1}};
    int inputs[3] = {layers->value, -1, -1};
    inputs[1] =
        add_parameter(layers, name, "weight", TAU_ROLE_WEIGHT, 4, (int64_t[]){size->out, size->in, k, k});
    if (bias) inputs[2] = add_parameter(layers, name, "bias", TAU_ROLE_BIAS, 1, &size->out);
    add_node(layers, TAU_OP_CONV, name, inputs, bias ? 3 : 2, &attributes, NULL);
}

void tau_layers_batch_norm(tau_layers *layers, const char *name, int64_t channels) {
    const tau_attributes attributes = {.epsilon = 1e-5, .momentum = 0.9};
    int inputs[5] = {layers->value};
    inputs[1] = add_parameter(layers, name, "weight", TAU_ROLE_BN_GAMMA, 1, &channels);
    inputs[2] = add_parameter(layers, name, "bias", TAU_ROLE_BN_BETA, 1, &channels);
    inputs[3] = add_parameter(layers, name, "running_mean", TAU_ROLE_BN_MEAN, 1, &channels);
    inputs[4] = add_parameter(layers, name, "running_var", TAU_ROLE_BN_VAR, 1, &channels);
    add_node(layers, TAU_OP_BATCH_NORM, name, inputs, 5, &attributes, NULL);
}

void tau_layers_pool(tau_layers *layers, tau_op op, const char *name, int64_t size) {
    const tau_attributes attributes = {
        .window = {.kernel = {size, size}, .stride = {size, size}, .dilation = {1, 1}}};
    add_node(layers, op, name, &layers->value, 1, &attributes, NULL);
}

void tau_layers_apply(tau_layers *layers, tau_op op, const char *name, double alpha) {
    const tau_attributes attributes = {.alpha = alpha};
    add_node(layers, op, name, &layers->value, 1, &attributes, NULL);
}

void tau_layers_add(tau_layers *layers, const char *name, int other) {
    add_node(layers, TAU_OP_ADD, name, (int[]){layers->value, other}, 2, NULL, NULL);
}

void tau_layers_flatten(tau_layers *layers, const char *name) {
    if (layers->status != TAU_STATUS_OK) return;
    const int64_t size = (int64_t)tau_shape_size(tau_builder_shape(layers->builder, layers->value));
    const tau_shape flat = {.rank = 1, .dim = {size}};
    add_node(layers, TAU_OP_RESHAPE, name, &layers->value, 1, NULL, &flat);
}

tau_status tau_layers_finish(tau_layers *layers, tau_graph **out) {
    *out = NULL;
    tau_status status = layers->status;
    if (status == TAU_STATUS_OK) status = tau_builder_finish(layers->builder, out, layers->value);
    tau_builder_destroy(layers->builder);
    *layers = (tau_layers){.status = status};
    return status;
}
